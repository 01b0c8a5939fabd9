"""The event log: what happened, durable in the registry, in an order in which reading can be resumed.

An event's id is a UUID of version 7 (RFC 9562, section 5.7) and the id of its point: an engine keeps points sorted by
id, so that whoever reads on from an event needs no further index.

What holds: all events of an embedded index go through the one process that owns it, which gives out ids in the order
in which it writes. Reading on from the last id seen leaves nothing out, whatever the clocks say. On a Qdrant server
every process gives out ids by its own clock. There, readers leave out what is younger than `settle_s`, and miss
nothing where clocks differ by less than that, and writes take less. An append that is repeated after a lost answer
may leave an event twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from weakref import WeakKeyDictionary

from pydantic import BaseModel, ConfigDict

from ray_app.errors import QueryError
from ray_app.store.collections import REGISTRY
from ray_app.store.named_sources import visible_sources
from ray_app.store.points import iso_ms
from ray_app.store.protocol import AnyOf, Filter, Found, Payload, Point, Reader, Store
from ray_app.store.scope import Scope

Topic = Literal["document", "job", "label", "source", "webhook"]
TOPICS: tuple[Topic, ...] = get_args(Topic)

_KIND = "event"
_PAGE = 256
# An id's first 60 free bits are one number: 48 of milliseconds since 1970, then 12 that count within one of them.
_COUNT_BITS = 12


class Event(BaseModel):
    """One thing that happened. `id` sorts by time; it is "" until the event is in the log. `at` is ISO 8601, UTC.

    An event with a `source` is seen by those who may see that source, one without by the whole tenant: `data` must
    not tell of other sources. `data` is plain JSON.
    """

    model_config = ConfigDict(frozen=True)

    id: str = ""
    at: str = ""
    topic: Topic
    tenant: str
    source: str | None = None
    data: dict[str, Any] = {}


@dataclass(slots=True)
class _Sequence:
    """What a process that writes events knows of the log: the last number it gave out, and who waits for more."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    more: asyncio.Event = field(default_factory=asyncio.Event)
    last: int | None = None


# Of each store that is open in this process. Beside a store's owner that is the only one that writes there.
_sequences: WeakKeyDictionary[Reader, _Sequence] = WeakKeyDictionary()


def new_event(topic: Topic, *, tenant: str, source: str | None = None, data: dict[str, Any] | None = None) -> Event:
    """An event that is not in the log yet."""
    return Event(topic=topic, tenant=tenant, source=source, data=data or {})


async def append_events(store: Store, events: Sequence[Event]) -> list[Event]:
    """Writes events behind all that are there; returns them with their ids and times. They are durable then."""
    return await store.run(_append, list(events)) if events else []


async def read_events(
    store: Reader,
    scope: Scope,
    *,
    after: str | None = None,
    topics: Collection[str] = (),
    limit: int = 100,
    settle_s: float = 0.0,
) -> list[Event]:
    """The first `limit` events behind the one with the id `after` that the scope may see, the oldest first.

    Without `topics`, of any. `settle_s` is for logs that several processes write (see above). Raises QueryError where
    `after` is no event's id.
    """
    check_id(after)
    return await store.run(_read, scope, after, list(topics), limit, settle_s)


async def next_events(
    store: Reader, after: str, *, limit: int = _PAGE, wait_s: float = 0.0, settle_s: float = 0.0
) -> list[Event]:
    """Events of all tenants behind this one: for a process that decides itself who may see them (`may_see`).

    Where there are none it waits for up to `wait_s`, and is woken by an append in the process that owns the index.
    """
    return await store.run(_next, after, limit, wait_s, settle_s)


async def log_end(store: Reader) -> str:
    """An id to read on from: all events that are written after this call are behind it."""
    return await store.run(_end)


async def prune_events(store: Store, *, keep_s: float) -> int:
    """Removes events that are older; returns how many."""
    return await store.run(_prune, keep_s)


def may_see(event: Event, scope: Scope, visible: Collection[str] | None) -> bool:
    """Whether the scope may see the event; `visible` are the sources that it may see now, None where it may see all."""
    if event.tenant != scope.tenant:
        return False
    return visible is None or event.source is None or event.source in visible


async def sources_seen(store: Reader, scope: Scope) -> list[str] | None:
    """The sources that the scope may see now; None where none of the tenant's is hidden from it."""
    if scope.groups is None:
        return None
    return await store.run(visible_sources, scope.tenant, scope.groups)


def check_id(after: str | None) -> None:
    """Raises QueryError where this is no event's id."""
    try:
        if after is None or uuid.UUID(after).version == 7:
            return
    except ValueError:
        pass
    raise QueryError("invalid-event-id", f"{after!r} is no event's id: give the `id` of an event that you had")


def time_of(identity: str) -> float:
    """When an event was written, by its id, in seconds since 1970."""
    return (uuid.UUID(identity).int >> 80) / 1000


async def _append(store: Store, events: list[Event]) -> list[Event]:
    sequence = _sequence_of(store)
    async with sequence.lock:  # held until they are written: no reader sees a later event before an earlier one
        first = await _after_all(store, sequence)
        sequence.last = first + len(events) - 1  # also where the write fails halfway
        written = [_numbered(event, number) for number, event in enumerate(events, first)]
        await store.upsert(REGISTRY, [Point(event.id, _payload(event)) for event in written])
    sequence.more.set()
    sequence.more = asyncio.Event()
    return written


async def _after_all(store: Reader, sequence: _Sequence) -> int:
    """A number greater than all before, also where the clock was set back, here or before a restart."""
    if sequence.last is None:
        sequence.last = await _last_ahead(store)
    return max(_now(), sequence.last + 1)


async def _last_ahead(store: Reader) -> int:
    """The number of the last event that a clock ahead of this one wrote; 0 where there is none."""
    last, offset = 0, _lowest(_now())
    while True:
        page, following = await store.scroll(REGISTRY, filter=_which(), limit=_PAGE, offset=offset, fields=[])
        if page:
            last = _number(page[-1].id)
        if following is None:
            return last
        offset = following


async def _end(store: Reader) -> str:
    sequence = _sequence_of(store)
    async with sequence.lock:
        number = await _after_all(store, sequence)
        sequence.last = number  # what is written from now on comes behind it
    return _lowest(number)


async def _read(
    store: Reader, scope: Scope, after: str | None, topics: list[str], limit: int, settle_s: float
) -> list[Event]:
    visible = await sources_seen(store, scope)
    which = _which(AnyOf("tenant", [scope.tenant]), *([AnyOf("topic", topics)] if topics else []))
    seen: list[Event] = []
    while len(seen) < limit:
        page = await _page(store, which, after, settle_s)
        seen += [event for event in page if may_see(event, scope, visible)]
        if len(page) < _PAGE:
            break
        after = page[-1].id
    return seen[:limit]


async def _next(store: Reader, after: str, limit: int, wait_s: float, settle_s: float) -> list[Event]:
    more = _sequence_of(store).more  # taken before the look, so that no append falls between
    events = await _page(store, _which(), after, settle_s)
    if not events and wait_s:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(more.wait(), wait_s)
        events = await _page(store, _which(), after, settle_s)
    return events[:limit]


async def _page(store: Reader, which: Filter, after: str | None, settle_s: float) -> list[Event]:
    """Up to a page of events behind this one; fewer only at the end of the log."""
    found, _ = await store.scroll(REGISTRY, filter=which, limit=_PAGE + 1, offset=after)
    events = [_event(one) for one in found if one.id != after][:_PAGE]
    if settle_s:
        settled = _now() - (int(settle_s * 1000) << _COUNT_BITS)
        events = [event for event in events if _number(event.id) < settled]
    return events


async def _prune(store: Store, keep_s: float) -> int:
    oldest = _lowest(_now() - (int(keep_s * 1000) << _COUNT_BITS))
    pruned = 0
    while True:
        page, _ = await store.scroll(REGISTRY, filter=_which(), limit=_PAGE, fields=[])
        old = [one.id for one in page if one.id < oldest]
        await store.delete(REGISTRY, old)
        pruned += len(old)
        if len(old) < _PAGE:
            return pruned


def _sequence_of(store: Reader) -> _Sequence:
    return _sequences.setdefault(store, _Sequence())


def _which(*conditions: AnyOf) -> Filter:
    return Filter([AnyOf("kind", [_KIND]), *conditions])


def _numbered(event: Event, number: int) -> Event:
    identity = _lowest(number, secrets.randbits(62))
    return event.model_copy(update={"id": identity, "at": iso_ms(time_of(identity))})


def _payload(event: Event) -> Payload:
    return {"kind": _KIND, **event.model_dump(mode="json", exclude={"id"})}


def _event(found: Found) -> Event:
    return Event.model_validate({**found.payload, "id": found.id})


def _now() -> int:
    return time.time_ns() // 1_000_000 << _COUNT_BITS


def _lowest(number: int, random: int = 0) -> str:
    """The id with this number; without random bits, the lowest one. 7 is the version, 0b10 the variant."""
    ms, count = divmod(number, 1 << _COUNT_BITS)
    return str(uuid.UUID(int=ms << 80 | 0x7 << 76 | count << 64 | 0b10 << 62 | random))


def _number(identity: str) -> int:
    bits = uuid.UUID(identity).int
    return (bits >> 80) << _COUNT_BITS | (bits >> 64) & ((1 << _COUNT_BITS) - 1)
