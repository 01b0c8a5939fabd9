"""The bytes that a document was made of: the copy that is kept, or the place itself while it still holds the same."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ray_app import sources
from ray_app.errors import NotFoundError, RefusedError, SourceError
from ray_app.settings import Settings
from ray_app.sources import originals
from ray_app.sources.incoming import read_incoming
from ray_app.store.protocol import Found, Store
from ray_app.store.quarantine import stored_ref
from ray_app.store.queue import URI_SCHEME, WAITING, entries_of


@dataclass(frozen=True, slots=True)
class Original:
    """`read(start, end)` gives bytes, may block, and raises SourceError."""

    sha256: str
    size: int
    read: Callable[[int, int], bytes]


async def find_original(settings: Settings, store: Store, place: Found) -> Original:
    """The bytes of the version that is found; of a document that waits or failed, those that came.

    Raises RefusedError (`gone`) where they are nowhere any more.
    """
    payload = place.payload
    if payload.get("parent"):
        raise RefusedError("gone", f"the document lies inside document {payload['parent']}: download that one")
    for sha256 in (payload.get("sha256"), payload.get("original")):
        kept = await asyncio.to_thread(_kept, settings, payload["tenant"], sha256) if sha256 else None
        if kept:
            return kept
    if payload["uri"].startswith(f"{URI_SCHEME}://"):
        return await _waiting(settings, store, place)
    return await asyncio.to_thread(_in_its_place, settings, place)


def _kept(settings: Settings, tenant: str, sha256: str) -> Original | None:
    size = originals.size(settings.originals_url, tenant, sha256, settings.sources)
    if size is None:
        return None

    def read(start: int, end: int) -> bytes:
        return originals.get(settings.originals_url, tenant, sha256, settings.sources, start=start, end=end)

    return Original(sha256, size, read)


async def _waiting(settings: Settings, store: Store, place: Found) -> Original:
    """An upload that is not indexed yet."""
    tenant = place.payload["tenant"]
    entries = [entry for entry in await entries_of(store, tenant, place.id) if entry.action == "index"]
    if not entries:
        raise RefusedError("gone", f"the original of document {place.id} is kept no more: upload it again")
    read = partial(read_incoming, settings.originals_url, tenant, entries[-1].id, settings.sources)
    try:
        return _held(await asyncio.to_thread(read))
    except NotFoundError as error:
        raise RefusedError("gone", f"document {place.id} is being processed: ask again in a moment") from error


def _in_its_place(settings: Settings, place: Found) -> Original:
    once = settings.sources.model_copy(update={"attempts": 1})  # somebody waits for the answer
    try:
        data = sources.read(stored_ref(place.payload), settings.parsing.max_file_mb << 20, once)
    except SourceError as error:
        raise RefusedError("gone", f"the original of document {place.id} cannot be read any more: {error}") from error
    original = _held(data)
    if place.payload["outcome"] in WAITING and not place.payload.get("sha256"):
        raise RefusedError("gone", f"document {place.id} is being processed: ask again in a moment")
    if original.sha256 != place.payload.get("sha256"):  # one that was never read may be anything by now
        raise RefusedError("gone", f"{place.payload['uri']} has changed since it was indexed: ingest it again")
    return original


def _held(data: bytes) -> Original:
    return Original(hashlib.sha256(data).hexdigest(), len(data), lambda start, end: data[start:end])
