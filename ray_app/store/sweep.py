"""Looks after contents that a place left or joined: removes what no place names, and sets where the rest lies.

Runs after every ingest. What is to be looked at is written on the places themselves (`sweep`), in the same
write that made it necessary, so that a crash forgets nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ray_app.records import Outcome
from ray_app.store.collections import CHUNKS, CONTENTS, DOCUMENTS
from ray_app.store.lookup import places_of
from ray_app.store.notes import no_others, noted
from ray_app.store.points import chunk_ids
from ray_app.store.protocol import AnyOf, Filter, Missing, Reader, Store
from ray_app.store.writer import set_places, withdraw_vanished

_PAGE = 256
# Of a content: where it says that it lies, and what its passages' ids are made of.
_FIELDS = ["sources", "folders", "sha256", "pipeline", "chunks"]


async def sweep(store: Store, tenant: str, *, erase: Callable[[str], None] | None = None) -> None:
    """Brings contents and passages in line with the places. May be interrupted and repeated.

    `erase` is called with the hash of each content before it is removed: the copy of its original goes with it,
    unless a place (an upload that failed, say) keeps that copy for itself.
    """
    of_tenant = AnyOf("tenant", [tenant])
    marked = Filter([of_tenant], must_not=[Missing("sweep")])
    while True:
        places, _ = await store.scroll(DOCUMENTS, filter=marked, limit=_PAGE, fields=["sweep", "content"])
        if not places:
            break
        for identity in sorted(noted(place.payload for place in places)):
            await settle(store, identity, tenant, erase)
        # A place that was written meanwhile, by a run or an erasure, has a note more: it is for the next round.
        looked_after = {note for place in places for note in place.payload["sweep"]}
        ids = [place.id for place in places]
        await store.set_payload(DOCUMENTS, ids, {"sweep": []}, where=no_others(looked_after))
    # One that has a note again, or a file again, stays: who removed it now would forget its content.
    deleted = Filter([of_tenant, AnyOf("outcome", [Outcome.DELETED.value]), Missing("sweep")])
    while True:
        places, _ = await store.scroll(DOCUMENTS, filter=deleted, limit=_PAGE, fields=[])
        if not places:
            break
        await store.delete(DOCUMENTS, [place.id for place in places], where=deleted)


async def keeps_original(store: Reader, tenant: str, sha256: str) -> bool:
    """Whether a place that is not deleted holds on to the copy with this hash."""
    conditions = [AnyOf("tenant", [tenant]), AnyOf("original", [sha256])]
    return bool(await store.count(DOCUMENTS, Filter(conditions, must_not=[AnyOf("outcome", [Outcome.DELETED.value])])))


async def settle(store: Store, identity: str, tenant: str, erase: Callable[[str], None] | None) -> None:
    """Brings one content and its passages in line with the places, as `sweep` does."""
    contents = await store.retrieve(CONTENTS, [identity], fields=_FIELDS)
    of_content = AnyOf("content", [identity])
    if not await store.count(DOCUMENTS, Filter([of_content])):
        await _remove_passages(store, Filter([of_content]))
        if erase and contents and not await keeps_original(store, tenant, contents[0].payload["sha256"]):
            await asyncio.to_thread(erase, contents[0].payload["sha256"])
        await store.delete(CONTENTS, [identity])
        late = await places_of(store, [identity], fields=["content"])  # written since we looked
        await withdraw_vanished(store, late)
    elif contents:
        older = Filter([of_content], must_not=[AnyOf("pipeline", [contents[0].payload["pipeline"]])])
        if await _remove_passages(store, older):
            await _check_passages(store, identity)
        await _set_places(store, identity, tenant)


async def _check_passages(store: Store, identity: str) -> None:
    """Lets a content be made anew where it lacks passages.

    While a run replaces the passages of an older pipeline, the sweep of another run, of another source, may take the
    new ones for the older: the content names their pipeline only once they are all written.
    """
    for content in await store.retrieve(CONTENTS, [identity], fields=_FIELDS):
        of_pipeline = [AnyOf("content", [identity]), AnyOf("pipeline", [content.payload["pipeline"]])]
        if await store.count(CHUNKS, Filter(of_pipeline)) < content.payload["chunks"]:
            await store.set_payload(CONTENTS, [identity], {"incomplete": True})
            places = await places_of(store, [identity], fields=[])
            await store.set_payload(DOCUMENTS, [place.id for place in places], {"pipeline": ""})


async def _set_places(store: Store, identity: str, tenant: str) -> None:
    """Says on a content and its passages where it lies, until that is so: others may say what they saw earlier."""
    while True:
        contents = await store.retrieve(CONTENTS, [identity], fields=_FIELDS)
        places = await places_of(store, [identity], fields=["source", "folders"])
        if not contents or not places:
            return  # a place that it lost meanwhile has its note
        content = contents[0].payload
        sources = {place.payload["source"] for place in places}
        folders = {folder for place in places for folder in place.payload["folders"]}
        first = await store.retrieve(CHUNKS, chunk_ids(content, tenant)[:1], fields=["sources", "folders"])
        shown = [(set(one["sources"]), set(one["folders"])) for one in (content, *(chunk.payload for chunk in first))]
        if all(where == (sources, folders) for where in shown):
            return
        await set_places(store, identity, content, tenant, sources, folders)


async def _remove_passages(store: Store, which: Filter) -> int:
    """Removes them; returns how many there were."""
    removed = 0
    while True:
        page, _ = await store.scroll(CHUNKS, filter=which, limit=_PAGE, fields=[])
        if not page:
            return removed
        removed += len(page)
        await store.delete(CHUNKS, [passage.id for passage in page])
