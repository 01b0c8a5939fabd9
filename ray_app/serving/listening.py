"""What one listener is told: events from where it left off, signs of life, and why it was dropped."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
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
    listener = _Listener(hub, caller, wanted)
    try:
        yield Message("ready", {"complete": _reaches_back(hub, wanted.after)}, id=await listener.begin())
        while (events := await listener.next()) is not None:
            for event in events:
                yield told(event)
            if listener.is_quiet(bool(events)):
                yield Message("heartbeat")
            await listener.wait()
        yield Message("dropped", {"reason": "slow", "detail": _slow(hub)}, id=listener.last)
    except (AuthenticationError, ForbiddenError) as error:
        reason = "unauthenticated" if isinstance(error, AuthenticationError) else "forbidden"
        yield Message("dropped", {"reason": reason, "detail": str(error)})
    except StoreError as error:
        yield Message("dropped", {"reason": "unavailable", "detail": str(error)})


class _Listener:
    """Where one who listens is in the log: at first somewhere in the past, then among the hub's latest events."""

    def __init__(self, hub: Hub, caller: Caller, wanted: Wanted) -> None:
        self._hub = hub
        self._caller = caller
        self._wanted = wanted
        self._heartbeat_s = hub.settings.events.heartbeat_s
        self._identified = self._told = time.monotonic()
        self._caught_up = False
        self.last = ""

    async def begin(self) -> str:
        """The id behind which this one begins."""
        end = await self._hub.end()
        self.last = self._wanted.after or end
        return self.last

    async def next(self) -> list[Event] | None:
        """The next events to tell; None where this one is too far behind. Raises where it may listen no longer."""
        await self._identify()
        fresh = self._hub.since(self.last)
        if fresh is None:
            return None if self._caught_up else await self._past()
        self._caught_up = True
        if fresh:
            self.last = fresh[-1].id
        return await self._chosen(fresh)

    def is_quiet(self, has_told: bool) -> bool:
        """Whether a sign of life is due, since nothing was told for so long."""
        quiet = not has_told and time.monotonic() - self._told >= self._heartbeat_s
        if has_told or quiet:
            self._told = time.monotonic()
        return quiet

    async def wait(self) -> None:
        """Returns when there may be more to tell, or a sign of life is due."""
        await self._hub.wait(self.last, self._told + self._heartbeat_s - time.monotonic())

    async def _identify(self) -> None:
        """By the same credentials, now and then: they may have been revoked, or lead to other groups, since."""
        if time.monotonic() - self._identified >= self._heartbeat_s:
            with suppress(IdentityProviderError, StoreError):  # then nobody can say now
                self._caller = await self._wanted.identify()
            self._identified = time.monotonic()

    async def _past(self) -> list[Event]:
        end = await self._hub.end()  # up to here, a page that is not full has left out nothing
        events = await read_events(
            self._hub.store,
            self._caller.scope,
            after=self.last,
            topics=self._wanted.topics,
            limit=_PAGE,
            settle_s=self._hub.settings.settle_s,
        )
        ids = [self.last, *(event.id for event in events[-1:]), *([end] if len(events) < _PAGE else [])]
        self.last = max(ids)
        return events

    async def _chosen(self, fresh: list[Event]) -> list[Event]:
        scope, topics = self._caller.scope, self._wanted.topics
        mine = [event for event in fresh if event.tenant == scope.tenant and (not topics or event.topic in topics)]
        hidden = await self._hub.hidden(scope) if mine else ()
        return [event for event in mine if may_see(event, scope, hidden)]


def told(event: Event) -> Message:
    """An event as it is told."""
    return Message(event.topic, event.model_dump(mode="json"), event.id)


def _reaches_back(hub: Hub, after: str | None) -> bool:
    return after is None or time.time() - time_of(after) < hub.settings.events.keep_days * _DAY_S


def _slow(hub: Hub) -> str:
    return (
        f"you are more than {hub.settings.events.buffer} events behind (setting events.buffer): come back and go on "
        "behind the last id that you have"
    )
