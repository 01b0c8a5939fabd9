"""Which sources a caller may put documents into."""

from __future__ import annotations

from pydantic import ValidationError

from ray_app.errors import NotFoundError, QueryError
from ray_app.store.named_sources import NamedSource, get_source
from ray_app.store.protocol import Store
from ray_app.store.scope import ScopedReader


async def check_writable(store: Store, index: ScopedReader, source: str) -> None:
    """Raises QueryError (`invalid-name`) where it cannot be a source, NotFoundError where it is hidden from the caller.

    A source that is new is open to the tenant, as any without access groups.
    """
    try:
        NamedSource(name=source, tenant=index.scope.tenant, uri="")
    except ValidationError as error:
        raise QueryError(
            "invalid-name", f"{source!r} is no name of a source: letters, digits, . _ and - are"
        ) from error
    visible = await index.visible()
    if visible is None or source in visible:
        return
    try:
        await get_source(store, index.scope.tenant, source)
    except NotFoundError:
        return
    raise NotFoundError(f"no source is named {source}")
