"""A server of its own, with Ray Serve's HAProxy in front: what it lets through, holds, retries and refuses."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
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
        below = psutil.Process(self.process.pid).children(recursive=True)
        return [one for one in below if title in " ".join(one.cmdline())]


def test_only_this_machine_reaches_haproxy(server):
    listening = [
        connection.laddr.ip
        for process in server.processes("haproxy")
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 3, "requests, statistics, metrics"
    assert set(listening) == {"127.0.0.1"}


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


@pytest.mark.xfail(strict=False, reason="now and then the replica that takes over answers 500: not understood yet")
def test_what_a_dying_replica_was_asked_is_answered_by_another(server):
    """Searches wait for the index in both replicas; one dies; all are answered once the index is back."""
    with ThreadPoolExecutor(FEW) as pool:
        with stopped(owner_of(server.data_dir / "index")):
            asked = [pool.submit(httpx.post, f"{server.url}/v1/search", json=QUERY, timeout=60) for _ in range(FEW)]
            time.sleep(2)
            replica, _ = server.processes("ray::ServeReplica:ray-app:http")
            replica.kill()
            replica.wait(10)
        answers = [one.result() for one in asked]
        assert [one.status_code for one in answers] == [200] * FEW, [one.text for one in answers]
