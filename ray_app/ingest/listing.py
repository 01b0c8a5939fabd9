"""Lists sources, leaves out what is unchanged, and cuts the rest into blocks of work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from ray_app import sources
from ray_app.records import EVERYTHING, FileRef, Selection
from ray_app.settings import IngestSettings, SourceSettings
from ray_app.store.lookup import changed, documents_below
from ray_app.store.points import place_id
from ray_app.store.protocol import Store
from ray_app.store.sweep import mark_deleted

# Files whose state is asked of the index in one request.
_PAGE = 500
# The first block is small, so that embedding starts soon; each next one is larger, up to the setting.
_FIRST_BLOCK = 4


@dataclass(slots=True)
class Listing:
    """What was found below one root. `ids` are the places that exist now."""

    root: str
    source: str
    tenant: str
    selection: Selection = EVERYTHING
    settings: SourceSettings = sources.DEFAULTS
    documents: int = 0
    unchanged: int = 0
    ids: set[str] = field(default_factory=set)


async def list_changed(store: Store, listing: Listing, *, pipeline: str, limit: int | None) -> AsyncIterator[FileRef]:
    """Streams the files that are new or changed, and counts all of them in `listing`."""
    files = sources.list_files(listing.root, listing.source, listing.tenant, listing.selection, listing.settings)
    for page in _pages(islice(files, limit)):
        fresh = await changed(store, page, pipeline=pipeline)
        listing.documents += len(page)
        listing.unchanged += len(page) - len(fresh)
        listing.ids.update(place_id(ref) for ref in page)
        for ref in fresh:
            yield ref


async def delete_missing(store: Store, listing: Listing, *, run: str) -> int:
    """Marks the places below the root that the listing did not find; returns how many."""
    deleted = 0
    places = documents_below(store, tenant=listing.tenant, source=listing.source, root=listing.root)
    async for page in places:
        gone = [place for place in page if place.id not in listing.ids]
        deleted += await mark_deleted(store, gone, run=run)
    return deleted


async def blocks(refs: AsyncIterator[FileRef], settings: IngestSettings) -> AsyncIterator[list[FileRef]]:
    """Cuts a stream of files into blocks by number and size; a block holds at least one file."""
    block: list[FileRef] = []
    size = 0
    most = _FIRST_BLOCK
    async for ref in refs:
        if block and (len(block) >= most or size + ref.size > settings.block_mb << 20):
            yield block
            most = min(2 * most, settings.block_documents)
            block, size = [], 0
        block.append(ref)
        size += ref.size
    if block:
        yield block


def _pages(refs: Iterable[FileRef]) -> Iterator[list[FileRef]]:
    remaining = iter(refs)
    while page := list(islice(remaining, _PAGE)):
        yield page
