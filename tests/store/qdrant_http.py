"""A server that speaks as much of Qdrant's REST interface as ray-app uses, over the client's own local mode.

It shows what really goes over the wire, and misbehaves when told to: `fault` is None, "slow" (no answer), "cut" (the
answer ends in the middle) or "error" (500).
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import uvicorn
from pydantic import BaseModel, TypeAdapter
from qdrant_client import QdrantClient, models
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.conftest import free_port


class QdrantServer:
    """Starts and stops on one port; what was written stays."""

    def __init__(self) -> None:
        self.port = free_port()
        self.fault: str | None = None
        self._local = QdrantClient(":memory:")
        self._calls = _calls(self._local)
        self._running: tuple[uvicorn.Server, threading.Thread] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        config = uvicorn.Config(self._app(), port=self.port, log_level="critical", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(_serve(server)), daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the server ended"
            time.sleep(0.01)
        self._running = server, thread

    def stop(self) -> None:
        if self._running:
            server, thread = self._running
            server.should_exit = True
            thread.join(10)
            self._running = None

    def _app(self) -> Starlette:
        paths = {path for _, path in self._calls}
        routes = [Route(path, self._answer, methods=[m for m, p in self._calls if p == path]) for path in paths]
        return Starlette(routes=[Route("/", _about), *routes])

    async def _answer(self, request: Request) -> Response:
        if self.fault == "slow":
            await asyncio.sleep(60)
        if self.fault == "error":
            return JSONResponse({"status": {"error": "out of order"}}, 500)
        call = self._calls[request.method, request.scope["route"].path]
        try:
            result = call(request.path_params.get("name", ""), await request.body())
        except ValueError as error:  # local mode's word for an unknown collection
            return JSONResponse({"status": {"error": str(error)}}, 404 if "not found" in str(error) else 400)
        answer = json.dumps({"result": _plain(result), "status": "ok", "time": 0.0}).encode()
        return CutResponse(answer) if self.fault == "cut" else Response(answer, media_type="application/json")


class CutResponse(Response):
    """Promises all, sends half, and hangs up."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(self.body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.body[: len(self.body) // 2], "more_body": True})


@contextmanager
def qdrant_server():
    server = QdrantServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()


async def _serve(server: uvicorn.Server) -> None:
    await server.serve()
    await asyncio.sleep(0.1)  # connections that are being closed get a moment for it


async def _about(request: Request) -> Response:
    return JSONResponse({"title": "qdrant", "version": version("qdrant-client")})


def _plain(value: Any) -> Any:
    return TypeAdapter(Any).dump_python(value, mode="json")


def _calls(local: QdrantClient) -> dict[tuple[str, str], Any]:
    """What answers (method, path): a function of the collection's name and the body."""

    def read(model: type[BaseModel], call: Any) -> Any:
        return lambda name, body: call(name, model.model_validate_json(body))

    def upsert(name: str, body: models.PointsList) -> Any:
        return local.upsert(name, body.points)

    def query(name: str, body: models.QueryRequest) -> Any:
        return local.query_points(
            name,
            query=body.query,
            using=body.using,
            prefetch=body.prefetch,
            query_filter=body.filter,
            limit=body.limit or 10,
            with_payload=True if body.with_payload is None else body.with_payload,
            score_threshold=body.score_threshold,
        )

    def scroll(name: str, body: models.ScrollRequest) -> Any:
        points, following = local.scroll(
            name,
            scroll_filter=body.filter,
            limit=body.limit or 10,
            offset=body.offset,
            order_by=body.order_by,
            with_payload=body.with_payload if body.with_payload is not None else True,
        )
        return {"points": points, "next_page_offset": following}

    def retrieve(name: str, body: models.PointRequest) -> Any:
        wanted = True if body.with_payload is None else body.with_payload
        return local.retrieve(name, body.ids, with_payload=wanted, with_vectors=body.with_vector or False)

    def create(name: str, body: models.CreateCollection) -> Any:
        return local.create_collection(name, body.vectors, sparse_vectors_config=body.sparse_vectors)

    one = "/collections/{name}"
    points = f"{one}/points"
    selector: TypeAdapter[Any] = TypeAdapter(models.PointsSelector)
    return {
        ("GET", "/aliases"): lambda _, body: local.get_aliases(),
        ("POST", "/collections/aliases"): lambda _, body: local.update_collection_aliases(
            models.ChangeAliasesOperation.model_validate_json(body).actions
        ),
        ("GET", f"{one}/exists"): lambda name, body: {"exists": local.collection_exists(name)},
        ("GET", one): lambda name, body: local.get_collection(name),
        ("PUT", one): read(models.CreateCollection, create),
        ("PUT", f"{one}/index"): lambda name, body: {"operation_id": 0, "status": "completed"},
        ("PUT", points): read(models.PointsList, upsert),
        ("POST", points): read(models.PointRequest, retrieve),
        ("POST", f"{points}/query"): read(models.QueryRequest, query),
        ("POST", f"{points}/scroll"): read(models.ScrollRequest, scroll),
        ("POST", f"{points}/count"): read(models.CountRequest, lambda name, body: local.count(name, body.filter)),
        ("POST", f"{one}/facet"): read(
            models.FacetRequest,
            lambda name, body: local.facet(name, body.key, facet_filter=body.filter, limit=body.limit or 10),
        ),
        ("POST", f"{points}/payload"): read(
            models.SetPayload,
            lambda name, body: local.set_payload(name, body.payload, points=body.points or body.filter),
        ),
        ("PUT", f"{points}/vectors"): read(
            models.UpdateVectors, lambda name, body: local.update_vectors(name, body.points)
        ),
        ("POST", f"{points}/delete"): lambda name, body: local.delete(name, selector.validate_json(body)),
    }
