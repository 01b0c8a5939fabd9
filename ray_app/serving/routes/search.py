"""Search, as one answer or as a stream."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from fastapi.sse import format_sse_event

from ray_app.search.request import SearchRequest
from ray_app.search.searcher import Searcher, answer
from ray_app.serving.bodies.search import SearchBody, SearchResult
from ray_app.serving.problems import describe
from ray_app.serving.services import CallerOf, ServicesOf
from ray_app.store.scope import Scope

router = APIRouter(prefix="/v1", tags=["search"])

_STREAMS: dict[str, Callable[[str, str], bytes]] = {
    "text/event-stream": lambda name, data: format_sse_event(event=name, data_str=data),
    "application/x-ndjson": lambda name, data: f'{{"event":{json.dumps(name)},"data":{data}}}\n'.encode(),
}
# Proxies must pass each event on at once.
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


@router.post(
    "/search",
    response_model=SearchResult,
    responses={200: {"content": {media_type: {"schema": {"type": "string"}} for media_type in _STREAMS}}},
)
async def search(body: SearchBody, request: Request, services: ServicesOf, caller: CallerOf) -> Response:
    """Documents that answer the query, best first, each with its best passage.

    With `Accept: text/event-stream` or `application/x-ndjson` the answer is a stream of events: `hits` by
    words alone as soon as they are there, `hits` merged with meaning, `facets`, `done`; or `error` with a
    problem document.
    """
    wanted = body.request()
    services.searcher.check(wanted)
    media_type = _preferred(request.headers.get("accept", ""))
    if media_type:
        encode = _STREAMS[media_type]
        events = _stream(services.searcher, wanted, caller.scope, encode)
        return StreamingResponse(events, media_type=media_type, headers=_HEADERS)
    return JSONResponse(await answer(services.searcher, wanted, caller.scope))


async def _stream(
    searcher: Searcher, wanted: SearchRequest, scope: Scope, encode: Callable[[str, str], bytes]
) -> AsyncIterator[bytes]:
    """Ends with `done` or `error`. When the client goes away it is closed, and the search with it."""
    try:
        async with aclosing(searcher.search(wanted, scope)) as events:
            async for event in events:
                yield encode(event.name, json.dumps(event.data, ensure_ascii=False))
    except Exception as error:  # the status line is sent: the stream itself must say it
        yield encode("error", bytes(describe(error).body).decode())


def _preferred(accept: str) -> str | None:
    """The first stream type that the client names, None for JSON."""
    named = (part.partition(";")[0].strip().lower() for part in accept.split(","))
    return next((media_type for media_type in named if media_type in _STREAMS), None)
