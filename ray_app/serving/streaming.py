"""The same answer as one object or as a stream of events, as the client prefers."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from fastapi.sse import format_sse_event

from ray_app.search.events import Event
from ray_app.serving.problems import describe

_STREAMS: dict[str, Callable[[str, str], bytes]] = {
    "text/event-stream": lambda name, data: format_sse_event(event=name, data_str=data),
    "application/x-ndjson": lambda name, data: f'{{"event":{json.dumps(name)},"data":{data}}}\n'.encode(),
}
# Proxies must pass each event on at once.
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
# For the description of a route that answers so.
RESPONSES: dict[int | str, dict[str, Any]] = {200: {"content": {media_type: {} for media_type in _STREAMS}}}


async def respond(
    request: Request, events: Callable[[], AsyncGenerator[Event, None]], whole: Callable[[], Awaitable[Any]]
) -> Response:
    """Server-sent events or NDJSON where the client's `Accept` names one of them, else JSON."""
    media_type = _preferred(request.headers.get("accept", ""))
    if media_type:
        return StreamingResponse(_stream(events(), _STREAMS[media_type]), media_type=media_type, headers=_HEADERS)
    return JSONResponse(await whole())


async def _stream(events: AsyncGenerator[Event, None], encode: Callable[[str, str], bytes]) -> AsyncIterator[bytes]:
    """Ends with `done` or `error`. When the client goes away it is closed, and the work with it."""
    try:
        async with aclosing(events):
            async for event in events:
                yield encode(event.name, json.dumps(event.data, ensure_ascii=False))
    except Exception as error:  # the status line is sent: the stream itself must say it
        yield encode("error", bytes(describe(error).body).decode())


def _preferred(accept: str) -> str | None:
    """The first stream type that the client names, None for JSON."""
    named = (part.partition(";")[0].strip().lower() for part in accept.split(","))
    return next((media_type for media_type in named if media_type in _STREAMS), None)
