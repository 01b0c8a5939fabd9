"""What happens in the index, as it happens: as server-sent events, and as a websocket on the same path."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, WebSocket

from ray_app.serving.bodies.stream import SSE
from ray_app.serving.caller import Caller
from ray_app.serving.listening import Wanted, messages
from ray_app.serving.problems import described
from ray_app.serving.services import CallerOf, Services, ServicesOf
from ray_app.serving.streams import EventStream, serve_websocket
from ray_app.store.events import Topic, check_id

router = APIRouter(prefix="/v1", tags=["events"])
# Apart from the others: what the OpenAPI page shows of authentication is for HTTP alone. The gate is for both.
websocket_router = APIRouter(prefix="/v1")

Topics = Annotated[
    list[Topic], Query(description="Only these, such as `?topics=job&topics=source`; left out: all of them.")
]
After = Annotated[str | None, Query(description="Go on behind this event's id; left out: from now on.")]


@router.get(
    "/events",
    status_code=200,
    response_class=EventStream,
    responses={200: {"content": {"text/event-stream": SSE}}, **described(422)},
)
async def events(
    request: Request,
    services: ServicesOf,
    caller: CallerOf,
    topics: Topics = [],  # noqa: B006  FastAPI copies it
    after: After = None,
    last_event_id: Annotated[str | None, Header(description="As `after`; browsers send it by themselves.")] = None,
) -> EventStream:
    """Events that the caller may see, from now on or from an event's id on, until the client goes away.

    The first event is `ready`: its id is where to go on from if no other came. The last may be `dropped`, with a
    `reason`: `slow`, `unavailable`, `unauthenticated` or `forbidden`. A websocket on this path gives the same, each
    message as `{"event": ..., "id": ..., "data": ...}`.
    """
    wanted = _wanted(services, request.state.credentials, topics, last_event_id or after)
    return EventStream(messages(services.hub, caller, wanted), services.hub, caller.id)


@websocket_router.websocket("/events")
async def events_websocket(
    websocket: WebSocket,
    topics: Topics = [],  # noqa: B006
    after: After = None,
) -> None:
    """The same, for clients that speak websocket."""
    services: Services = websocket.app.state.services
    caller: Caller = websocket.state.caller
    wanted = _wanted(services, websocket.state.credentials, topics, after)
    await serve_websocket(websocket, messages(services.hub, caller, wanted), services.hub, caller.id)


def _wanted(services: Services, credentials: str, topics: list[Topic], after: str | None) -> Wanted:
    """`credentials` are those that the gate let in. Raises QueryError where `after` is no event's id."""
    check_id(after)
    return Wanted(topics, after, lambda: services.auth.caller(credentials))
