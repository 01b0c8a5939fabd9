"""The client against a server on a real port: what it returns, what it raises, and that both faces are one."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import re
import subprocess
from contextlib import aclosing, closing

import httpx
import pytest

from ray_app.client import (
    AnswerDoneEvent,
    AsyncClient,
    Client,
    DoneEvent,
    FacetsEvent,
    GrantBody,
    HitsEvent,
    InvitationBody,
    PassagesEvent,
)
from ray_app.client.clients import Methods
from ray_app.client.problems import from_problem
from ray_app.errors import (
    AuthenticationError,
    ForbiddenError,
    NotFoundError,
    QueryError,
    RayAppError,
    ServerError,
    TooManyRequestsError,
)
from ray_app.serving.bodies.answer import SentenceOut
from ray_app.serving.bodies.problem import TYPE, Problem
from ray_app.serving.http import create_app
from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.keys import Grant, make_key, save_key
from ray_app.store.writer import write_documents
from tests.conftest import RAY_APP, free_port
from tests.serving.apps import required
from tests.serving.live import live
from tests.serving.worlds import _document

TEXTS = {"lease.txt": "The harbour lease of the warehouse ends in six months.", "menu.txt": "Soup and bread at noon."}


@pytest.fixture(scope="module")
def keys() -> dict[str, str]:
    return {}


@pytest.fixture(scope="module")
def settings(make_data_dir, embedder, keys):
    settings = required(Settings(data_dir=make_data_dir("client")), requests_per_minute=None)

    async def fill() -> None:
        store = await open_store(settings)
        await store.ensure(fingerprint=embedder.manifest.fingerprint, dimension=embedder.manifest.dimension)
        documents = [_document("default", "files", name, text, embedder) for name, text in TEXTS.items()]
        await write_documents(store, documents, run="r", pipeline="p")
        for role in ("reader", "admin"):
            record, keys[role] = make_key(
                Grant(tenant="default", name=role, role=role, groups=None), created_by="t", days=None
            )
            await save_key(store, record)
        await store.close()

    asyncio.run(fill())
    return settings


@pytest.fixture(scope="module")
def url(settings, embedder):
    with live(settings, embedder) as url:
        yield url


class Awaited:
    """The asynchronous client, asked as the other one is, so that one test is for both."""

    def __init__(self, url: str, key: str) -> None:
        self._made = lambda: AsyncClient(url, api_key=key)

    def __getattr__(self, name: str):
        async def answer(args, kwargs):
            async with self._made() as client:
                asked = getattr(client, name)(*args, **kwargs)
                if inspect.isasyncgen(asked):
                    async with aclosing(asked):
                        return [one async for one in asked]
                return await asked

        return lambda *args, **kwargs: asyncio.run(answer(args, kwargs))


@pytest.fixture(params=["sync", "async"])
def client(request, url, keys):
    if request.param == "async":
        yield Awaited(url, keys["admin"])
        return
    with Client(url, api_key=keys["admin"]) as client:
        yield client


def test_a_search_gives_typed_hits(client):
    found = client.search("harbour lease", limit=1, filters={"source": "files"})
    assert found.stage == "hybrid"
    assert found.hits[0].uri.endswith("lease.txt")
    assert found.hits[0].labels[0].label == "report"
    assert found.total == 1
    assert found.timings["total_ms"] > 0


def test_the_events_of_a_search_come_one_by_one(client):
    events = list(client.search_events("harbour lease"))
    assert [type(one) for one in events] == [HitsEvent, HitsEvent, FacetsEvent, DoneEvent]
    assert [one.stage for one in events[:2]] == ["lexical", "hybrid"]
    assert events[2].facets["source"][0].value == "files"


def test_a_question_is_answered_from_the_documents_whole_or_bit_by_bit(client):
    answered = client.answer("When does the harbour lease of the warehouse end?")
    assert answered.supported
    assert answered.sentences[0].citations[0].uri.endswith("lease.txt")
    events = list(client.answer_events("When does the harbour lease of the warehouse end?"))
    assert [type(one) for one in events] == [PassagesEvent, *[SentenceOut] * len(answered.sentences), AnswerDoneEvent]
    assert events[-1].answer == answered.answer


def test_queries_are_completed(client):
    assert "harbour" in {one.text for one in client.suggest("harb").suggestions}


def test_an_administrator_makes_keys_that_work_until_they_are_revoked(client, url):
    assert client.me().role == "admin"
    made = client.create_key(GrantBody(name="an application"))
    assert (made.role, made.groups) == ("reader", [])
    with Client(url, api_key=made.key) as reader:
        assert reader.me().name == "an application"
        client.revoke_key(made.id)
        with pytest.raises(AuthenticationError):
            reader.me()
    assert made.id not in {one.id for one in client.api_keys()}
    assert "#invite_" in client.invite(InvitationBody(name="Eva", hours=1)).link


def test_a_file_is_uploaded_followed_fetched_and_erased(url, keys):
    with Client(url, api_key=keys["admin"]) as client, closing(client.events(topics=["document"])) as events:
        assert next(events).name == "ready"
        (sent,) = client.upload(("note.txt", b"The crane is new."), source="notes", tags=["port"]).documents
        told = next(events)
        assert (told.topic, told.data) == ("document", {"document": sent.id, "outcome": "queued"})
        assert client.original(sent.id) == b"The crane is new."
        client.erase_document(sent.id)
        with pytest.raises(NotFoundError):
            client.document(sent.id)


def test_texts_get_labels_and_vectors(client):
    (told,) = client.classify(["An invoice: please pay the amount due."]).results
    assert told.probability + sum(one.probability for one in told.alternatives) == pytest.approx(1)
    vectors = client.embeddings(["one", "two"]).data
    assert [len(one.embedding) for one in vectors] == [384, 384]


def test_documents_are_listed_page_by_page_and_read_alone(client):
    first = client.documents(limit=1, source="files")
    second = client.documents(limit=1, source="files", cursor=first.next)
    names = {page.documents[0].uri.rpartition("/")[2] for page in (first, second)}
    assert names == set(TEXTS)
    assert client.document(first.documents[0].id).media_type == "text/plain"


def test_figures_runs_and_sources_are_typed(client):
    stats = client.stats()
    assert stats.documents.by_source == {"files": 2}
    assert stats.index.points["documents"] == 2
    assert client.runs().runs == []
    assert client.sources().sources == []


@pytest.mark.parametrize(
    ("ask", "error", "kind"),
    [
        (lambda client: client.search(" "), QueryError, "empty-query"),
        (lambda client: client.search("x", filters={"colour": "red"}), QueryError, "unknown-filter-field"),
        (lambda client: list(client.search_events("x", limit=0)), QueryError, "limit-out-of-range"),
        (lambda client: client.document("a/../b?c"), NotFoundError, "not-found"),
        (lambda client: client.run("none"), NotFoundError, "not-found"),
        (lambda client: client.classify([]), QueryError, "invalid-request"),
    ],
)
def test_a_problem_is_raised_as_our_error_with_its_type_and_the_requests_id(client, ask, error, kind):
    with pytest.raises(error) as raised:
        ask(client)
    assert raised.value.type == f"urn:ray-app:problem:{kind}"
    assert len(raised.value.request_id) >= 16
    assert getattr(raised.value, "reason", kind) == kind


def test_who_may_not_is_told_so(url, keys):
    with Client(url) as nobody, pytest.raises(AuthenticationError, match="RAY_APP_API_KEY"):
        nobody.stats()
    with Client(url, api_key=keys["reader"]) as reader, pytest.raises(ForbiddenError, match="role admin"):
        reader.jobs()


def test_a_caller_who_asks_too_often_is_told_when_to_come_back():
    error = from_problem(Problem(type=TYPE + "too-many-requests", title="", status=429, detail="wait"), retry_after="7")
    assert isinstance(error, TooManyRequestsError)
    assert error.retry_after_s == 7


def test_a_server_that_is_not_there_is_named():
    url = f"http://127.0.0.1:{free_port()}"
    with Client(url) as client, pytest.raises(ServerError, match=f"the server at {url} does not answer"):
        client.stats()
    with Client(url) as client, pytest.raises(ServerError, match="does not answer"):
        next(client.search_events("x"))


def test_an_answer_of_somebody_else_is_no_problem_document():
    async def elsewhere(scope, receive, send):
        await send({"type": "http.response.start", "status": 502, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": b"<h1>Bad gateway</h1>"})

    client = AsyncClient("http://proxy")
    client._http = httpx.AsyncClient(transport=httpx.ASGITransport(elsewhere), base_url="http://proxy")
    with pytest.raises(ServerError, match="answers 502, with no reason"):
        asyncio.run(client.send(Methods.stats._describe()))


def test_an_error_in_the_middle_of_a_stream_is_raised():
    problem = {"type": "urn:ray-app:problem:index-not-ready", "title": "", "status": 503, "detail": "away"}

    async def breaking(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        hits = 'event: hits\ndata: {"stage": "lexical", "hits": []}\n\n'
        body = f"{hits}event: error\ndata: {json.dumps(problem)}\n\n"
        await send({"type": "http.response.body", "body": body.encode()})

    async def read():
        client = AsyncClient("http://here")
        client._http = httpx.AsyncClient(transport=httpx.ASGITransport(breaking), base_url="http://here")
        return [event async for event in client.search_events("x")]

    with pytest.raises(RayAppError, match="away") as raised:
        asyncio.run(read())
    assert raised.value.type == problem["type"]


def test_every_endpoint_of_the_client_is_one_of_the_server():
    """Each method's request has a path and a method that the schema knows, with the example arguments below."""
    from ray_app.serving.bodies.privacy import PersonBody
    from ray_app.serving.bodies.sources import NewSource, SourceBody

    given = {
        "search": ("q",), "search_events": ("q",), "classify": (["t"],), "embeddings": (["t"],), "document": ("ID",),
        "run": ("ID",), "submit_job": ("crawl",), "job": ("ID",), "job_log": ("ID",), "follow_job": ("ID",),
        "cancel_job": ("ID",), "source": ("ID",), "create_source": (NewSource(name="n", uri="/tmp"),),
        "check_source": (SourceBody(uri="/tmp"),),
        "change_source": ("ID", SourceBody(uri="/tmp")), "delete_source": ("ID",), "crawl_source": ("ID",),
        "suggest": ("p",), "answer": ("q",), "answer_events": ("q",), "original": ("ID",), "revoke_key": ("ID",),
        "reprocess_document": ("ID",), "erase_document": ("ID",), "create_key": (GrantBody(name="n"),),
        "invite": (InvitationBody(name="n"),),
        "document_labels": ("ID",), "label_document": ("ID", ["x"]), "unlabel_document": ("ID",),
        "document_history": ("ID",), "promote_model": ("ID",), "key_phrases": ("ID",), "personal_data": ("ID",),
        "redacted": ("ID",), "watch": (PersonBody(name="n"),), "unwatch": ("ID",), "documents_naming": ("ID",),
        "erase_with_proof": (["ID"], "asked"),
    }  # fmt: skip
    paths = create_app(Settings(), None, None).openapi()["paths"]
    known = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    shapes = {(method, re.sub(r"{.*?}", "{}", path)) for method, path in known}
    for name, method in vars(Methods).items():
        if not name.startswith("_"):
            request = method._describe(*given.get(name, ())).request
            assert (request.method, request.path.replace("ID", "{}")) in shapes, name


def test_the_commands_search_through_the_client_with_the_key_of_the_environment(url, keys, settings):
    environment = {**os.environ, "RAY_APP_DATA_DIR": str(settings.data_dir / "elsewhere"), "RAY_APP_CLIENT__URL": url}
    command = [str(RAY_APP), "search", "harbour lease", "--json", "--limit", "1"]
    refused = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "needs authentication" in refused.stderr
    environment["RAY_APP_API_KEY"] = keys["reader"]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(found.stdout)["hits"][0]["uri"].endswith("lease.txt")
