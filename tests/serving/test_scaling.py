"""A deployment whose replicas are scaled, on a Ray cluster as an operator starts it: who listens misses nothing."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import yaml
from httpx_sse import aconnect_sse
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from ray_app.serving.ingress import ingress_environment
from tests.conftest import ROOT, free_port, wait_until_ready
from tests.system.processes import ray_head

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.anyio]

BIN = Path(sys.executable).parent
UP, DOWN = 3, 1


@dataclass(frozen=True)
class Deployment:
    """The application on the cluster, deployed from a file."""

    url: str
    dashboard: str
    config: Path
    environment: dict[str, str]

    def deploy(self, replicas):
        """What an operator does: another number in the file, and `serve deploy`; back when it is so."""
        config = yaml.safe_load((ROOT / "serve_configs" / "local.yaml").read_text())
        config["http_options"]["port"] = int(self.url.rpartition(":")[2])
        config["applications"][0]["deployments"] = [{"name": "http", "num_replicas": replicas}]
        self.config.write_text(yaml.safe_dump(config))
        command = [str(BIN / "serve"), "deploy", str(self.config), "--address", self.dashboard]
        deadline = time.monotonic() + 120
        while subprocess.run(command, env=self.environment, cwd=ROOT, check=False, capture_output=True).returncode:
            assert time.monotonic() < deadline, "the cluster does not take the configuration"
            time.sleep(1)
        while self.replicas() != replicas:
            assert time.monotonic() < deadline, f"{self.replicas()} replicas, not {replicas}"
            time.sleep(0.5)

    def replicas(self):
        """How many there are, in whatever state."""
        headers = {"Authorization": f"Bearer {self.environment['RAY_AUTH_TOKEN']}"}
        told = httpx.get(f"{self.dashboard}/api/serve/applications/", headers=headers, timeout=30).json()
        return len(told["applications"]["ray-app"]["deployments"].get("http", {"replicas": []})["replicas"])


@pytest.fixture
def deployment(alone, tmp_path):
    dashboard = free_port()
    with ingress_environment() as ingress:
        environment = {
            **alone,
            **ingress,
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": "a" * 40,
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_APP_UPLOADS__POLL_S": "0.5",
            "RAY_APP_EVENTS__HEARTBEAT_S": "2",
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }
        with ray_head(environment, dashboard, cpus=4) as head:
            url = f"http://127.0.0.1:{free_port()}"
            there = Deployment(url, f"http://127.0.0.1:{dashboard}", tmp_path / "serve.yaml", environment)
            there.deploy(DOWN)
            wait_until_ready(url, head)
            yield there


@dataclass
class Listener:
    """What somebody heard who listens, and listens again behind the last event wherever the connection ends."""

    heard: list[str] = field(default_factory=list)
    last: str | None = None
    connections: int = 0

    def take(self, name, identity, data):
        self.last = identity or self.last
        if name == "document" and data["data"]["outcome"] == "indexed":
            self.heard.append(data["data"]["document"])

    async def by_sse(self, url):
        while True:
            headers = {"Last-Event-ID": self.last} if self.last else {}
            try:
                async with (
                    httpx.AsyncClient(timeout=15) as client,
                    aconnect_sse(client, "GET", f"{url}/v1/events?topics=document", headers=headers) as source,
                ):
                    self.connections += 1
                    async for one in source.aiter_sse():
                        self.take(one.event, one.id, json.loads(one.data))
            except httpx.HTTPError:
                await asyncio.sleep(0.2)

    async def by_websocket(self, url):
        address = f"{url.replace('http', 'ws', 1)}/v1/events?topics=document"
        while True:
            after = f"&after={self.last}" if self.last else ""
            try:
                async with connect(address + after, proxy=None) as socket:
                    self.connections += 1
                    async for text in socket:
                        message = json.loads(text)
                        self.take(message["event"], message["id"], message["data"])
            except (ConnectionClosed, OSError, TimeoutError):
                await asyncio.sleep(0.2)


async def test_who_listens_while_replicas_come_and_go_hears_everything_once_and_in_order(deployment):
    sse, websocket = Listener(), Listener()
    listening = [
        asyncio.create_task(sse.by_sse(deployment.url)),
        asyncio.create_task(websocket.by_websocket(deployment.url)),
    ]
    async with asyncio.timeout(60):
        while not (sse.last and websocket.last):  # both are told where to go on from before anything happens
            await asyncio.sleep(0.1)
    stop = asyncio.Event()
    uploading = asyncio.create_task(upload_until(stop, deployment.url))

    async def heard(count):
        """Both have heard of so many documents, and none was refused."""
        deadline = time.monotonic() + 120
        while any(len(one.heard) < count for one in (sse, websocket)):
            assert not (uploading.done() and uploading.exception()), uploading.exception()
            assert time.monotonic() < deadline, f"not {count} were heard by {sse} and {websocket}"
            await asyncio.sleep(0.1)

    await heard(5)
    await asyncio.to_thread(deployment.deploy, UP)
    await heard(max(len(sse.heard), len(websocket.heard)) + 3)
    assert (sse.connections, websocket.connections) == (1, 1), "more replicas end no stream"
    await asyncio.to_thread(deployment.deploy, DOWN)
    await heard(max(len(sse.heard), len(websocket.heard)) + 3)
    stop.set()
    uploaded = await uploading
    await heard(len(uploaded))
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    assert sorted(sse.heard) == sorted(uploaded)
    assert websocket.heard == sse.heard


async def upload_until(stop, url):
    """Uploads small documents, one after the other, and gives their ids. None may be refused."""
    identities = []
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        while not stop.is_set():
            name = f"{len(identities)}.txt"
            answer = await client.post("/v1/documents", files={"file": (name, f"Note {name} of the harbour.".encode())})
            assert answer.status_code == 202, answer.text
            identities.append(answer.json()["documents"][0]["id"])
            await asyncio.sleep(0.5)
    return identities
