"""The HTTP deployment: a FastAPI application in a Serve replica."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from ray.serve.handle import DeploymentHandle

from ray_app import __version__
from ray_app.logs import log_to_stderr
from ray_app.models.classification.classifier import Judgement
from ray_app.models.embedder import Vectors
from ray_app.search.searcher import Rerank
from ray_app.serving import problems
from ray_app.serving.bound import check_bound
from ray_app.serving.classification import classifier_id
from ray_app.serving.middleware import Gate
from ray_app.serving.page import MOUNT, static_files
from ray_app.serving.routes import PUBLIC_ROUTERS, ROUTERS, WEBSOCKET_ROUTERS
from ray_app.serving.services import BEARER, Classify, Embed, attach, open_services
from ray_app.settings import Settings


def create_app(settings: Settings, embed: Embed, classify: Classify, rerank: Rerank | None = None) -> FastAPI:
    """The application; it opens the index when it starts and lets go of it when it stops."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(settings, embed=embed, classify=classify, rerank=rerank) as services:
            attach(app, services)
            yield

    app = FastAPI(
        title="ray-app",
        version=__version__,
        description="Search by words and meaning over classified documents.",
        lifespan=lifespan,
    )
    problems.install(app)
    app.add_middleware(Gate, settings=settings)
    for router in ROUTERS:
        app.include_router(router, dependencies=[BEARER], responses=problems.OF_GUARDED)
    for router in (*PUBLIC_ROUTERS, *WEBSOCKET_ROUTERS):
        app.include_router(router, responses=problems.OF_ALL)
    app.mount(f"{MOUNT}/{{version}}", static_files())
    return app


class Http:
    """One replica of the API."""

    def __init__(
        self,
        settings: Settings,
        embedding: DeploymentHandle[Any],
        classification: DeploymentHandle[Any],
        reranking: DeploymentHandle[Any] | None = None,
    ) -> None:
        log_to_stderr(settings.logging, worker=True)
        check_bound(settings.auth)  # a Serve configuration says itself where to listen
        self._settings = settings
        self._embedding = embedding
        self._classification = classification
        self._reranking = reranking

    def __serve_build_asgi_app__(self) -> FastAPI:
        return create_app(self._settings, self._embed, self._classify, self._rerank if self._reranking else None)

    async def _embed(self, texts: list[str]) -> tuple[Vectors, list[int]]:
        return await self._embedding.embed.remote(texts)

    async def _rerank(self, query: str, texts: list[str]) -> list[float]:
        assert self._reranking is not None
        return await self._reranking.rerank.remote(query, texts)

    async def _classify(self, tenant: str, texts: list[str], titles: list[str], explain: bool) -> list[Judgement]:
        of_tenant = self._classification.options(multiplexed_model_id=classifier_id(self._settings, tenant))
        return await of_tenant.classify.remote(texts, titles, explain)
