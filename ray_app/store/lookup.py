"""What the index knows of files before they are read, and of contents before they are parsed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence

from ray_app.records import FileRef, content_id
from ray_app.store.collections import CONTENTS, DOCUMENTS
from ray_app.store.paging import scroll_all
from ray_app.store.points import place_id
from ray_app.store.protocol import AnyOf, Filter, Found, Reader, Store

_PAGE = 1000


async def changed(store: Store, refs: Sequence[FileRef], *, pipeline: str) -> list[FileRef]:
    """Those of the files that this version of the pipeline has not seen as they are now."""
    known = {
        point.id: (point.payload.get("version"), point.payload.get("pipeline"))
        for point in await store.retrieve(DOCUMENTS, [place_id(ref) for ref in refs], fields=["version", "pipeline"])
    }
    return [ref for ref in refs if known.get(place_id(ref)) != (ref.version, pipeline)]


async def known_contents(store: Store, hashes: Collection[tuple[str, str]], *, pipeline: str) -> set[tuple[str, str]]:
    """Those of the pairs of tenant and SHA-256 whose content this version of the pipeline has indexed.

    Contents with files inside are left out: another place of theirs gives those files other places too, so
    that they must be opened again. So are those that the model could not take: another try may do.
    """
    ids = {content_id(tenant, sha256): (tenant, sha256) for tenant, sha256 in hashes}
    found = await store.retrieve(CONTENTS, sorted(ids), fields=["pipeline", "children", "incomplete"])
    return {
        ids[point.id]
        for point in found
        if point.payload.get("pipeline") == pipeline
        and not point.payload.get("children")
        and not point.payload.get("incomplete")
    }


async def documents_below(
    store: Store, *, tenant: str, source: str, root: str, fields: Sequence[str] | None = None
) -> AsyncIterator[list[Found]]:
    """All places of a source at or below a URI, page by page."""
    below = Filter([AnyOf("tenant", [tenant]), AnyOf("source", [source]), AnyOf("ancestors", [root])])
    offset = None
    while True:
        page, offset = await store.scroll(DOCUMENTS, filter=below, limit=_PAGE, offset=offset, fields=fields)
        yield page
        if offset is None:
            return


async def places_of(store: Reader, contents: Collection[str], *, fields: Sequence[str] | None = None) -> list[Found]:
    """All places of these contents (ids), however many copies one has."""
    which = Filter([AnyOf("content", sorted(contents))])
    return await scroll_all(store, DOCUMENTS, which, fields=fields) if contents else []
