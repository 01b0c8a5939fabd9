"""The event log: what happened to jobs, documents, labels and sources, in one order that readers can go on from.

An event's id is its place in the log: its first half is a time in microseconds that only grows, its second half is
the event's own. So the store's order of ids is the order of the log, and a reader goes on behind the last id it saw.

That is enough only if no event appears behind a reader's back. In an embedded index the owner appends one list after
the other, and an event can be read once all before it can. On a server several processes append: there readers leave
the last `settle_s` seconds alone. Nothing is missed as long as the machines' clocks and the time of one write differ
by less than that.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID
from weakref import WeakKeyDictionary

from pydantic import BaseModel, ConfigDict

from ray_app.errors import QueryError
from ray_app.store.collections import EVENT, REGISTRY
from ray_app.store.named_sources import hidden_sources
from ray_app.store.points import iso
from ray_app.store.protocol import AnyOf, Condition, Filter, Found, Missing, Order, Point, Reader, Store
from ray_app.store.scope import Scope

Topic = Literal["document", "job", "label", "model", "privacy", "source", "webhook"]

_HALF = 64
_DAY_S = 86_400
# Old events that are removed in one go: a deletion holds the embedded index up for some milliseconds.
_REMOVED_AT_ONCE = 256
BEGINNING = str(UUID(int=0))


class Event(BaseModel):
    """Something that happened. `at` is ISO 8601, UTC.

    Who may see the source may see the event; one that names none (of several sources, or of the whole tenant) is for
    those from whom no source is hidden. Data may name a `document`: the event goes when that is erased. It holds
    ids, names and numbers, never what a document says.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    at: str
    topic: Topic
    tenant: str
    source: str | None = None
    data: dict[str, Any] = {}


def new_event(topic: Topic, *, tenant: str, source: str | None = None, data: dict[str, Any]) -> Event:
    """An event of now; it gets its place in the log, and so its final id, when it is appended."""
    own = secrets.randbits(_HALF)
    return Event(id=str(UUID(int=own)), at=iso(time.time()), topic=topic, tenant=tenant, source=source, data=data)


async def append_events(store: Store, events: Sequence[Event]) -> list[Event]:
    """Adds the events in this order; they are durable, and have their final ids, when this returns.

    Appending the same ones again, because the answer to the first time was lost say, adds nothing.
    """
    return await store.run(_append, list(events)) if events else []


async def read_events(
    store: Reader,
    scope: Scope,
    *,
    after: str | None = None,
    topics: Collection[Topic] = (),
    limit: int = 100,
    settle_s: float = 0.0,
) -> list[Event]:
    """The next events that the scope may see, the oldest first: those after this id, of these topics or of all.

    Raises QueryError where `after` is no id.
    """
    return await store.run(_read_scoped, scope, _offset(after), sorted(topics), limit, settle_s)


def check_id(after: str | None) -> None:
    """Raises QueryError where `after` is no id of an event."""
    _offset(after)


async def read_log(store: Reader, *, after: str, limit: int, settle_s: float = 0.0) -> list[Event]:
    """The next events of all tenants, for those who choose among them themselves (`may_see`)."""
    return await _read(store, (), _offset(after), limit, settle_s)


async def end_of_log(store: Reader, *, settle_s: float = 0.0) -> str:
    """The id behind which all that is still to come will be."""
    last = await _last(store)
    if not last:
        return BEGINNING
    return min(last[0].id, _settled(settle_s)) if settle_s else last[0].id


async def prune_events(store: Store, *, keep_days: int) -> int:
    """Removes some of the events that are older than that, of all tenants; returns how many."""
    found, _ = await store.scroll(REGISTRY, filter=_events(), limit=_REMOVED_AT_ONCE, fields=[])
    cut = str(_id(_microseconds(keep_days * _DAY_S), 0))
    old = [one.id for one in found if one.id < cut]
    await store.delete(REGISTRY, old)
    return len(old)


async def erase_events(store: Store, tenant: str, documents: Collection[str]) -> None:
    """Removes all events that name one of these documents (ids)."""
    which = _events(AnyOf("tenant", [tenant]), AnyOf("document", sorted(documents)))
    while found := (await store.scroll(REGISTRY, filter=which, limit=_REMOVED_AT_ONCE, fields=[]))[0]:
        await store.delete(REGISTRY, [one.id for one in found])


def may_see(event: Event, scope: Scope, hidden: Collection[str]) -> bool:
    """Whether an event is in a scope, from which these sources are hidden (`hidden_sources`)."""
    if event.tenant != scope.tenant:
        return False
    return not hidden or (event.source is not None and event.source not in hidden)


def time_of(identity: str) -> float:
    """When an event was appended, in seconds since 1970."""
    return (UUID(identity).int >> _HALF) / 1e6


@dataclass(slots=True)
class _Head:
    """The end of the log, in the one process that appends to it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    last: int | None = None


_HEADS: WeakKeyDictionary[Store, _Head] = WeakKeyDictionary()


async def _append(store: Store, events: list[Event]) -> list[Event]:
    """Runs beside the index. Until these are written, no later ones are: no reader sees those first."""
    head = _HEADS.setdefault(store, _Head())
    async with head.lock:
        if head.last is None:
            last = await _last(store)
            head.last = UUID(last[0].id).int >> _HALF if last else 0
        there = await _already_there(store, events)
        placed = []
        for event in events:
            if _own(event) not in there:
                head.last = max(head.last + 1, _microseconds(0))  # clocks are set back at times
                identity = _id(head.last, UUID(event.id).int)
                placed.append(event.model_copy(update={"id": str(identity)}))
        await store.upsert(REGISTRY, [_point(event) for event in placed])
        by_own = there | {_own(event): event for event in placed}
        return [by_own[_own(event)] for event in events]


async def _already_there(store: Store, events: list[Event]) -> dict[str, Event]:
    which = _events(AnyOf("own", [_own(event) for event in events]))
    found, _ = await store.scroll(REGISTRY, filter=which, limit=len(events))
    return {one.payload["own"]: _event(one) for one in found}


async def _read_scoped(
    store: Reader, scope: Scope, offset: str | None, topics: list[Topic], limit: int, settle_s: float
) -> list[Event]:
    hidden = await hidden_sources(store, scope.tenant, scope.groups)
    wanted: list[Condition] = [AnyOf("tenant", [scope.tenant])]
    if topics:
        wanted.append(AnyOf("topic", [str(topic) for topic in topics]))
    if hidden:
        wanted.append(Filter(must_not=[AnyOf("source", sorted(hidden)), Missing("source")]))
    return await _read(store, wanted, offset, limit, settle_s)


async def _read(
    store: Reader, wanted: Sequence[Condition], offset: str | None, limit: int, settle_s: float
) -> list[Event]:
    found, _ = await store.scroll(REGISTRY, filter=_events(*wanted), limit=limit, offset=offset)
    if settle_s:
        settled = _settled(settle_s)
        found = [one for one in found if one.id <= settled]
    return [_event(one) for one in found]


async def _last(store: Reader) -> list[Found]:
    order = Order("sequence", descending=True)
    return (await store.scroll(REGISTRY, filter=_events(), limit=1, order=order, fields=[]))[0]


def _offset(after: str | None) -> str | None:
    """Pages begin at an id; ours begin behind one."""
    if after is None:
        return None
    try:
        return str(UUID(int=UUID(after).int + 1))
    except ValueError as error:
        raise QueryError("invalid-cursor", f"{after!r} is no event's id") from error


def _events(*conditions: Condition) -> Filter:
    return Filter([AnyOf("kind", [EVENT]), *conditions])


def _point(event: Event) -> Point:
    payload = {"kind": EVENT, "own": _own(event), "sequence": UUID(event.id).int >> _HALF, **event.model_dump()}
    if "document" in event.data:
        payload["document"] = event.data["document"]
    return Point(event.id, payload)


def _event(found: Found) -> Event:
    return Event.model_validate(found.payload)


def _own(event: Event) -> str:
    """What tells an event from all others, wherever it lies in the log."""
    return event.id[-17:]


def _id(sequence: int, own: int) -> UUID:
    return UUID(int=sequence << _HALF | own & (1 << _HALF) - 1)


def _settled(settle_s: float) -> str:
    """What has a greater id is younger than that."""
    return str(_id(_microseconds(settle_s), 0))


def _microseconds(ago_s: float) -> int:
    return int((time.time() - ago_s) * 1e6)
