"""Messages over HTTP as server-sent events, and over a websocket: the same ones in both.

A client that goes away is let go at once. One that does not take what it is sent is dropped: nothing waits for it but
its own stream, and that for `events.send_timeout_s`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

import anyio
from fastapi.sse import format_sse_event
from starlette.responses import Response
from starlette.types import Message as AsgiMessage
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from ray_app.logs import get_logger
from ray_app.serving.hub import Hub
from ray_app.serving.listening import Message
from ray_app.serving.sse import EVENT_STREAM, HEADERS

# What the websocket speaks, and what a browser names beside it to say who asks: it cannot send headers, and what
# stands in a URL comes into logs.
SUBPROTOCOL = "ray-app"
_BEARER = "bearer."
# Why a websocket is closed, by the reason in `dropped`: names of IANA's registry.
_CODES = {"slow": 1013, "unavailable": 1013, "unauthenticated": 3000, "forbidden": 3003}
_TRY_AGAIN_LATER = 1013

_log = get_logger(__name__)


def authorization(scope: Scope, header: str) -> str:
    """The Authorization header, or for a websocket without one its subprotocol `bearer.<key or token>`."""
    for protocol in scope.get("subprotocols", ()) if not header else ():
        if protocol.startswith(_BEARER):
            return f"Bearer {protocol.removeprefix(_BEARER)}"
    return header


class EventStream(Response):
    """Server-sent events. Raises TooManyRequestsError before it begins where no more may listen."""

    media_type = EVENT_STREAM

    def __init__(self, messages: AsyncGenerator[Message, None], hub: Hub, caller: str) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self._messages = messages
        self._hub = hub
        self._caller = caller

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def begin() -> None:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})

        async def tell(message: Message) -> None:
            await send({"type": "http.response.body", "body": as_sse(message), "more_body": True})

        with self._hub.seat(self._caller):
            await begin()
            if await _pump(self._messages, self._hub, tell, receive):
                await send({"type": "http.response.body", "body": b"", "more_body": False})


async def serve_websocket(websocket: WebSocket, messages: AsyncGenerator[Message, None], hub: Hub, caller: str) -> None:
    """The same over a websocket. Raises TooManyRequestsError before it is accepted."""
    last = Message("")

    async def tell(message: Message) -> None:
        nonlocal last
        last = message
        await websocket.send_text(as_json(message))

    with hub.seat(caller):
        await websocket.accept(SUBPROTOCOL if SUBPROTOCOL in websocket.scope["subprotocols"] else None)
        ended = await _pump(messages, hub, tell, websocket.receive)
        if ended is not None:  # it is still there, as far as anybody knows
            code = _CODES.get(last.data.get("reason", ""), _TRY_AGAIN_LATER)
            with anyio.move_on_after(hub.settings.events.send_timeout_s):
                await websocket.close(code, last.data.get("reason", "slow"))


def as_sse(message: Message) -> bytes:
    """A heartbeat is a comment, which clients leave out by themselves."""
    if message.name == "heartbeat":
        return format_sse_event(comment="heartbeat")
    data = json.dumps(message.data, ensure_ascii=False)
    return format_sse_event(event=message.name, data_str=data, id=message.id)


def as_json(message: Message) -> str:
    """`{"event": name, "id": ..., "data": ...}`."""
    return json.dumps({"event": message.name, "id": message.id, "data": message.data}, ensure_ascii=False)


async def _pump(
    messages: AsyncGenerator[Message, None],
    hub: Hub,
    tell: Callable[[Message], Awaitable[None]],
    receive: Callable[[], Awaitable[AsgiMessage]],
) -> bool | None:
    """Tells message by message. True: all was told; False: the client did not take one; None: it is gone."""
    ended: bool | None = None

    async def until_gone() -> None:
        while not (await receive())["type"].endswith(".disconnect"):
            pass  # clients have nothing to say
        group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(until_gone)
        ended = await _tell_all(messages, hub.settings.events.send_timeout_s, tell)
        group.cancel_scope.cancel()
    return ended


async def _tell_all(
    messages: AsyncGenerator[Message, None], timeout_s: float, tell: Callable[[Message], Awaitable[None]]
) -> bool | None:
    async with aclosing(messages):
        async for message in messages:
            with anyio.move_on_after(timeout_s) as limit:
                try:
                    await tell(message)
                except (OSError, WebSocketDisconnect):
                    return None
            if limit.cancelled_caught:
                _log.info("a listener was dropped: it does not take what it is sent")
                return False
    return True
