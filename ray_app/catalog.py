"""Sources on record as people keep them: checked before they are written, removed with their documents."""

from __future__ import annotations

from ray_app import sources
from ray_app.errors import NotFoundError, RefusedError
from ray_app.settings import Settings
from ray_app.sources.originals import eraser
from ray_app.sources.selection import predicate
from ray_app.store.named_sources import NamedSource, documents_of, get_source, remove_source, save_source
from ray_app.store.protocol import Store
from ray_app.store.removal import mark_deleted
from ray_app.store.sweep import sweep


def checked(source: NamedSource, settings: Settings) -> NamedSource:
    """The source with the absolute URI of its place.

    Raises SourceError where there is no such place, ConfigurationError where a pattern is wrong. It may ask the place.
    """
    predicate(source.selection)
    return source.model_copy(update={"uri": sources.root_of(source.uri, settings.sources)})


async def record(store: Store, source: NamedSource) -> NamedSource:
    """Puts a checked source on record, or replaces what is wanted of it.

    Raises RefusedError where the name stands for another place: its documents would count as gone.
    """
    try:
        old = await get_source(store, source.tenant, source.name)
    except NotFoundError:
        return await save_source(store, source)
    if old.uri != source.uri:
        raise RefusedError("conflict", f"{source.name} is {old.uri}: remove it first, or choose another name")
    return await save_source(store, source)


async def remove(store: Store, settings: Settings, name: str) -> int:
    """Removes a source with its documents; returns how many.

    The documents go first: without the record nothing would say who may see them.
    """
    tenant, count = settings.tenant, 0
    async for page in documents_of(store, tenant, name):
        count += await mark_deleted(store, page, run="")
    await store.run(sweep, tenant, erase=eraser(settings))
    await remove_source(store, tenant, name)
    return count
