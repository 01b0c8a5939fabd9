"""Fixtures of the API: in this process alone, or with an owner and an online worker in the session's cluster."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest
import uvicorn

from ray_app.models.embedder import Embedder
from ray_app.settings import ParsingSettings, Settings, UploadSettings
from tests.conftest import free_port
from tests.serving.apps import api_over, models, required


@dataclass(frozen=True)
class Uploads:
    """A server for uploads; `settings` lead to its index and its originals."""

    client: httpx.Client
    settings: Settings

    def post(self, *files, status=202, **fields):
        """Uploads (name, bytes) pairs."""
        parts = [("file", (name, data)) for name, data in files]
        response = self.client.post("/v1/documents", files=parts, data=fields)
        assert response.status_code == status, response.text
        return response.json()["documents"] if status == 202 else response

    def settled(self, document, timeout_s=120):
        """The document once the worker is done with it."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            about = self.client.get(f"/v1/documents/{document['id']}").json()
            if about["outcome"] not in ("queued", "processing"):
                return about
            time.sleep(0.05)
        raise AssertionError(f"still {about}")

    def add(self, name, data, **fields):
        """Uploads one file, and gives its document once it is indexed."""
        return self.settled(self.post((name, data), **fields)[0])

    def found(self, query, **body):
        """The URIs that a search by words finds."""
        answer = self.client.post("/v1/search", json={"query": query, "mode": "lexical", "facets": [], **body})
        return {uri for hit in answer.json()["hits"] for uri in hit["places"]}

    def stored(self):
        """Every file in the originals' storage."""
        return {path for path in self.settings.data_dir.glob("originals/**/*") if path.is_file()}


@contextmanager
def listening(settings: Settings, embedder: Embedder) -> Iterator[str]:
    """The whole API over HTTP, without Serve, for an index that has its owner in the cluster: its URL."""
    from ray_app.serving.http import create_app

    port = free_port()
    app = create_app(settings, *models(settings, embedder))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server ended"
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(30)


@contextmanager
def served_here(settings: Settings, embedder: Embedder) -> Iterator[str]:
    """The same with its owner and its online worker, which end with it."""
    from ray_app.cluster.session import ray_session
    from ray_app.ingest.online import stop_online
    from ray_app.store.owner import stop_owner

    with ray_session(settings):
        with listening(settings, embedder) as url:
            yield url
        stop_online(settings)
        stop_owner(settings.index_dir)


@pytest.fixture(scope="session")
def uploads(cluster, make_data_dir, embedder) -> Iterator[Uploads]:
    settings = Settings(
        data_dir=make_data_dir("uploads"),
        parsing=ParsingSettings(max_file_mb=2, timeout_s=60),
        uploads=UploadSettings(poll_s=0.5, longest_wait_s=1),
    )
    with served_here(settings, embedder) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield Uploads(client, settings)


@pytest.fixture
async def guarded(settings, embedder):
    """The API with authentication, over an empty index."""
    async with api_over(required(settings), embedder) as api:
        yield api
