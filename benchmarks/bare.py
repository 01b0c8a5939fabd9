"""The least that a search by meaning takes: one process, one model, one query of the embedded index."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from pydantic import BaseModel

from ray_app.models.embedder import open_embedder
from ray_app.models.prepared import prepare_model
from ray_app.settings import Settings
from ray_app.store.collections import CHUNKS
from ray_app.store.edge import EdgeStore
from ray_app.store.protocol import Query


class Body(BaseModel):
    """What to look for."""

    query: str


def app() -> FastAPI:
    """For `uvicorn --factory`; settings come from the environment."""
    settings = Settings()
    embedder = open_embedder(prepare_model(settings), settings.embedding)
    stores: list[EdgeStore] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        stores.append(await EdgeStore.open(settings.index_dir, settings.store))
        yield
        await stores[0].close()

    bare = FastAPI(lifespan=lifespan)

    @bare.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @bare.post("/search")
    async def search(body: Body) -> dict[str, list[dict[str, object]]]:
        vectors = await asyncio.to_thread(embedder.embed_queries, [body.query])
        found = await stores[0].query(CHUNKS, Query(limit=10, dense=vectors[0].tolist()))
        return {"hits": [{"id": one.id, "score": one.score, **one.payload} for one in found]}

    return bare
