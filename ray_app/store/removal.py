"""Takes places out of the index: with what lay inside them, and leaving a note for the sweep that cleans up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence, Set

from ray_app.records import Outcome
from ray_app.store.collections import DOCUMENTS
from ray_app.store.notes import with_notes
from ray_app.store.protocol import AnyOf, Filter, Found, Point, Store

_PAGE = 256


async def mark_deleted(store: Store, places: Sequence[Found], *, run: str) -> int:
    """Marks places whose files are gone, and all inside them; returns how many. `sweep` removes the rest."""
    marked = 0
    inside: Sequence[Found] = places
    while inside:
        await store.upsert(DOCUMENTS, [_deleted(place, run) for place in inside])
        marked += len(inside)
        inside = [child async for child in children_of(store, [place.id for place in inside])]
    return marked


async def mark_left_out(store: Store, parents: Collection[str], kept: Set[str], *, run: str) -> None:
    """Marks what was inside the parents before and is not among the `kept` places any more."""
    gone = [child async for child in children_of(store, sorted(parents)) if child.id not in kept]
    await mark_deleted(store, gone, run=run)


async def children_of(store: Store, parents: Sequence[str]) -> AsyncIterator[Found]:
    """All places inside these that are not marked as deleted."""
    for start in range(0, len(parents), _PAGE):
        inside = AnyOf("parent", list(parents[start : start + _PAGE]))
        here = Filter([inside], must_not=[AnyOf("outcome", [Outcome.DELETED.value])])
        offset = None
        while True:
            page, offset = await store.scroll(DOCUMENTS, filter=here, limit=_PAGE, offset=offset)
            for child in page:
                yield child
            if offset is None:
                break


async def with_inside(store: Store, places: Sequence[Found]) -> list[Found]:
    """The places, and all inside them at any depth that are not marked as deleted."""
    everything, level = list(places), list(places)
    while level:
        level = [child async for child in children_of(store, [place.id for place in level])]
        everything += level
    return everything


def _deleted(place: Found, run: str) -> Point:
    payload = {key: value for key, value in place.payload.items() if key not in ("content", "sha256")}
    old = place.payload.get("content")
    notes = with_notes(place.payload.get("sweep"), [old] if old else [])
    return Point(place.id, payload | {"outcome": Outcome.DELETED.value, "run": run, "sweep": notes})
