"""What one listener is told: events from where it left off, signs of life, and why it was dropped."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from ray_app.errors import AuthenticationError, ForbiddenError, IdentityProviderError, StoreError
from ray_app.serving.caller import Caller
from ray_app.serving.hub import Hub
from ray_app.store.events import Event, Topic, may_see, read_events, time_of

# Events of the past in one look at the log.
_PAGE = 256
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to tell. `name` is an event's topic, or `ready`, `heartbeat` or `dropped`.

    A client that comes back goes on behind the last `id` it saw.
    """

    name: str
    data: dict[str, Any] = field(default_factory=dict)
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: of these topics or of all, after this id or from now on. `identify` tells who listens, anew."""

    topics: Sequence[Topic]
    after: str | None
    identify: Callable[[], Awaitable[Caller]]


async def messages(hub: Hub, caller: Caller, wanted: Wanted) -> AsyncGenerator[Message, None]:
    """First `ready` with the id to go on from, then events, a `heartbeat` where it is quiet; the last is `dropped`.

    `ready` is not `complete` where events behind the wanted id may have been removed as too old.
    """
    try:
        async with aclosing(_messages(hub, caller, wanted)) as told_now:
            async for message in told_now:
                yield message
    except (AuthenticationError, ForbiddenError) as error:
        reason = "unauthenticated" if isinstance(error, AuthenticationError) else "forbidden"
        yield Message("dropped", {"reason": reason, "detail": str(error)})
    except StoreError as error:
        yield Message("dropped", {"reason": "unavailable", "detail": str(error)})


async def _messages(hub: Hub, caller: Caller, wanted: Wanted) -> AsyncGenerator[Message, None]:
    heartbeat_s = hub.settings.events.heartbeat_s
    end = await hub.end()
    last = wanted.after or end
    yield Message("ready", {"complete": _reaches_back(hub, wanted.after)}, id=last)
    identified, caught_up = time.monotonic(), False
    while True:
        if time.monotonic() - identified >= heartbeat_s:
            caller, identified = await _again(caller, wanted), time.monotonic()
        fresh = hub.since(last)
        if fresh is None and caught_up:
            yield Message("dropped", {"reason": "slow", "detail": _slow(hub)}, id=last)
            return
        if fresh is None:
            end = await hub.end()  # up to here, a page that is not full has left out nothing
            events = await read_events(
                hub.store,
                caller.scope,
                after=last,
                topics=wanted.topics,
                limit=_PAGE,
                settle_s=hub.settings.settle_s,
            )
            last = events[-1].id if events else last
            last = max(last, end) if len(events) < _PAGE else last
        else:
            caught_up = True
            events = await _chosen(hub, caller, wanted, fresh)
            last = fresh[-1].id if fresh else last
        for event in events:
            yield told(event)
        if not fresh and caught_up and not await hub.news(heartbeat_s):
            caller, identified = await _again(caller, wanted), time.monotonic()
            yield Message("heartbeat")


def told(event: Event) -> Message:
    """An event as it is told."""
    return Message(event.topic, event.model_dump(mode="json"), event.id)


async def _chosen(hub: Hub, caller: Caller, wanted: Wanted, fresh: list[Event]) -> list[Event]:
    fresh = [event for event in fresh if event.tenant == caller.scope.tenant]
    if wanted.topics:
        fresh = [event for event in fresh if event.topic in wanted.topics]
    hidden = await hub.hidden(caller.scope) if fresh else ()
    return [event for event in fresh if may_see(event, caller.scope, hidden)]


async def _again(caller: Caller, wanted: Wanted) -> Caller:
    """Who listens, by the same credentials: they may have been revoked, or lead to other groups, since."""
    try:
        return await wanted.identify()
    except (IdentityProviderError, StoreError):  # nobody can say now
        return caller


def _reaches_back(hub: Hub, after: str | None) -> bool:
    return after is None or time.time() - time_of(after) < hub.settings.events.keep_days * _DAY_S


def _slow(hub: Hub) -> str:
    return (
        f"you are more than {hub.settings.events.buffer} events behind (setting events.buffer): come back and go on "
        "behind the last id that you have"
    )
