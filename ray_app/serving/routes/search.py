"""Search, as one answer or as a stream."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ray_app.search.searcher import answer
from ray_app.serving.bodies.search import SearchBody, SearchResult
from ray_app.serving.services import CallerOf, ServicesOf
from ray_app.serving.streaming import RESPONSES, respond

router = APIRouter(prefix="/v1", tags=["search"])


@router.post("/search", response_model=SearchResult, responses=RESPONSES)
async def search(body: SearchBody, request: Request, services: ServicesOf, caller: CallerOf) -> Response:
    """Documents that answer the query, best first, each with its best passage.

    With `Accept: text/event-stream` or `application/x-ndjson` the answer is a stream of events: `hits` by
    words alone as soon as they are there, `hits` merged with meaning, where there is a reranker `hits` in its order,
    `facets`, `done`; or `error` with a problem document.
    """
    wanted = body.request()
    searcher = services.searcher
    searcher.check(wanted)
    return await respond(
        request,
        lambda: searcher.search(wanted, caller.scope),
        lambda: answer(searcher, wanted, caller.scope),
    )
