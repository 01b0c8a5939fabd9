"""The API over an embedded index whose owner stands still: a clear problem in time, and all is well afterwards."""

from __future__ import annotations

import time

import httpx
import pytest

from ray_app.settings import StoreSettings
from tests.serving.apps import problem
from tests.serving.conftest import served_here
from tests.system.processes import owner_of, stopped

LIMIT_S = 3.0
SEARCH = {"query": "notice period of the lease"}


@pytest.fixture
def api(owned, embedder):
    there = owned.model_copy(update={"store": StoreSettings(timeout_s=LIMIT_S)})
    with served_here(there, embedder) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def test_an_owner_that_stands_still_is_told_of_in_time_and_is_waited_for_no_longer(api, owned):
    assert api.post("/v1/search", json=SEARCH).status_code == 200
    with stopped(owner_of(owned.index_dir)):
        asked = time.monotonic()
        problem(api.post("/v1/search", json=SEARCH), 504, "index-timeout")
        assert time.monotonic() - asked < 3 * LIMIT_S
    assert api.post("/v1/search", json=SEARCH).status_code == 200
