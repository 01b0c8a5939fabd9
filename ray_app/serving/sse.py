"""Server-sent events: how they are written, and how a silent stream shows that it lives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TypeVar

from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event

T = TypeVar("T")

EVENT_STREAM = "text/event-stream"
# Proxies must pass each event on at once.
HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


def event(name: str, data: str) -> bytes:
    """One event; `data` is JSON."""
    return format_sse_event(event=name, data_str=data)


def event_stream(events: AsyncIterator[bytes]) -> StreamingResponse:
    """The response that sends them. It closes the iterator when the client goes away."""
    return StreamingResponse(events, media_type=EVENT_STREAM, headers=HEADERS)


async def with_pauses(items: AsyncGenerator[T, None], pause_s: float) -> AsyncGenerator[T | None, None]:
    """The items, and None each time that none came for so long."""
    async with aclosing(items):
        following = asyncio.ensure_future(anext(items))
        try:
            while True:
                done, _ = await asyncio.wait({following}, timeout=pause_s)
                if not done:
                    yield None
                    continue
                try:
                    yield following.result()
                except StopAsyncIteration:
                    return
                following = asyncio.ensure_future(anext(items))
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
