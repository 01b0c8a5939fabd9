"""A server under way: an ingest beside it, clients that go away, an owner that stands still."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time

import httpx
import pytest

from tests.conftest import RAY_APP
from tests.system.processes import owner_of, stopped

QUERY = {"query": "notice period of the lease", "limit": 3}


@pytest.fixture
def stopped_owner(served):
    with stopped(owner_of(served.data_dir / "index")):
        yield


@pytest.mark.slow
def test_searches_are_answered_while_an_ingest_writes(served, tmp_path):
    for number in range(40):
        (tmp_path / f"{number}.txt").write_text(f"Note {number}. " + "The compass shows north. " * 60)
    command = [str(RAY_APP), "ingest", str(tmp_path), "--tenant", "live", "--json"]
    ingest = subprocess.Popen(command, env=served.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    answered = 0
    with httpx.Client(base_url=served.url, timeout=30) as client:
        while ingest.poll() is None:
            found = client.post("/v1/search", json=QUERY)
            assert found.status_code == 200
            assert found.json()["hits"]
            answered += 1
    assert ingest.returncode == 0
    assert answered > 20


async def leave_in_the_middle(url, count):
    async with httpx.AsyncClient(base_url=url, timeout=30, limits=httpx.Limits(max_connections=count)) as client:
        headers = {"Accept": "text/event-stream"}
        asking = [asyncio.ensure_future(client.post("/v1/search", json=QUERY, headers=headers)) for _ in range(count)]
        await asyncio.sleep(3)
        assert not any(one.done() for one in asking)
        with pytest.raises(httpx.TimeoutException):  # every place is taken
            httpx.get(f"{url}/healthz", timeout=1)
        for one in asking:
            one.cancel()
        await asyncio.gather(*asking, return_exceptions=True)


@pytest.mark.slow
def test_clients_that_go_away_leave_their_places_to_others(served, stopped_owner):
    """As many as a replica works on at a time wait for the index; when they leave, the next is served at once."""
    asyncio.run(leave_in_the_middle(served.url, 100))
    started = time.monotonic()
    assert httpx.get(f"{served.url}/healthz", timeout=10).status_code == 200
    assert time.monotonic() - started < 10


def test_a_server_whose_owner_stood_still_goes_on(served):
    with stopped(owner_of(served.data_dir / "index")), pytest.raises(httpx.TimeoutException):
        httpx.post(f"{served.url}/v1/search", json=QUERY, timeout=1)
    assert httpx.post(f"{served.url}/v1/search", json=QUERY, timeout=30).json()["hits"]


def test_a_server_whose_owner_is_killed_answers_again_by_itself(served):
    os.kill(owner_of(served.data_dir / "index"), signal.SIGKILL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        answer = httpx.post(f"{served.url}/v1/search", json=QUERY, timeout=60)
        if answer.status_code == 200:
            break
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        time.sleep(0.5)
    assert answer.json()["hits"]
