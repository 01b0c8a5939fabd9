"""A store over each engine: what the contract says is asked of all of them."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from qdrant_client import AsyncQdrantClient

from ray_app.settings import StoreSettings
from ray_app.store.edge import EdgeStore
from ray_app.store.protocol import Store
from ray_app.store.server import ServerStore
from tests.store.qdrant_http import QdrantServer, qdrant_server

DIMENSION = 8


@pytest.fixture(scope="module")
def wire() -> Iterator[QdrantServer]:
    with qdrant_server() as server:
        yield server


@pytest.fixture(params=["edge", "http", "server"])
async def empty(request: pytest.FixtureRequest, tmp_path: Path, wire: QdrantServer) -> AsyncIterator[Store]:
    """A store without collections."""
    opened = await _open(request.param, tmp_path, wire)
    yield opened
    await opened.close()


@pytest.fixture
async def store(empty: Store) -> Store:
    await empty.ensure(fingerprint="f0", dimension=DIMENSION)
    return empty


async def _open(engine: str, folder: Path, wire: QdrantServer) -> Store:
    if engine == "edge":
        return await EdgeStore.open(folder, StoreSettings())
    url = wire.url if engine == "http" else os.environ.get("RAY_APP_QDRANT_URL")
    if not url:
        pytest.skip("RAY_APP_QDRANT_URL names no Qdrant server")
    # The client looks at the server's version in a thread of its own, which may come when the server has gone.
    return ServerStore(AsyncQdrantClient(url=url, check_compatibility=False), f"test_{uuid.uuid4().hex}")
