"""Erases documents, and proves what went."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

from ray_app.records import Outcome
from ray_app.serving.bodies.privacy import Erased
from ray_app.serving.services import Services
from ray_app.sources import originals
from ray_app.sources.incoming import delete_incoming
from ray_app.store.collections import CHUNKS, CONTENTS, DOCUMENTS
from ray_app.store.erasure import erase_document
from ray_app.store.events import append_events
from ray_app.store.lookup import places_of
from ray_app.store.protocol import AnyOf, Filter, Found, Store
from ray_app.store.queue import enqueue, entries_of, entry_for, told
from ray_app.store.removal import with_inside


async def erase_place(services: Services, tenant: str, place: Found) -> None:
    """Erases a document at once, with all inside it and what waits of it. May be interrupted and repeated."""
    waiting = await entries_of(services.store, tenant, place.id)
    # In the queue as well: a crash here, or a worker that has it in work, leaves nothing of it behind.
    entry = entry_for(place, "erase", waiting)
    await services.store.run(enqueue, [entry])
    eraser = originals.eraser(services.settings, tenant)
    await services.store.run(erase_document, tenant, place.id, erase=eraser, known=entry.hashes)
    await append_events(services.store, [told(entry, Outcome.DELETED.value)])
    for one in waiting:
        await asyncio.to_thread(
            delete_incoming, services.settings.originals_url, tenant, one.id, services.settings.sources
        )
    services.wake()


async def erase_with_proof(services: Services, tenant: str, place: Found) -> Erased:
    """Erases a document, and asks the index and the storage afterwards what is left."""
    store = services.store
    sha256 = place.payload.get("sha256") or place.payload.get("original")
    places = await with_inside(store, [place])
    contents = sorted({one.payload["content"] for one in places if one.payload.get("content")})
    before = {one.id: one.payload for one in await store.retrieve(CONTENTS, contents, fields=["mentions_found"])}
    passages = await _passages(store, contents)
    copy = await asyncio.to_thread(_copy_of, services, tenant, sha256)
    await erase_place(services, tenant, place)
    there = {one.id for one in await store.retrieve(CONTENTS, contents, fields=[])}
    others = Counter(one.payload["content"] for one in await places_of(store, contents, fields=["content"]))
    kept = await asyncio.to_thread(_copy_of, services, tenant, sha256)
    left = [f"document {one.id}" for one in await store.retrieve(DOCUMENTS, [one.id for one in places], fields=[])]
    for one in contents:
        whose = "its content" if one == place.payload.get("content") else f"content {one} of a file inside it"
        if others[one]:
            left.append(f"{whose}, which lies at {others[one]} other places")
        elif one in there or await _passages(store, [one]):
            left.append(f"content {one}")
    if kept:
        elsewhere = others[str(place.payload.get("content"))]
        left.append("the copy of its original, which other places have too" if elsewhere else f"the original {sha256}")
    return Erased(
        document_id=place.id,
        uri=place.payload["uri"],
        sha256=sha256,
        passages=passages - await _passages(store, contents),
        mentions=sum(known.get("mentions_found", 0) for one, known in before.items() if one not in there),
        files_inside=len(places) - 1,
        original=copy and not kept,
        left=left,
    )


async def _passages(store: Store, contents: Sequence[str]) -> int:
    return await store.count(CHUNKS, Filter([AnyOf("content", list(contents))])) if contents else 0


def _copy_of(services: Services, tenant: str, sha256: str | None) -> bool:
    settings = services.settings
    return bool(sha256) and originals.size(settings.originals_url, tenant, str(sha256), settings.sources) is not None
