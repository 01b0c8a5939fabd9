"""A server of its own, with Ray Serve's HAProxy in front: what it lets through, holds, retries and refuses."""

from __future__ import annotations

import asyncio
import csv
import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from tests.conftest import EXAMPLES, RAY_APP, free_port, run_cli, wait_until_ready
from tests.system.processes import owner_of, stopped

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

QUERY = {"query": "notice period of the lease", "limit": 3}
FEW = 4
_SERVER = "2"  # what HAProxy's statistics call a line about one server


@pytest.fixture(scope="module")
def server(make_data_dir):
    """`ray-app serve` as a person starts it, with two replicas that take few requests each."""
    hidden = ("RAY_ADDRESS", "RAY_AUTH_MODE")
    environment = {name: value for name, value in os.environ.items() if name not in hidden} | {
        "RAY_APP_DATA_DIR": str(make_data_dir("ingress")),
        "RAY_APP_SERVING__REPLICAS": "2",
        "RAY_APP_SERVING__MAX_ONGOING_REQUESTS": str(FEW),
        "RAY_APP_SERVING__MAX_QUEUED_REQUESTS": str(FEW),
    }
    run_cli("ingest", str(EXAMPLES / "documents" / "contract"), environment=environment)
    port = free_port()
    process = subprocess.Popen([str(RAY_APP), "serve", "--port", str(port)], env=environment)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", process)
        yield Server(f"http://127.0.0.1:{port}", Path(environment["RAY_APP_DATA_DIR"]), process)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=90) == 0


@dataclass(frozen=True)
class Server:
    url: str
    data_dir: Path
    process: subprocess.Popen

    def processes(self, title):
        """Those below the server, without any that ends meanwhile: HAProxy starts anew with each change."""
        found = []
        for one in psutil.Process(self.process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if title in " ".join(one.cmdline()):
                    found.append(one)
        return found

    def listening(self):
        """HAProxy's addresses: for requests, statistics and metrics."""
        connections = []
        for process in self.processes("haproxy"):
            with suppress(psutil.NoSuchProcess):
                connections += process.net_connections()
        return [one.laddr for one in connections if one.status == psutil.CONN_LISTEN]

    def wait_for_replicas(self, wanted):
        """Until HAProxy sends requests to so many."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            for address in self.listening():
                page = httpx.get(f"http://127.0.0.1:{address.port}/stats;csv", timeout=5)
                rows = csv.DictReader(page.text.removeprefix("# ").splitlines() if page.is_success else [])
                up = [
                    row
                    for row in rows
                    if row.get("status") == "UP" and row.get("type") == _SERVER and row["bck"] == "0"
                ]
                if len(up) >= wanted:
                    return
            time.sleep(0.5)
        raise AssertionError("the replicas were not ready in time")


def test_only_this_machine_reaches_haproxy(server):
    listening = server.listening()
    assert len(listening) >= 3, "requests, statistics, metrics"
    assert {address.ip for address in listening} == {"127.0.0.1"}


def test_an_answer_has_its_request_s_id_once(server):
    answer = httpx.get(f"{server.url}/v1/stats", headers={"X-Request-Id": "mine-1"})
    assert answer.headers.get_list("x-request-id") == ["mine-1"]


def test_who_is_not_known_is_counted_by_their_own_address_whatever_they_say(server):
    """Of the two replicas each counts by itself."""
    left = [sign_in(server, "127.0.0.2", **{"X-Forwarded-For": f"203.0.113.{n}"}) for n in range(6)]
    fresh = sign_in(server, "127.0.0.3")
    assert fresh - min(left) >= 2


def sign_in(server, sender, **headers):
    """How many more tries the address has, by what the answer says."""
    with httpx.Client(transport=httpx.HTTPTransport(local_address=sender)) as client:
        answer = client.post(f"{server.url}/v1/session", json={"key": "x"}, headers=headers)
    return int(answer.headers["ratelimit"].partition("r=")[2].partition(";")[0])


def test_a_full_queue_is_answered_at_once_with_when_to_come_back(server):
    with stopped(owner_of(server.data_dir / "index")):
        refused = asyncio.run(first_refused(server.url))
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) >= 1


async def first_refused(url):
    """Asks until somebody is sent away, while all others wait."""
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        waiting = [asyncio.create_task(client.post("/v1/search", json=QUERY)) for _ in range(8 * FEW)]
        done, others = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED, timeout=20)
        for one in others:
            one.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        return done.pop().result()


def test_what_a_dying_replica_was_asked_is_answered_by_another(server):
    """Searches wait for the index in both replicas; one dies; all are answered once the index is back."""
    answers = answered_around_the_death_of(1, server)
    assert [one.status_code for one in answers] == [200] * FEW, [one.text for one in answers]


def test_where_no_replica_is_left_whoever_waited_is_told_to_come_back_and_then_is_answered(server):
    """Or is answered by the next one, or finds the connection closed, where HAProxy takes that for its own fault."""
    for one in answered_around_the_death_of(2, server):
        if isinstance(one, httpx.RemoteProtocolError) or one.status_code == 200:
            continue
        assert one.status_code == 503
        assert one.headers["content-type"] == "application/problem+json"
        assert one.json()["type"] == "urn:ray-app:problem:replica-lost"
        assert int(one.headers["retry-after"]) >= 1
    assert ask(server).status_code == 200


def answered_around_the_death_of(victims, server):
    """What searches are answered that wait for the index when so many of the two replicas are killed."""
    server.wait_for_replicas(2)
    with ThreadPoolExecutor(FEW) as pool:
        with stopped(owner_of(server.data_dir / "index")):
            asked = [pool.submit(ask, server) for _ in range(FEW)]
            time.sleep(2)
            for replica in server.processes("ray::ServeReplica:ray-app:http")[:victims]:
                replica.kill()
                replica.wait(10)
        return [one.exception() or one.result() for one in asked]


def ask(server):
    return httpx.post(f"{server.url}/v1/search", json=QUERY, timeout=60)
