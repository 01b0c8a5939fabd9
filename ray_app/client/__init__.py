"""A client of the HTTP API: `Client`, and `AsyncClient` with the same methods to be awaited.

    with Client("http://127.0.0.1:8000", api_key="ray_...") as client:
        for event in client.search_events("who approved the warehouse move"):
            ...

What goes wrong is raised as an error of `ray_app.errors`, with the `type` and the `request_id` that the server gave.
"""

from ray_app.client.calls import (
    AnswerDoneEvent,
    AnswerEvent,
    DoneEvent,
    FacetsEvent,
    HitsEvent,
    OtherEvent,
    PassagesEvent,
    SearchEvent,
    TokenEvent,
)
from ray_app.client.clients import AsyncClient, Client
from ray_app.client.local import is_ready, open_client, server_url
from ray_app.serving.bodies.jobs import LogEvent
from ray_app.serving.bodies.keys import GrantBody, InvitationBody

__all__ = [
    "AnswerDoneEvent",
    "AnswerEvent",
    "AsyncClient",
    "Client",
    "DoneEvent",
    "FacetsEvent",
    "GrantBody",
    "HitsEvent",
    "InvitationBody",
    "LogEvent",
    "OtherEvent",
    "PassagesEvent",
    "SearchEvent",
    "TokenEvent",
    "is_ready",
    "open_client",
    "server_url",
]
