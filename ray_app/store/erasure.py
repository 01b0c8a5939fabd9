"""Erases a document at once: its place, those inside it, and all that no other place has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable

from ray_app.records import Outcome, content_id
from ray_app.store.annotations import forget_stated
from ray_app.store.collections import CONTENTS, DOCUMENTS
from ray_app.store.events import erase_events
from ray_app.store.lookup import places_of
from ray_app.store.protocol import Found, Payload, Store
from ray_app.store.removal import mark_deleted, with_inside
from ray_app.store.sweep import keeps_original, settle, sweep

_RUN = "erasure"


async def erase_document(
    store: Store, tenant: str, document: str, *, erase: Callable[[str], None], known: Collection[str] = ()
) -> bool:
    """Removes the document with all inside it, their events, contents, passages and copies that nothing else names.

    `known` are hashes of bytes that it is known to have had, where an earlier try may have come half way, or a worker
    that read them may have written them since. False where the document was gone already. May be interrupted and
    repeated.
    """
    found = [one for one in await store.retrieve(DOCUMENTS, [document]) if one.payload["tenant"] == tenant]
    copies = {*known, *(one.payload["original"] for one in found if one.payload.get("original"))}
    going = await with_inside(store, found)
    ids = {document, *(place.id for place in going)}
    await erase_events(store, tenant, ids)
    # What people stated goes first: once the places are gone, another try would not know what they named.
    contents = _contents(going)
    places = await places_of(store, contents, fields=["content"])
    await forget_stated(store, set(contents) - {place.payload["content"] for place in places if place.id not in ids})
    await mark_deleted(store, found, run=_RUN)
    await sweep(store, tenant, erase=erase)
    # Of copies that are erased at the same time, each was kept for the other until now.
    there = {one.id for one in await store.retrieve(CONTENTS, contents, fields=[])}
    await forget_stated(store, set(contents) - there)
    for sha256 in sorted(copies):
        await erase_unused(store, tenant, sha256, erase=erase)
    return any(one.payload["outcome"] != Outcome.DELETED.value for one in found)


async def erase_unused(store: Store, tenant: str, sha256: str, *, erase: Callable[[str], None]) -> None:
    """Removes the content with this hash if no place names it, and its copy unless a place keeps that."""
    identity = content_id(tenant, sha256)
    await settle(store, identity, tenant, erase)
    left = await store.retrieve(CONTENTS, [identity], fields=[])
    if not left and not await keeps_original(store, tenant, sha256):
        await asyncio.to_thread(erase, sha256)


async def make_incomplete(store: Store, document: str) -> None:
    """Lets the document's content, and those inside it, be made anew though nothing about them has changed."""
    places = await store.retrieve(DOCUMENTS, [document])
    mark: Payload = {"incomplete": True}
    await store.set_payload(CONTENTS, _contents(await with_inside(store, places)), mark)


def _contents(places: Iterable[Found]) -> list[str]:
    return sorted({place.payload["content"] for place in places if place.payload.get("content")})
