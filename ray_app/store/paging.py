"""Reads all that passes a filter, however much it is: for where what was left out would be a mistake."""

from __future__ import annotations

from collections.abc import Sequence

from ray_app.store.protocol import Filter, Found, Reader

_PAGE = 256


async def scroll_all(
    store: Reader, collection: str, filter: Filter, *, fields: Sequence[str] | None = None
) -> list[Found]:
    """Every point that passes, by id, read page by page."""
    found: list[Found] = []
    offset = None
    while True:
        page, offset = await store.scroll(collection, filter=filter, limit=_PAGE, offset=offset, fields=fields)
        found += page
        if offset is None:
            return found
