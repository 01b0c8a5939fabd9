"""What the routes work with: opened once per replica, handed to each request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.params import Depends as Dependency
from fastapi.security import HTTPBearer

from ray_app.cluster.jobs import JobServer
from ray_app.errors import ForbiddenError
from ray_app.ingest.enriching import enricher_of
from ray_app.ingest.online import start_online, wake_online
from ray_app.models.classification.classifier import Judgement
from ray_app.models.embedder import Embedder, Vectors, open_embedder
from ray_app.models.prepared import prepare_model
from ray_app.pipeline import Enricher
from ray_app.records import Role
from ray_app.search.answerer import Answerer
from ray_app.search.searcher import Rerank, Searcher
from ray_app.search.writing import Writer
from ray_app.serving.auth import Authenticator
from ray_app.serving.caller import Caller
from ray_app.serving.delivery import delivering
from ray_app.serving.drawer import Drawer
from ray_app.serving.hub import Hub
from ray_app.serving.ratelimit import Rates
from ray_app.serving.requestid import current_request
from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.audit import AuditEntry, write_entry
from ray_app.store.owner import start_owner
from ray_app.store.protocol import Store
from ray_app.store.scope import ScopedReader

# Texts to vectors with the number of tokens of each; texts to labels, and why where that is asked.
Embed = Callable[[list[str]], Awaitable[tuple[Vectors, list[int]]]]
Classify = Callable[[str, list[str], list[str], bool], Awaitable[list[Judgement]]]


@dataclass(frozen=True, slots=True)
class Services:
    """One replica's index, searcher, and ways to the other deployments and to the online worker."""

    settings: Settings
    store: Store
    searcher: Searcher
    answerer: Answerer
    model_name: str
    embed: Embed
    classify: Classify
    auth: Authenticator
    rates: Rates
    drawer: Drawer
    hub: Hub
    jobs: JobServer
    wake: Callable[[], None]

    async def enricher(self, tenant: str) -> Enricher:
        """What finds personal data in a tenant's texts, by the watch list as it is now."""
        return await enricher_of(self.store, self.settings.of_tenant(tenant))


@asynccontextmanager
async def services_over(
    store: Store,
    embedder: Embedder,
    settings: Settings,
    *,
    embed: Embed,
    classify: Classify,
    rerank: Rerank | None = None,
    wake: Callable[[], None],
) -> AsyncIterator[Services]:
    """The services of a replica whose index is open and whose model is loaded."""
    searcher = Searcher(store, embedder, settings, rerank)
    writer = Writer(settings.answer) if settings.answer.url else None
    drawer, hub, rates = Drawer(settings), Hub(store, settings), Rates(settings.auth)
    try:
        yield Services(
            settings=settings,
            store=store,
            searcher=searcher,
            answerer=Answerer(searcher, embedder, settings.answer, writer),
            model_name=embedder.manifest.name,
            embed=embed,
            classify=classify,
            auth=Authenticator(settings, store),
            rates=rates,
            drawer=drawer,
            hub=hub,
            jobs=JobServer(settings),
            wake=wake,
        )
    finally:
        hub.close()
        await drawer.close()
        await rates.close()
        if writer:
            await writer.close()


@asynccontextmanager
async def open_services(
    settings: Settings, *, embed: Embed, classify: Classify, rerank: Rerank | None = None
) -> AsyncIterator[Services]:
    """Opens the index (making an empty one where there is none) and the query's model."""
    model = prepare_model(settings)
    embedder = open_embedder(model, settings.embedding)
    if not settings.store.url:
        await asyncio.to_thread(start_owner, settings.index_dir, settings.store)
    store = await open_store(settings, wait_s=settings.store.timeout_s)
    try:
        await store.ensure(fingerprint=model.manifest.fingerprint, dimension=model.manifest.dimension)
        await asyncio.to_thread(start_online, settings)
        async with (
            services_over(
                store, embedder, settings, embed=embed, classify=classify, rerank=rerank, wake=_waker(settings)
            ) as services,
            delivering(store, settings),
        ):
            yield services
    finally:
        await store.close()


def _waker(settings: Settings) -> Callable[[], None]:
    """Wakes the online worker without waiting for it, and starts it where another server ended it."""
    waking: set[asyncio.Task[None]] = set()

    def wake() -> None:
        task = asyncio.create_task(asyncio.to_thread(wake_online, settings))
        waking.add(task)
        task.add_done_callback(waking.discard)

    return wake


def attach(app: FastAPI, services: Services) -> None:
    """Makes the services reachable for the routes."""
    app.state.services = services


# Asynchronous although they wait for nothing: FastAPI would call plain functions in another thread, one by one.
async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


ServicesOf = Annotated[Services, Depends(_services)]


async def _caller(request: Request) -> Caller:
    """Noted by the gate (`middleware.py`), which lets nobody else through."""
    caller: Caller = request.state.caller
    return caller


CallerOf = Annotated[Caller, Depends(_caller)]

# How the OpenAPI page shows it; the gate is what asks for it.
BEARER = Depends(
    HTTPBearer(
        scheme_name="bearer",
        description="An API key (`ray_...`), or a token of the OpenID Connect provider.",
        auto_error=False,
    )
)


@dataclass(frozen=True, slots=True)
class Requires:
    """A dependency: the caller may all that this role may. Raises ForbiddenError."""

    role: Role

    async def __call__(self, caller: CallerOf) -> Caller:
        caller.check(self.role)
        return caller


def requires(role: Role) -> Dependency:
    """What a route declares that is not for every reader: `dependencies=[requires("editor")]`."""
    dependency: Dependency = Depends(Requires(role))
    return dependency


async def _index(services: ServicesOf, caller: CallerOf) -> ScopedReader:
    return ScopedReader(services.store, caller.scope)


# What the caller may see of the index: the only way for a route to read documents.
IndexOf = Annotated[ScopedReader, Depends(_index)]


async def _sees_all(index: IndexOf) -> None:
    if await index.visible() is not None:
        raise ForbiddenError(
            "this is about the whole tenant, and some of its sources are hidden from you: ask somebody in all their "
            "access groups"
        )


# What a route declares that shows, or works on, every source of the tenant: `dependencies=[WHOLE_TENANT]`.
WHOLE_TENANT: Dependency = Depends(_sees_all)


@dataclass(frozen=True, slots=True)
class Audit:
    """Writes the audit log in the caller's name."""

    services: Services
    caller: Caller

    async def __call__(self, what: str, which: str, detail: str = "") -> None:
        """Notes that `what` (such as `key.create`) was done to `which` (an id). Never a text of a document."""
        entry = AuditEntry(
            tenant=self.caller.scope.tenant,
            who=self.caller.who,
            what=what,
            which=which,
            request=current_request() or "",
            detail=detail,
        )
        await write_entry(self.services.store, entry, keep_days=self.services.settings.auth.audit_days)


async def _audit(services: ServicesOf, caller: CallerOf) -> Audit:
    return Audit(services, caller)


# What a route that changes something calls when it is done.
AuditOf = Annotated[Audit, Depends(_audit)]
