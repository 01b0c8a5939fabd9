"""A real HTTP server on loopback that speaks OpenAI's chat protocol, and misbehaves on demand."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

KEY = "s3cret-key"


class Endpoint:
    """What it answers is in `pieces`, how it behaves in `behaviour`, what it was asked in `bodies`."""

    def __init__(self) -> None:
        self.url = ""
        self.pieces = ["The lease ends ", "after six months [1]."]
        self.behaviour = "well"
        self.bodies: list[dict] = []
        self.left = threading.Event()

    async def chat(self, request: Request) -> Response:
        self.bodies.append(await request.json())
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return JSONResponse({"error": {"message": "wrong key"}}, 401)
        if self.behaviour == "busy":
            return JSONResponse({"error": {"message": "slow down"}}, 429)
        if self.behaviour == "broken":
            return JSONResponse({"error": {"message": "out of memory"}}, 500)
        if self.behaviour == "unknown":
            return JSONResponse({"error": {"message": "no such model"}}, 404)
        if self.behaviour == "silent":
            await asyncio.sleep(30)
        return StreamingResponse(self._stream(request), media_type="text/event-stream")

    async def _stream(self, request: Request):
        try:
            for piece in self.pieces:
                yield _chunk({"content": piece})
                await asyncio.sleep(0.01)
            while self.behaviour == "stalls" and not await request.is_disconnected():
                yield b": still thinking\n\n"
                await asyncio.sleep(0.05)
            if self.behaviour == "nonsense":
                yield b"data: {nonsense\n\n"
            if self.behaviour == "dies":
                raise RuntimeError("the model died")
            if self.behaviour != "cut":
                yield _chunk({}, finish="stop")
                yield b"data: [DONE]\n\n"
        finally:
            self.left.set()


def _chunk(delta: dict, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    body = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "tiny", "choices": [choice]}
    return f"data: {json.dumps(body)}\n\n".encode()


@contextmanager
def running(endpoint: Endpoint) -> Iterator[Endpoint]:
    app = Starlette(routes=[Route("/v1/chat/completions", endpoint.chat, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        endpoint.url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        yield endpoint
        server.should_exit = server.force_exit = True
        thread.join(20)
