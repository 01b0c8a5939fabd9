"""Erases documents, and proves what went."""

from __future__ import annotations

import asyncio

from ray_app.records import Outcome
from ray_app.serving.bodies.privacy import Erased
from ray_app.serving.services import Services
from ray_app.sources import originals
from ray_app.sources.incoming import delete_incoming
from ray_app.store.collections import CHUNKS, CONTENTS, DOCUMENTS
from ray_app.store.erasure import erase_document
from ray_app.store.events import append_events, erase_events
from ray_app.store.protocol import AnyOf, Filter, Found
from ray_app.store.queue import enqueue, entries_of, entry_for, told
from ray_app.store.removal import children_of


async def erase_place(services: Services, tenant: str, place: Found) -> None:
    """Erases a document at once, with all inside it and what waits of it. May be interrupted and repeated."""
    waiting = await entries_of(services.store, tenant, place.id)
    # In the queue as well: a crash here, or a worker that has it in work, leaves nothing of it behind.
    entry = entry_for(place, "erase", waiting)
    await services.store.run(enqueue, [entry])
    eraser = originals.eraser(services.settings, tenant)
    await services.store.run(erase_document, tenant, place.id, erase=eraser, known=entry.hashes)
    await erase_events(services.store, tenant, [place.id])
    await append_events(services.store, [told(entry, Outcome.DELETED.value)])
    for one in waiting:
        await asyncio.to_thread(
            delete_incoming, services.settings.originals_url, tenant, one.id, services.settings.sources
        )
    services.wake()


async def erase_with_proof(services: Services, tenant: str, place: Found) -> Erased:
    """Erases a document, and asks the index and the storage afterwards what is left."""
    store, identity = services.store, place.payload.get("content")
    sha256 = place.payload.get("sha256") or place.payload.get("original")
    of_content = Filter([AnyOf("content", [identity])]) if identity else None
    contents = await store.retrieve(CONTENTS, [identity], fields=["mentions_found"]) if identity else []
    passages = await store.count(CHUNKS, of_content) if of_content else 0
    inside = [child async for child in children_of(store, [place.id])]
    copy = await asyncio.to_thread(_copy_of, services, tenant, sha256)
    await erase_place(services, tenant, place)
    left = [f"document {place.id}"] if await store.retrieve(DOCUMENTS, [place.id], fields=[]) else []
    others = await store.count(DOCUMENTS, of_content) if of_content else 0
    if others:
        left.append(f"its content, which lies at {others} other places")
    elif of_content and (await store.count(CHUNKS, of_content) or await store.retrieve(CONTENTS, [identity or ""])):
        left.append(f"content {identity}")
    kept = await asyncio.to_thread(_copy_of, services, tenant, sha256)
    if kept:
        left.append("the copy of its original, which other places have too" if others else f"the original {sha256}")
    return Erased(
        document_id=place.id,
        uri=place.payload["uri"],
        sha256=sha256,
        passages=0 if others else passages,
        mentions=0 if others else sum(one.payload.get("mentions_found", 0) for one in contents),
        files_inside=len(inside),
        original=copy and not kept,
        left=left,
    )


def _copy_of(services: Services, tenant: str, sha256: str | None) -> bool:
    settings = services.settings
    return bool(sha256) and originals.size(settings.originals_url, tenant, str(sha256), settings.sources) is not None
