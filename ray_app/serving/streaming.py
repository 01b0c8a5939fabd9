"""The same answer as one object or as a stream of events, as the client prefers."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from ray_app.search.events import Event
from ray_app.serving.problems import describe
from ray_app.serving.sse import EVENT_STREAM, HEADERS, event

_STREAMS: dict[str, Callable[[str, str], bytes]] = {
    EVENT_STREAM: event,
    "application/x-ndjson": lambda name, data: f'{{"event":{json.dumps(name)},"data":{data}}}\n'.encode(),
}
# For the description of a route that answers so.
RESPONSES: dict[int | str, dict[str, Any]] = {200: {"content": {media_type: {} for media_type in _STREAMS}}}


async def respond(
    request: Request, events: Callable[[], AsyncGenerator[Event, None]], whole: Callable[[], Awaitable[Any]]
) -> Response:
    """Server-sent events or NDJSON where the client's `Accept` names one of them, else JSON."""
    media_type = _preferred(request.headers.get("accept", ""))
    if media_type:
        return StreamingResponse(_stream(events(), _STREAMS[media_type]), media_type=media_type, headers=HEADERS)
    return JSONResponse(await whole())


async def _stream(events: AsyncGenerator[Event, None], encode: Callable[[str, str], bytes]) -> AsyncIterator[bytes]:
    """Ends with `done` or `error`. When the client goes away it is closed, and the work with it."""
    try:
        async with aclosing(events):
            async for one in events:
                yield encode(one.name, json.dumps(one.data, ensure_ascii=False))
    except Exception as error:  # the status line is sent: the stream itself must say it
        yield encode("error", bytes(describe(error).body).decode())


def _preferred(accept: str) -> str | None:
    """The first stream type that the client names, None for JSON."""
    named = (part.partition(";")[0].strip().lower() for part in accept.split(","))
    return next((media_type for media_type in named if media_type in _STREAMS), None)
