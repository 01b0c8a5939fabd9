"""The API in this process, over a real index: no Serve and no sockets, so that a test takes milliseconds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from ray_app.models.classification.classifier import Judgement, judge
from ray_app.models.embedder import Embedder, Vectors
from ray_app.models.registry import open_classifier
from ray_app.serving.http import create_app
from ray_app.serving.services import attach, services_over
from ray_app.settings import AuthSettings, Settings
from ray_app.store.edge import EdgeStore
from ray_app.store.keys import Grant, make_key, save_key
from ray_app.store.protocol import Store
from ray_app.store.server import ServerStore

HERE = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Api:
    """An application with its index. `request` is what a client does, with a key or without."""

    app: FastAPI
    store: Store
    client: httpx.AsyncClient

    async def request(self, method: str, path: str, key: str | None = None, **options: Any) -> httpx.Response:
        headers = {**({"Authorization": f"Bearer {key}"} if key else {}), **options.pop("headers", {})}
        return await self.client.request(method, path, headers=headers, **options)

    async def key(self, role: str = "reader", tenant: str = "default", groups=None, days=None, name="somebody") -> str:
        grant = Grant(tenant=tenant, name=name, role=role, groups=groups)
        record, text = make_key(grant, created_by="test", days=days)
        await save_key(self.store, record)
        return text


def required(settings: Settings, **auth: Any) -> Settings:
    """The settings with authentication."""
    return settings.model_copy(update={"auth": AuthSettings(mode="required", **auth)})


def models(settings: Settings, embedder: Embedder):
    """Texts to vectors, and texts to labels, in this process."""

    async def embed(texts: list[str]) -> tuple[Vectors, list[int]]:
        return embedder.embed_passages(texts), [len(text.split()) for text in texts]

    async def classify(tenant: str, texts: list[str], titles: list[str], explain: bool) -> list[Judgement]:
        classifier = open_classifier(settings.of_tenant(tenant), embedder)
        return judge(classifier, texts, embedder.embed_passages(texts), titles, explain=explain)

    return embed, classify


async def opened_here(settings: Settings) -> Store:
    """The index in this process, or the server that the settings name."""
    if settings.store.url:
        return ServerStore.connect(settings.store)
    return await EdgeStore.open(settings.index_dir, settings.store)


@asynccontextmanager
async def api_over(settings: Settings, embedder: Embedder) -> AsyncIterator[Api]:
    embed, classify = models(settings, embedder)
    store = await opened_here(settings)
    await store.ensure(fingerprint=embedder.manifest.fingerprint, dimension=embedder.manifest.dimension)
    app = create_app(settings, embed, classify)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        services_over(store, embedder, settings, embed=embed, classify=classify, wake=lambda: None) as services,
        httpx.AsyncClient(transport=transport, base_url=HERE) as client,
    ):
        attach(app, services)
        yield Api(app, store, client)
    await store.close()


def problem(response: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    """The problem document, which must be this one."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert (body["status"], body["type"]) == (status, f"urn:ray-app:problem:{kind}")
    assert body["request_id"] == response.headers["x-request-id"]
    return body
