"""The API over a Qdrant server that is slow, away, or hangs up: a clear problem in time, and all is well afterwards."""

from __future__ import annotations

import json
import time

import pytest

from ray_app.settings import StoreSettings
from ray_app.store.writer import write_documents
from tests.serving.apps import api_over, problem, required
from tests.serving.worlds import _document
from tests.store.qdrant_http import qdrant_server

# The client looks at the server's version in a thread of its own, which may come too late.
pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore:Failed to obtain server version")]

LIMIT_S = (
    3.0  # a sound server answers within it on a busy machine too: the first answers of a process take a second there
)
SEARCH = {"query": "notice period of the lease"}
FAULTS = {
    "slow": (504, "index-timeout"),
    "down": (503, "index-unavailable"),
    "cut": (503, "index-unavailable"),
    "error": (503, "index-unavailable"),
}


@pytest.fixture
def qdrant():
    with qdrant_server() as server:
        yield server


@pytest.fixture
async def api(settings, embedder, qdrant):
    there = required(settings.model_copy(update={"store": StoreSettings(url=qdrant.url, timeout_s=LIMIT_S)}))
    async with api_over(there, embedder) as api:
        text = "The lease of the warehouse ends with a notice period of six months."
        await write_documents(
            api.store, [_document("default", "files", "lease.txt", text, embedder)], run="r", pipeline="p"
        )
        yield api


def break_(server, fault):
    if fault == "down":
        server.stop()
    else:
        server.fault = fault


def mend(server):
    server.fault = None
    server.stop()  # what it still holds back is let go
    server.start()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("method", "path", "body"), [("POST", "/v1/search", SEARCH), ("GET", "/v1/documents", None)])
async def test_trouble_with_the_index_is_told_in_time_and_passes(api, qdrant, fault, method, path, body):
    key = await api.key()
    assert (await api.request(method, path, key, json=body)).status_code == 200
    break_(qdrant, fault)
    asked = time.monotonic()
    told = await api.request(method, path, key, json=body)
    assert time.monotonic() - asked < 3 * LIMIT_S
    status, kind = FAULTS[fault]
    problem(told, status, kind)
    assert ("retry-after" in told.headers) is (status == 503)
    mend(qdrant)
    assert (await api.request(method, path, key, json=body)).status_code == 200


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_stream_ends_with_the_same_problem(settings, embedder, qdrant, fault):
    there = settings.model_copy(update={"store": StoreSettings(url=qdrant.url, timeout_s=LIMIT_S)})
    async with api_over(there, embedder) as api:
        break_(qdrant, fault)
        told = await api.request("POST", "/v1/search", json=SEARCH, headers={"Accept": "application/x-ndjson"})
        last = json.loads(told.text.splitlines()[-1])
        assert (last["event"], last["data"]["status"]) == ("error", FAULTS[fault][0])
        assert last["data"]["type"].endswith(FAULTS[fault][1])


@pytest.mark.parametrize("fault", FAULTS)
async def test_readiness_says_so_too(api, qdrant, fault):
    assert (await api.request("GET", "/readyz")).status_code == 200
    break_(qdrant, fault)
    assert (await api.request("GET", "/readyz")).status_code in (503, 504)
    mend(qdrant)
    assert (await api.request("GET", "/readyz")).status_code == 200
