"""The API on a port of this machine: real sockets, so that streams stream, and no Serve."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI

from ray_app.models.embedder import Embedder
from ray_app.serving.http import create_app
from ray_app.serving.services import attach, services_over
from ray_app.settings import Settings
from ray_app.store import open_store
from tests.conftest import free_port
from tests.serving.apps import models


@asynccontextmanager
async def opened(settings: Settings, embedder: Embedder) -> AsyncIterator[FastAPI]:
    """The application over the index that the settings name, wherever its owner is."""
    embed, classify = models(settings, embedder)
    store = await open_store(settings)
    await store.ensure(fingerprint=embedder.manifest.fingerprint, dimension=embedder.manifest.dimension)
    app = create_app(settings, embed, classify)
    async with services_over(store, embedder, settings, embed=embed, classify=classify, wake=lambda: None) as services:
        attach(app, services)
        yield app
    await store.close()


@contextmanager
def live(settings: Settings, embedder: Embedder) -> Iterator[str]:
    """Serves while the block runs; gives the URL."""
    port = free_port()
    servers: list[uvicorn.Server] = []

    async def serve() -> None:
        async with opened(settings, embedder) as app:
            servers.append(uvicorn.Server(uvicorn.Config(app, port=port, lifespan="off", log_level="warning")))
            await servers[0].serve()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    while not (servers and servers[0].started):
        assert thread.is_alive(), "the server ended"
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        servers[0].should_exit = True
        thread.join(timeout=30)
