"""The endpoints as functions that describe a request: one for each method of the clients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from httpx_sse import ServerSentEvent
from pydantic import BaseModel

from ray_app.client.call import Call, Request, Stream, get, post, reader
from ray_app.records import When
from ray_app.search.request import FACETS, Mode
from ray_app.serving.bodies.jobs import JobOut, Jobs, LogEvent
from ray_app.serving.bodies.runs import Runs
from ray_app.serving.bodies.search import FacetValue, HitOut, SearchResult
from ray_app.serving.bodies.sources import NewSource, SourceBody, SourceOut, Sources
from ray_app.serving.bodies.stats import Stats
from ray_app.serving.schemas import ClassifyResult, DocumentDetail, DocumentPage, EmbeddingsResult
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


class OtherEvent(BaseModel):
    """An event of a server that knows more than this client; `data` is JSON."""

    name: str
    data: str


SearchEvent = HitsEvent | FacetsEvent | DoneEvent | OtherEvent
_SEARCH_EVENTS: dict[str, type[HitsEvent | FacetsEvent | DoneEvent]] = {
    "hits": HitsEvent,
    "facets": FacetsEvent,
    "done": DoneEvent,
}


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
    return Stream(_search(query, mode, limit, filters, facets), _search_event)


def classify(texts: Sequence[str]) -> Call[ClassifyResult]:
    """Labels of each text with their probabilities."""
    return post("/v1/classify", ClassifyResult, {"texts": list(texts)})


def embeddings(texts: Sequence[str], *, model: str | None = None) -> Call[EmbeddingsResult]:
    """A vector of length 1 for each text."""
    return post("/v1/embeddings", EmbeddingsResult, {"input": list(texts), "model": model})


def documents(
    *, limit: int = 100, cursor: str | None = None, source: str | None = None, outcome: str | None = None
) -> Call[DocumentPage]:
    """A page of documents; `cursor` is `next` of the page before."""
    return get("/v1/documents", DocumentPage, limit=limit, cursor=cursor, source=source, outcome=outcome)


def document(identity: str) -> Call[DocumentDetail]:
    """One document with what is known of its content. Raises NotFoundError."""
    return get(_path("documents", identity), DocumentDetail)


def stats() -> Call[Stats]:
    """What one may see of the index, in numbers."""
    return get("/v1/stats", Stats)


def runs(*, limit: int = 20) -> Call[Runs]:
    """The latest runs. For administrators."""
    return get("/v1/runs", Runs, limit=limit)


def run(identity: str) -> Call[Run]:
    """All that is known of a run. For administrators. Raises NotFoundError."""
    return get(_path("runs", identity), Run)


def jobs(*, limit: int = 100) -> Call[Jobs]:
    """What can be submitted, and what was. This and all of jobs is for administrators. Raises JobServerError."""
    return get("/v1/jobs", Jobs, limit=limit)


def submit_job(job: str, arguments: Sequence[str] = (), *, submission_id: str | None = None) -> Call[JobOut]:
    """Starts a job. Raises QueryError where it does not take the arguments, RefusedError where the id was used."""
    return post("/v1/jobs", JobOut, {"job": job, "arguments": list(arguments), "submission_id": submission_id})


def job(identity: str) -> Call[JobOut]:
    """A job's state, and how far its runs are. Raises NotFoundError."""
    return get(_path("jobs", identity), JobOut)


def job_log(identity: str) -> Call[str]:
    """What a job has written so far. Raises NotFoundError."""
    return Call(Request("GET", _path("jobs", identity, "logs")), lambda response: response.text)


def follow_job(identity: str) -> Stream[LogEvent | JobOut | OtherEvent]:
    """What a job writes until it ends; last, the job as it ended. Raises NotFoundError."""
    return Stream(Request("GET", _path("jobs", identity, "logs")), _job_event)


def cancel_job(identity: str) -> Call[JobOut]:
    """Asks a job to end. Raises NotFoundError."""
    return post(_path("jobs", identity, "cancel"), JobOut)


def sources() -> Call[Sources]:
    """The sources that one may see."""
    return get("/v1/sources", Sources)


def source(name: str) -> Call[SourceOut]:
    """One source. Raises NotFoundError."""
    return get(_path("sources", name), SourceOut)


def create_source(wanted: NewSource) -> Call[SourceOut]:
    """Puts a source on record. Raises RefusedError where there is one of the name."""
    return post("/v1/sources", SourceOut, wanted.model_dump())


def change_source(name: str, wanted: SourceBody) -> Call[SourceOut]:
    """Replaces what is wanted of a source. Raises NotFoundError."""
    return Call(Request("PUT", _path("sources", name), json=wanted.model_dump()), reader(SourceOut))


def delete_source(name: str) -> Call[JobOut]:
    """Removes a source with its documents, by a job. Raises NotFoundError."""
    return Call(Request("DELETE", _path("sources", name)), reader(JobOut))


def crawl_source(name: str, *, force: bool = False, embed: When = "now") -> Call[JobOut]:
    """Brings the index in line with a source, by a job. Raises NotFoundError."""
    return post(_path("sources", name, "crawl"), JobOut, {"force": force, "embed": embed})


def _path(*parts: str) -> str:
    return "/v1/" + "/".join(quote(part, safe="") for part in parts)


def _search(query: str, mode: Mode, limit: int, filters: Mapping[str, Any] | None, facets: Sequence[str]) -> Request:
    body = {"query": query, "mode": mode, "limit": limit, "filters": dict(filters or {}), "facets": list(facets)}
    return Request("POST", "/v1/search", json=body)


def _search_event(event: ServerSentEvent) -> SearchEvent:
    model = _SEARCH_EVENTS.get(event.event)
    return model.model_validate_json(event.data) if model else OtherEvent(name=event.event, data=event.data)


def _job_event(event: ServerSentEvent) -> LogEvent | JobOut | OtherEvent:
    if event.event == "log":
        return LogEvent.model_validate_json(event.data)
    if event.event == "done":
        return JobOut.model_validate_json(event.data)
    return OtherEvent(name=event.event, data=event.data)
