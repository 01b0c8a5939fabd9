"""The endpoints as functions that describe a request: one for each method of the clients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from httpx_sse import ServerSentEvent
from pydantic import BaseModel, TypeAdapter

from ray_app.client.call import Call, Content, M, Request, Stream, delete, get, path_of, post, reader
from ray_app.records import When
from ray_app.search.request import FACETS, Mode
from ray_app.serving.bodies.answer import AnswerResult, NumberedPassage, SentenceOut
from ray_app.serving.bodies.jobs import JobOut, Jobs, LogEvent
from ray_app.serving.bodies.keys import GrantBody, InvitationBody, KeyOut, NewInvitation, NewKey
from ray_app.serving.bodies.me import Me
from ray_app.serving.bodies.quarantine import QuarantineFigures
from ray_app.serving.bodies.runs import Runs
from ray_app.serving.bodies.search import FacetValue, HitOut, SearchResult
from ray_app.serving.bodies.sources import NewSource, SourceBody, SourceOut, Sources, SourceTrial
from ray_app.serving.bodies.stats import Stats
from ray_app.serving.bodies.suggest import Suggestions
from ray_app.serving.schemas import (
    Accepted,
    ClassifyResult,
    DocumentDetail,
    DocumentOut,
    DocumentPage,
    EmbeddingsResult,
)
from ray_app.store.events import Event, Topic
from ray_app.store.runs import Run


class HitsEvent(BaseModel):
    """The hits of one stage: `lexical` first, then `hybrid`."""

    stage: str
    hits: list[HitOut]


class FacetsEvent(BaseModel):
    """How many documents match, and their values."""

    total: int
    facets: dict[str, list[FacetValue]]


class DoneEvent(BaseModel):
    """The end of a search. `timings` are milliseconds by step."""

    timings: dict[str, float]


class PassagesEvent(BaseModel):
    """What an answer is made from."""

    passages: list[NumberedPassage]


class TokenEvent(BaseModel):
    """A piece of what a language model writes."""

    text: str


class AnswerDoneEvent(BaseModel):
    """The end of an answer. `timings` are milliseconds by step."""

    supported: bool
    answer: str
    by: str
    timings: dict[str, float]


class OtherEvent(BaseModel):
    """An event without a type of its own here, such as `ready`, or one of a newer server.

    `data` is JSON; `id` is where to go on from, where there is one.
    """

    name: str
    data: str
    id: str | None = None


SearchEvent = HitsEvent | FacetsEvent | DoneEvent | OtherEvent
AnswerEvent = PassagesEvent | TokenEvent | SentenceOut | AnswerDoneEvent | OtherEvent
_KEYS = TypeAdapter(list[KeyOut])


def _typed(models: Mapping[str, type[M]]) -> Callable[[ServerSentEvent], M | OtherEvent]:
    """Reads an event by its name."""

    def read(event: ServerSentEvent) -> M | OtherEvent:
        model = models.get(event.event)
        if model is None:
            return OtherEvent(name=event.event, data=event.data, id=event.id or None)
        return model.model_validate_json(event.data)

    return read


_SEARCH_EVENTS: dict[str, type[HitsEvent | FacetsEvent | DoneEvent]] = {
    "hits": HitsEvent,
    "facets": FacetsEvent,
    "done": DoneEvent,
}
_ANSWER_EVENTS: dict[str, type[PassagesEvent | TokenEvent | SentenceOut | AnswerDoneEvent]] = {
    "passages": PassagesEvent,
    "token": TokenEvent,
    "sentence": SentenceOut,
    "done": AnswerDoneEvent,
}
_JOB_EVENTS: dict[str, type[LogEvent | JobOut]] = {"log": LogEvent, "done": JobOut}
_EVENTS = dict.fromkeys(get_args(Topic), Event)


def search(
    query: str,
    *,
    mode: Mode = "hybrid",
    limit: int = 10,
    filters: Mapping[str, Any] | None = None,
    facets: Sequence[str] = FACETS,
) -> Call[SearchResult]:
    """Documents that answer the query, best first. Filters as in `POST /v1/search`. Raises QueryError."""
    return Call(_search(query, mode, limit, filters, facets), reader(SearchResult))


def search_events(
    query: str,
    *,
    mode: Mode = "hybrid",
    limit: int = 10,
    filters: Mapping[str, Any] | None = None,
    facets: Sequence[str] = FACETS,
) -> Stream[SearchEvent]:
    """The same search as its answer comes about: hits by words first, then merged with meaning, facets, done."""
    return Stream(_search(query, mode, limit, filters, facets), _typed(_SEARCH_EVENTS))


def suggest(prefix: str, *, limit: int = 8) -> Call[Suggestions]:
    """Queries that begin like this and find something."""
    return get("/v1/suggest", Suggestions, prefix=prefix, limit=limit)


def answer(question: str, *, filters: Mapping[str, Any] | None = None) -> Call[AnswerResult]:
    """An answer from the documents with citations, or that they have none. Raises QueryError, AnswerError."""
    return Call(_question(question, filters), reader(AnswerResult))


def answer_events(question: str, *, filters: Mapping[str, Any] | None = None) -> Stream[AnswerEvent]:
    """The same answer as it is made: its passages first, then sentence by sentence, done."""
    return Stream(_question(question, filters), _typed(_ANSWER_EVENTS))


def classify(texts: Sequence[str]) -> Call[ClassifyResult]:
    """Labels of each text with their probabilities."""
    return post("/v1/classify", ClassifyResult, {"texts": list(texts)})


def embeddings(texts: Sequence[str], *, model: str | None = None) -> Call[EmbeddingsResult]:
    """A vector of length 1 for each text."""
    return post("/v1/embeddings", EmbeddingsResult, {"input": list(texts), "model": model})


def documents(
    *,
    limit: int = 100,
    cursor: str | None = None,
    source: str | None = None,
    outcome: str | None = None,
    reason: str | None = None,
) -> Call[DocumentPage]:
    """A page of documents; `cursor` is `next` of the page before."""
    asked = {"limit": limit, "cursor": cursor, "source": source, "outcome": outcome, "reason": reason}
    return get("/v1/documents", DocumentPage, **asked)


def quarantine(*, source: str | None = None) -> Call[QuarantineFigures]:
    """Why documents could not be indexed, with how many there are of each reason."""
    return get("/v1/quarantine", QuarantineFigures, source=source)


def document(identity: str) -> Call[DocumentDetail]:
    """One document with what is known of its content. Raises NotFoundError."""
    return get(path_of("documents", identity), DocumentDetail)


def upload(
    *files: tuple[str, Content], source: str | None = None, folder: str | None = None, tags: Sequence[str] = ()
) -> Call[Accepted]:
    """Sends files, each a name and its content; they are indexed soon after. Raises TooLargeError, RefusedError."""
    given = {"source": source, "folder": folder, "tags": list(tags)}
    form = {name: value for name, value in given.items() if value}
    parts = [("file", file) for file in files]
    return Call(Request("POST", "/v1/documents", form=form, files=parts), reader(Accepted))


def original(identity: str) -> Call[bytes]:
    """A document's own bytes. Raises NotFoundError, RefusedError where they are gone."""
    return Call(Request("GET", path_of("documents", identity, "original")), lambda response: response.content)


def reprocess_document(identity: str) -> Call[DocumentOut]:
    """Reads a document once more, though it has not changed. Raises NotFoundError."""
    return post(path_of("documents", identity, "reprocess"), DocumentOut)


def erase_document(identity: str) -> Call[None]:
    """Erases a document with all that was made of it, at once. Raises NotFoundError."""
    return delete(path_of("documents", identity))


def events(*, topics: Sequence[Topic] = (), after: str | None = None) -> Stream[Event | OtherEvent]:
    """What happens, as it happens; without an end. `after` is the id of the last event that one has seen."""
    request = Request("GET", "/v1/events", params={"topics": list(topics), "after": after})
    return Stream(request, _typed(_EVENTS))


def me() -> Call[Me]:
    """Who one is to the server, and what one may do."""
    return get("/v1/me", Me)


def api_keys() -> Call[list[KeyOut]]:
    """The tenant's keys. This and all of keys and invitations is for administrators."""
    return Call(Request("GET", "/v1/keys"), lambda response: _KEYS.validate_json(response.content))


def create_key(grant: GrantBody) -> Call[NewKey]:
    """Makes a key, whose secret is in this answer alone."""
    return post("/v1/keys", NewKey, grant.model_dump(exclude_unset=True))


def revoke_key(identity: str) -> Call[None]:
    """Refuses a key from now on. Raises NotFoundError."""
    return delete(path_of("keys", identity))


def invite(wanted: InvitationBody) -> Call[NewInvitation]:
    """Makes a link that gives whoever opens it one key, once."""
    return post("/v1/invitations", NewInvitation, wanted.model_dump(exclude_unset=True))


def stats() -> Call[Stats]:
    """What one may see of the index, in numbers."""
    return get("/v1/stats", Stats)


def runs(*, limit: int = 20) -> Call[Runs]:
    """The latest runs. For administrators."""
    return get("/v1/runs", Runs, limit=limit)


def run(identity: str) -> Call[Run]:
    """All that is known of a run. For administrators. Raises NotFoundError."""
    return get(path_of("runs", identity), Run)


def jobs(*, limit: int = 100) -> Call[Jobs]:
    """What can be submitted, and what was. This and all of jobs is for administrators. Raises JobServerError."""
    return get("/v1/jobs", Jobs, limit=limit)


def submit_job(job: str, arguments: Sequence[str] = (), *, submission_id: str | None = None) -> Call[JobOut]:
    """Starts a job. Raises QueryError where it does not take the arguments, RefusedError where the id was used."""
    return post("/v1/jobs", JobOut, {"job": job, "arguments": list(arguments), "submission_id": submission_id})


def job(identity: str) -> Call[JobOut]:
    """A job's state, and how far its runs are. Raises NotFoundError."""
    return get(path_of("jobs", identity), JobOut)


def job_log(identity: str) -> Call[str]:
    """What a job has written so far. Raises NotFoundError."""
    return Call(Request("GET", path_of("jobs", identity, "logs")), lambda response: response.text)


def follow_job(identity: str) -> Stream[LogEvent | JobOut | OtherEvent]:
    """What a job writes until it ends; last, the job as it ended. Raises NotFoundError."""
    return Stream(Request("GET", path_of("jobs", identity, "logs")), _typed(_JOB_EVENTS))


def cancel_job(identity: str) -> Call[JobOut]:
    """Asks a job to end. Raises NotFoundError."""
    return post(path_of("jobs", identity, "cancel"), JobOut)


def sources() -> Call[Sources]:
    """The sources that one may see."""
    return get("/v1/sources", Sources)


def source(name: str) -> Call[SourceOut]:
    """One source. Raises NotFoundError."""
    return get(path_of("sources", name), SourceOut)


def check_source(wanted: SourceBody) -> Call[SourceTrial]:
    """What would come in from a place. Raises QueryError or another error that says why nothing would."""
    return post("/v1/sources/check", SourceTrial, wanted.model_dump(include=set(SourceBody.model_fields)))


def create_source(wanted: NewSource) -> Call[SourceOut]:
    """Puts a source on record. Raises RefusedError where there is one of the name."""
    return post("/v1/sources", SourceOut, wanted.model_dump())


def change_source(name: str, wanted: SourceBody) -> Call[SourceOut]:
    """Replaces what is wanted of a source. Raises NotFoundError."""
    return Call(Request("PUT", path_of("sources", name), json=wanted.model_dump()), reader(SourceOut))


def delete_source(name: str) -> Call[JobOut]:
    """Removes a source with its documents, by a job. Raises NotFoundError."""
    return Call(Request("DELETE", path_of("sources", name)), reader(JobOut))


def crawl_source(name: str, *, force: bool = False, embed: When = "now") -> Call[JobOut]:
    """Brings the index in line with a source, by a job. Raises NotFoundError."""
    return post(path_of("sources", name, "crawl"), JobOut, {"force": force, "embed": embed})


def _search(query: str, mode: Mode, limit: int, filters: Mapping[str, Any] | None, facets: Sequence[str]) -> Request:
    body = {"query": query, "mode": mode, "limit": limit, "filters": dict(filters or {}), "facets": list(facets)}
    return Request("POST", "/v1/search", json=body)


def _question(question: str, filters: Mapping[str, Any] | None) -> Request:
    return Request("POST", "/v1/answer", json={"question": question, "filters": dict(filters or {})})
