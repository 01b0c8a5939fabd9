"""Answers, suggestions and the newer options of searches over HTTP: the application itself, without Serve."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack

import httpx
import pytest
from pydantic import SecretStr

from ray_app.models.embedder import open_embedder
from ray_app.serving.http import create_app
from ray_app.serving.services import attach, services_over
from ray_app.settings import AnswerSettings, EmbeddingSettings
from tests.search.conftest import CORPUS, document, opened
from tests.search.endpoint import KEY, Endpoint, running
from tests.serving.apps import HERE

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def endpoint():
    with running(Endpoint()) as one:
        yield one


@pytest.fixture(scope="module")
async def clients(model, endpoint, tmp_path_factory):
    """One client of an application that extracts answers, one of an application whose answers a model writes."""
    embedder = open_embedder(model, EmbeddingSettings())
    documents = [document(*about, embedder) for about in CORPUS]
    written = AnswerSettings(url=endpoint.url, api_key=SecretStr(KEY), model="tiny", attempts=1, timeout_s=5)
    async with opened(tmp_path_factory.mktemp("index"), embedder, documents) as index, AsyncExitStack() as stack:
        made = []
        for answer in (AnswerSettings(), written):
            settings = index.settings.model_copy(update={"answer": answer})
            over = services_over(index.store, embedder, settings, embed=_unused, classify=_unused, wake=_unused)
            app = create_app(settings, _unused, _unused)
            attach(app, await stack.enter_async_context(over))
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            made.append(httpx.AsyncClient(transport=transport, base_url=HERE, timeout=30))
        yield made


async def _unused(*texts):
    raise AssertionError("no deployment is needed")


@pytest.fixture
def client(clients):
    return clients[0]


QUESTION = {"question": "what is the notice period of the lease"}


async def test_an_answer_is_one_object(client):
    found = (await client.post("/v1/answer", json=QUESTION)).json()
    assert set(found) == {"supported", "answer", "by", "sentences", "passages", "timings"}
    assert found["sentences"][0]["citations"][0]["uri"] == "file:///files/contract/lease.txt"


@pytest.mark.parametrize("media_type", ["text/event-stream", "application/x-ndjson"])
async def test_an_answer_is_a_stream(client, media_type):
    response = await client.post("/v1/answer", json=QUESTION, headers={"Accept": media_type})
    assert response.headers["content-type"].startswith(media_type)
    if media_type.endswith("ndjson"):
        names = [json.loads(line)["event"] for line in response.text.splitlines()]
    else:
        names = [line.removeprefix("event: ") for line in response.text.splitlines() if line.startswith("event: ")]
    assert names[0] == "passages"
    assert set(names[1:-1]) == {"sentence"}
    assert names[-1] == "done"


@pytest.mark.parametrize(
    ("behaviour", "status", "kind"),
    [
        ("busy", 503, "answer-endpoint-busy"),
        ("broken", 502, "answer-endpoint-refused"),
        ("cut", 502, "answer-cut-off"),
    ],
)
async def test_a_model_that_fails_is_a_problem_or_an_error_event(clients, endpoint, behaviour, status, kind):
    endpoint.behaviour = behaviour
    response = await clients[1].post("/v1/answer", json=QUESTION)
    assert (response.status_code, response.json()["type"]) == (status, f"urn:ray-app:problem:{kind}")
    stream = await clients[1].post("/v1/answer", json=QUESTION, headers={"Accept": "application/x-ndjson"})
    last = json.loads(stream.text.splitlines()[-1])
    assert (last["event"], last["data"]["type"]) == ("error", f"urn:ray-app:problem:{kind}")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"question": ""}, "empty-query"),
        ({"question": "x", "colour": "red"}, "invalid-request"),
        ({}, "invalid-request"),
    ],
)
async def test_a_wrong_question_is_a_problem(client, body, kind):
    response = await client.post("/v1/answer", json=body)
    assert (response.status_code, response.json()["type"]) == (422, f"urn:ray-app:problem:{kind}")


async def test_suggestions_complete_what_was_typed(client):
    found = (await client.get("/v1/suggest", params={"prefix": "wareh"})).json()
    assert found == {"suggestions": [{"text": "warehouse", "kind": "word", "documents": 2}]}
    assert (await client.get("/v1/suggest", params={"prefix": "x" * 201})).status_code == 422
    assert (await client.get("/v1/suggest")).status_code == 422


async def test_a_search_can_be_asked_for_all_it_has(client):
    body = {
        "query": 'warehouse "notice period"',
        "filters": {"or": [{"label": "contract"}, {"pages": {"gt": 5}}]},
        "passages": 2, "explain": True, "sentences": True, "diversity": 0.1, "min_score": 0.01, "limit": 5,
    }  # fmt: skip
    found = (await client.post("/v1/search", json=body)).json()
    (hit,) = found["hits"]
    assert hit["explain"]["words"]["rank"] == 1
    assert hit["passage"][slice(*hit["sentence"])].startswith("The lease of the warehouse")
    assert found["next"] is None


async def test_pages_follow_each_other(client):
    first = (await client.post("/v1/search", json={"sort": "newest", "limit": 4})).json()
    second = (await client.post("/v1/search", json={"sort": "newest", "limit": 4, "cursor": first["next"]})).json()
    assert (len(first["hits"]), len(second["hits"]), second["next"]) == (4, 2, None)
    body = {"sort": "oldest", "cursor": first["next"]}
    assert (await client.post("/v1/search", json=body)).json()["type"].endswith("invalid-cursor")


async def test_more_like_this_by_id_and_by_text(client):
    (hit, *_) = (await client.post("/v1/search", json={"query": "salinity probe"})).json()["hits"]
    found = (await client.post("/v1/search", json={"like": {"document_id": hit["document_id"]}})).json()
    assert hit["document_id"] not in {one["document_id"] for one in found["hits"]}
    assert (await client.post("/v1/search", json={"like": {"text": "flour and salt"}})).json()["hits"]
    missing = await client.post("/v1/search", json={"like": {"document_id": "nonsense"}})
    assert missing.status_code == 404
