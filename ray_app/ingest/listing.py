"""Lists sources, leaves out what is unchanged, and cuts the rest into blocks of work."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ray_app import sources
from ray_app.errors import DeletionRefusedError
from ray_app.records import EVERYTHING, FileRef, Selection
from ray_app.settings import IngestSettings, SourceSettings
from ray_app.store.lookup import changed, documents_below
from ray_app.store.points import place_id
from ray_app.store.protocol import Found, Store
from ray_app.store.removal import mark_deleted

# Files whose state is asked of the index in one request.
_PAGE = 500
# The first block is small, so that embedding starts soon; each next one is larger, up to the setting.
_FIRST_BLOCK = 4
# Blocks of documents that are not embedded hold so many times as many: a block costs some 50 ms, whatever is in it.
_LIGHTER = 8
# However large their share, so few files may go without a question.
_FEW = 20


@dataclass(slots=True)
class Listing:
    """What was found below one root, or which files were named (`refs`) instead of a root.

    `ids` has 16 bytes for each place that exists now; they are kept where it is given, for `delete_missing`.
    """

    root: str
    source: str
    tenant: str
    selection: Selection = EVERYTHING
    settings: SourceSettings = sources.DEFAULTS
    refs: Sequence[FileRef] = ()
    documents: int = 0
    unchanged: int = 0
    ids: bytearray | None = None


async def list_changed(store: Store, listing: Listing, *, pipeline: str, limit: int | None) -> AsyncIterator[FileRef]:
    """Streams the files that are new or changed, and counts all of them in `listing`."""
    files = iter(listing.refs) if listing.refs else _found(listing)
    for page in _pages(islice(files, limit)):
        fresh = await changed(store, page, pipeline=pipeline)
        listing.documents += len(page)
        listing.unchanged += len(page) - len(fresh)
        if listing.ids is not None:
            for ref in page:
                listing.ids += uuid.UUID(place_id(ref)).bytes
        for ref in fresh:
            yield ref


async def delete_missing(store: Store, listing: Listing, *, run: str, most_share: float, force: bool) -> int:
    """Marks the places below the root that the listing did not find, with all inside them; returns how many files.

    Raises DeletionRefusedError, with nothing marked, where that is more than `most_share` of them, unless forced.
    """
    if listing.ids is None:
        raise ValueError(f"{listing.root} was listed without keeping what is there")
    known = np.sort(_as_ids(listing.ids))
    gone = total = 0
    async for page in _top_level(store, listing, fields=["parent"]):
        total += len(page)
        gone += len(_missing(page, known))
    if not force and (gone > max(_FEW, most_share * total) or (gone and not listing.documents)):
        raise DeletionRefusedError(
            f"{gone} of {total} documents below {listing.root} are gone: is it mounted, and the right place? "
            "Nothing was deleted; add --force if it is meant (setting ingest.max_deleted_share)"
        )
    async for page in _top_level(store, listing):
        await mark_deleted(store, _missing(page, known), run=run)
    return gone


async def blocks(
    refs: AsyncIterator[FileRef], settings: IngestSettings, *, embed: bool
) -> AsyncIterator[list[FileRef]]:
    """Cuts a stream of files into blocks by number and size; a block holds at least one file."""
    block: list[FileRef] = []
    size = 0
    largest = settings.block_documents * (1 if embed else _LIGHTER)
    most = _FIRST_BLOCK
    async for ref in refs:
        if block and (len(block) >= most or size + ref.size > settings.block_mb << 20):
            yield block
            most = min(2 * most, largest)
            block, size = [], 0
        block.append(ref)
        size += ref.size
    if block:
        yield block


async def _top_level(
    store: Store, listing: Listing, *, fields: Sequence[str] | None = None
) -> AsyncIterator[list[Found]]:
    """What lies inside a document goes with it, and is not listed by the source."""
    places = documents_below(store, tenant=listing.tenant, source=listing.source, root=listing.root, fields=fields)
    async for page in places:
        yield [place for place in page if "parent" not in place.payload]


def _missing(places: list[Found], known: NDArray[np.bytes_]) -> list[Found]:
    there = np.isin(_as_ids(b"".join(uuid.UUID(place.id).bytes for place in places)), known)
    return [place for place, found in zip(places, there, strict=True) if not found]


def _as_ids(packed: bytes | bytearray) -> NDArray[np.bytes_]:
    return np.frombuffer(bytes(packed), dtype="S16")


def _found(listing: Listing) -> Iterator[FileRef]:
    return sources.list_files(listing.root, listing.source, listing.tenant, listing.selection, listing.settings)


def _pages(refs: Iterable[FileRef]) -> Iterator[list[FileRef]]:
    remaining = iter(refs)
    while page := list(islice(remaining, _PAGE)):
        yield page
