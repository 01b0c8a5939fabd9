"""The API on a socket of its own over a real index, without Serve and without a model: what events need of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import httpx
import uvicorn
from httpx_sse import aconnect_sse
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from ray_app.serving.delivery import delivering
from ray_app.serving.http import create_app
from ray_app.serving.services import Services, attach, services_over
from ray_app.settings import Settings
from ray_app.store.edge import EdgeStore
from ray_app.store.events import Event, append_events, new_event
from ray_app.store.keys import Grant, make_key, save_key
from tests.conftest import free_port

QUIET = ("ready", "heartbeat")


@dataclass(frozen=True)
class Live:
    """A running server with its index."""

    port: int
    store: EdgeStore
    services: Services

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def key(self, role: str = "reader", tenant: str = "default", groups: Any = None) -> str:
        record, text = make_key(Grant(tenant=tenant, name="somebody", role=role, groups=groups), created_by="t", days=1)
        await save_key(self.store, record)
        return text

    async def happen(self, *numbers: int, topic: str = "job", source: str | None = None, **data: Any) -> list[Event]:
        tenant = data.pop("tenant", "default")
        events = [new_event(topic, tenant=tenant, source=source, data={"n": n, **data}) for n in numbers]
        return await append_events(self.store, events)

    async def request(self, method: str, path: str, key: str = "", **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with httpx.AsyncClient(base_url=self.url, headers=headers) as client:
            return await client.request(method, path, **options)


@asynccontextmanager
async def live(settings: Settings, *, deliver: bool = False) -> AsyncIterator[Live]:
    async def no_model(texts: list[str]) -> Any:
        raise AssertionError("events need no model")

    store = await EdgeStore.open(settings.index_dir, settings.store)
    await store.ensure(fingerprint="f0", dimension=4)
    app = create_app(settings, no_model, no_model)
    nothing: Any = SimpleNamespace(manifest=SimpleNamespace(name=""))
    port = free_port()
    config = uvicorn.Config(app, port=port, lifespan="off", log_level="critical", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(store.close)
        services = await stack.enter_async_context(
            services_over(store, nothing, settings, embed=no_model, classify=no_model, wake=lambda: None)
        )
        attach(app, services)
        if deliver:
            await stack.enter_async_context(delivering(store, settings))
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        yield Live(port, store, services)
        server.should_exit = True
        services.hub.close()
        await serving


class Listener:
    """Messages as they come: of server-sent events or of a websocket, in one form."""

    def __init__(self, messages: AsyncIterator[tuple[str, str | None, Any]]) -> None:
        self._messages = messages
        self.last: str | None = None

    async def next(self) -> tuple[str, Any]:
        async with asyncio.timeout(20):
            name, identity, data = await anext(self._messages)
        self.last = identity or self.last
        return name, data

    async def take(self, count: int) -> list[Any]:
        """The next so many events, and the numbers in them; signs of life are passed over."""
        found: list[Any] = []
        while len(found) < count:
            name, data = await self.next()
            if name not in QUIET:
                found.append(data)
        return found

    async def numbers(self, count: int) -> list[int]:
        return [event["data"]["n"] for event in await self.take(count)]

    async def until_end(self) -> list[tuple[str, Any]]:
        found = []
        try:
            while True:
                found.append(await self.next())
        except (StopAsyncIteration, httpx.HTTPError):
            return found


@asynccontextmanager
async def sse(api: Live, key: str = "", query: str = "", **headers: str) -> AsyncIterator[Listener]:
    """Listens once the server has said where the stream begins."""
    sent = {**({"Authorization": f"Bearer {key}"} if key else {}), **headers}
    async with (
        httpx.AsyncClient(base_url=api.url, headers=sent, timeout=30) as client,
        aconnect_sse(client, "GET", f"/v1/events{query}") as source,
    ):
        source.response.raise_for_status()

        async def messages() -> AsyncIterator[tuple[str, str | None, Any]]:
            async for one in source.aiter_sse():
                if one.data:  # a heartbeat has none
                    yield one.event, one.id, json.loads(one.data)

        listener = Listener(messages())
        assert (await listener.next())[0] == "ready"
        yield listener


@asynccontextmanager
async def websocket(api: Live, key: str = "", query: str = "", **options: Any) -> AsyncIterator[Listener]:
    """The same, the key in a subprotocol as a browser must send it."""
    options.setdefault("subprotocols", ["ray-app", *([f"bearer.{key}"] if key else [])])
    async with connect(f"ws://127.0.0.1:{api.port}/v1/events{query}", proxy=None, **options) as socket:

        async def messages() -> AsyncIterator[tuple[str, str | None, Any]]:
            with suppress(ConnectionClosed):
                async for text in socket:
                    message = json.loads(text)
                    yield message["event"], message["id"], message["data"]

        listener = Listener(messages())
        assert (await listener.next())[0] == "ready"
        yield listener


LISTEN = {"sse": sse, "websocket": websocket}
