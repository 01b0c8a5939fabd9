"""What a caller may see of an index. All that answers a caller reads through here, so that no answer can forget it.

Access groups belong to sources. They become the sources that a caller may see at each question, not before: who is
taken out of a group sees nothing of it from then on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Concatenate, ParamSpec, TypeVar

from ray_app.store.collections import CHUNKS, CONTENTS, DOCUMENTS
from ray_app.store.named_sources import visible_sources
from ray_app.store.protocol import AnyOf, Condition, Filter, Found, HasId, Order, Query, Reader, Vector

P = ParamSpec("P")
T = TypeVar("T")

# The field that says where a point of a collection comes from.
_SOURCE_OF = {DOCUMENTS: "source", CONTENTS: "sources", CHUNKS: "sources"}


@dataclass(frozen=True, slots=True)
class Scope:
    """One tenant, and of it the sources that a member of these groups may see; None sees all of the tenant's."""

    tenant: str
    groups: tuple[str, ...] | None = None


class ScopedReader:
    """A Reader that shows a scope's points alone, and of them nothing that tells of hidden sources.

    Not for the registry: its records have rules of their own. Raises ValueError where it is asked for. Make one for
    each request: it asks once which sources its scope has.
    """

    def __init__(self, store: Reader, scope: Scope) -> None:
        self._store = store
        self._visible: tuple[list[str] | None] | None = None
        self.scope = scope

    async def fingerprint(self) -> str | None:
        return await self._store.fingerprint()

    async def retrieve(
        self, collection: str, ids: Sequence[str], *, fields: Sequence[str] | None = None
    ) -> list[Found]:
        if not ids:
            return []
        return (await self.scroll(collection, filter=Filter([HasId(ids)]), limit=len(ids), fields=fields))[0]

    async def scroll(
        self,
        collection: str,
        *,
        filter: Filter = Filter(),
        limit: int = 100,
        offset: str | None = None,
        order: Order | None = None,
        fields: Sequence[str] | None = None,
    ) -> tuple[list[Found], str | None]:
        visible = await self.visible()
        found, following = await self._store.scroll(
            collection, filter=self._within(collection, filter, visible), limit=limit, offset=offset, order=order,
            fields=fields,
        )  # fmt: skip
        return _masked(found, visible), following

    async def query(self, collection: str, query: Query, *, fields: Sequence[str] | None = None) -> list[Found]:
        visible = await self.visible()
        query = replace(query, filter=self._within(collection, query.filter, visible))
        return _masked(await self._store.query(collection, query, fields=fields), visible)

    async def vectors(self, collection: str, ids: Sequence[str]) -> dict[str, Vector]:
        shown = await self.retrieve(collection, ids, fields=[])
        return await self._store.vectors(collection, [one.id for one in shown])

    async def count(self, collection: str, filter: Filter = Filter()) -> int:
        return await self._store.count(collection, self._within(collection, filter, await self.visible()))

    async def facet(
        self, collection: str, field: str, *, filter: Filter = Filter(), limit: int = 20
    ) -> list[tuple[str, int]]:
        """A content has its folders from all its places: where some are hidden, they are not counted."""
        visible = await self.visible()
        if visible is not None and collection != DOCUMENTS and field == "folders":
            return []
        within = self._within(collection, filter, visible)
        counted = await self._store.facet(collection, field, filter=within, limit=limit)
        if visible is None or field != _SOURCE_OF[collection]:
            return counted
        return [(value, count) for value, count in counted if value in visible]

    async def run(
        self, function: Callable[Concatenate[ScopedReader, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._store.run(_scoped, self.scope, function, args, kwargs)

    async def visible(self) -> list[str] | None:
        """The names of the sources in the scope; None where none of the tenant's is hidden."""
        if self.scope.groups is None:
            return None
        if self._visible is None:
            self._visible = (await self._store.run(visible_sources, self.scope.tenant, self.scope.groups),)
        return self._visible[0]

    def _within(self, collection: str, filter: Filter, visible: list[str] | None) -> Filter:
        if collection not in _SOURCE_OF:
            raise ValueError(f"{collection} has no sources to choose by")
        conditions: list[Condition] = [AnyOf("tenant", [self.scope.tenant])]
        if visible is not None:
            conditions.append(AnyOf(_SOURCE_OF[collection], visible))
        return filter.and_(*conditions)


async def _scoped(
    store: Reader, scope: Scope, function: Callable[..., Awaitable[T]], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> T:
    return await function(ScopedReader(store, scope), *args, **kwargs)


def _masked(found: list[Found], visible: list[str] | None) -> list[Found]:
    """Without the names of hidden sources, and without folders where they may be of such."""
    if visible is None:
        return found
    return [replace(one, payload=_without_hidden(one.payload, set(visible))) for one in found]


def _without_hidden(payload: dict[str, object], visible: set[str]) -> dict[str, object]:
    sources = payload.get("sources")
    if not isinstance(sources, list):
        return payload
    shown = {name: value for name, value in payload.items() if name != "folders"}
    return {**shown, "sources": [source for source in sources if source in visible]}
