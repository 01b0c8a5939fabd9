"""What the routes work with: opened once per replica, handed to each request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from ray_app.ingest.online import start_online, wake_online
from ray_app.models.embedder import Vectors, open_embedder
from ray_app.models.prepared import prepare_model
from ray_app.records import Label
from ray_app.search.searcher import Searcher
from ray_app.serving.caller import Caller, caller_of
from ray_app.serving.drawer import Drawer
from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.owner import start_owner
from ray_app.store.protocol import Store
from ray_app.store.scope import ScopedReader

# Texts to vectors with the number of tokens of each; texts to labels.
Embed = Callable[[list[str]], Awaitable[tuple[Vectors, list[int]]]]
Classify = Callable[[list[str]], Awaitable[list[tuple[Label, ...]]]]


@dataclass(frozen=True, slots=True)
class Services:
    """One replica's index, searcher, and ways to the other deployments and to the online worker."""

    settings: Settings
    store: Store
    searcher: Searcher
    model_name: str
    embed: Embed
    classify: Classify
    drawer: Drawer
    waking: set[asyncio.Task[None]]

    def wake(self) -> None:
        """Tells the online worker that something waits, without waiting for it; starts it where there is none."""
        task = asyncio.create_task(asyncio.to_thread(wake_online, self.settings))
        self.waking.add(task)
        task.add_done_callback(self.waking.discard)


@asynccontextmanager
async def open_services(settings: Settings, embed: Embed, classify: Classify) -> AsyncIterator[Services]:
    """Opens the index (making an empty one where there is none) and the query's model."""
    model = prepare_model(settings)
    embedder = open_embedder(model, settings.embedding)
    if not settings.store.url:
        await asyncio.to_thread(start_owner, settings.index_dir, settings.store)
    store = await open_store(settings)
    drawer = Drawer(settings)
    try:
        await store.ensure(fingerprint=model.manifest.fingerprint, dimension=model.manifest.dimension)
        searcher = Searcher(store, embedder, settings)
        await asyncio.to_thread(start_online, settings)
        yield Services(settings, store, searcher, model.manifest.name, embed, classify, drawer, set())
    finally:
        await drawer.close()
        await store.close()


def attach(app: FastAPI, services: Services) -> None:
    """Makes the services reachable for the routes."""
    app.state.services = services


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


ServicesOf = Annotated[Services, Depends(_services)]


def _caller(services: ServicesOf) -> Caller:
    return caller_of(services.settings)


CallerOf = Annotated[Caller, Depends(_caller)]


def _index(services: ServicesOf, caller: CallerOf) -> ScopedReader:
    return ScopedReader(services.store, caller.scope)


# What the caller may see of the index: the only way for a route to read documents.
IndexOf = Annotated[ScopedReader, Depends(_index)]
