"""A Qdrant server or cluster through qdrant-client; also the client's own local mode, for tests."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

import httpx
import numpy as np
from numpy.typing import NDArray
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException

from ray_app.errors import IndexNotReadyError, StoreError, StoreTimeoutError, StoreUnavailableError
from ray_app.settings import StoreSettings
from ray_app.store import server_types as to_server
from ray_app.store.collections import CHUNKS, COLLECTIONS, DENSE, Collection
from ray_app.store.protocol import Filter, Found, Order, Point, Query, Store, Vector

P = ParamSpec("P")
T = TypeVar("T")

# Points in one request: well below the server's default limit of 32 MB.
_SLICE = 256


class ServerStore:
    """A Store on a server. Collections are named `<prefix>_<name>`; behind the passages' name stands an
    alias to a collection that is named by the embedding model's fingerprint.
    """

    def __init__(self, client: AsyncQdrantClient, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    @classmethod
    def connect(cls, settings: StoreSettings) -> ServerStore:
        """A store on the server named in the settings; nothing is sent yet."""
        key = settings.api_key.get_secret_value() if settings.api_key else None
        # Each task that writes opens one: no thread and request for each to compare versions.
        client = AsyncQdrantClient(
            url=settings.url, api_key=key, timeout=math.ceil(settings.timeout_s), check_compatibility=False
        )
        return cls(client, settings.prefix)

    async def ensure(self, *, fingerprint: str, dimension: int) -> None:
        async with _translated():
            present = await self.fingerprint()
            if present not in (None, fingerprint):
                raise StoreError(
                    f"the collections {self._prefix}_* were built with another embedding model than the configured "
                    "one; use that model, or another prefix (setting store.prefix)"
                )
            for name, collection in COLLECTIONS.items():
                concrete = f"{self._name(name)}_{fingerprint}" if collection.has_vectors else self._name(name)
                await self._ensure(concrete, collection, dimension)
            if present is None:
                await self._point_alias(fingerprint)

    async def layout(self) -> dict[str, str]:
        leads_to = await self._aliases()
        if self._name(CHUNKS) not in leads_to:
            return {}
        return {name: leads_to.get(self._name(name), self._name(name)) for name in COLLECTIONS}

    async def fingerprint(self) -> str | None:
        name = self._name(CHUNKS)
        concrete = (await self._aliases()).get(name)
        return concrete.removeprefix(f"{name}_") if concrete else None

    async def upsert(self, collection: str, points: Sequence[Point]) -> None:
        async with _translated():
            for start in range(0, len(points), _SLICE):
                piece = [to_server.point(point) for point in points[start : start + _SLICE]]
                await self._client.upsert(self._name(collection), piece, wait=True)

    async def set_payload(
        self, collection: str, ids: Sequence[str], payload: Mapping[str, Any], *, where: Filter = Filter()
    ) -> None:
        if ids:
            async with _translated():
                which = to_server.with_ids(ids, where)  # named by their ids alone, an unknown one would be an error
                await self._client.set_payload(self._name(collection), dict(payload), points=which, wait=True)

    async def set_dense(self, collection: str, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        there = {found.id for found in await self.retrieve(collection, ids, fields=[])}  # unknown ones are errors
        known = [(one, vector) for one, vector in zip(ids, vectors, strict=True) if one in there]
        async with _translated():
            for start in range(0, len(known), _SLICE):
                piece = [to_server.dense(one, vector) for one, vector in known[start : start + _SLICE]]
                await self._client.update_vectors(self._name(collection), piece, wait=True)

    async def delete(self, collection: str, ids: Sequence[str], *, where: Filter = Filter()) -> None:
        if ids:
            async with _translated():
                which = to_server.with_ids(ids, where)
                await self._client.delete(self._name(collection), points_selector=which, wait=True)

    async def retrieve(
        self, collection: str, ids: Sequence[str], *, fields: Sequence[str] | None = None
    ) -> list[Found]:
        async with _translated():
            records = await self._client.retrieve(
                self._name(collection), list(ids), with_payload=to_server.payload(fields), with_vectors=False
            )
        return [to_server.found(record) for record in records]

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
        async with _translated():
            records, following = await self._client.scroll(
                self._name(collection),
                scroll_filter=to_server.server_filter(filter),
                limit=limit,
                offset=offset,
                order_by=to_server.order_by(order) if order else None,
                with_payload=to_server.payload(fields),
                with_vectors=False,
            )
        return [to_server.found(record) for record in records], str(following) if following and not order else None

    async def query(self, collection: str, query: Query, *, fields: Sequence[str] | None = None) -> list[Found]:
        async with _translated():
            answer = await self._client.query_points(
                self._name(collection),
                with_payload=to_server.payload(fields),
                **to_server.query_arguments(query),
            )
        return [to_server.found(record) for record in answer.points]

    async def vectors(self, collection: str, ids: Sequence[str]) -> dict[str, Vector]:
        async with _translated():
            records = await self._client.retrieve(
                self._name(collection), list(ids), with_payload=False, with_vectors=[DENSE]
            )
        vectors = {str(record.id): to_server.vector(record) for record in records}
        return {one: vector for one, vector in vectors.items() if vector is not None}

    async def count(self, collection: str, filter: Filter = Filter()) -> int:
        async with _translated():
            answer = await self._client.count(
                self._name(collection), count_filter=to_server.server_filter(filter), exact=True
            )
        return answer.count

    async def facet(
        self, collection: str, field: str, *, filter: Filter = Filter(), limit: int = 20
    ) -> list[tuple[str, int]]:
        async with _translated():
            answer = await self._client.facet(
                self._name(collection),
                field,
                facet_filter=to_server.server_filter(filter),
                limit=limit,
                exact=True,
            )
        return [(str(hit.value), hit.count) for hit in answer.hits]

    async def build_graph(self, *, force: bool = False) -> bool:
        return False  # the server's own optimizer does it

    async def run(
        self, function: Callable[Concatenate[Store, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await function(self, *args, **kwargs)

    async def close(self) -> None:
        await self._client.close()

    async def _aliases(self) -> dict[str, str]:
        async with _translated():
            aliases = (await self._client.get_aliases()).aliases
        return {alias.alias_name: alias.collection_name for alias in aliases}

    def _name(self, collection: str) -> str:
        return f"{self._prefix}_{collection}"

    async def _ensure(self, name: str, collection: Collection, dimension: int) -> None:
        if not await self._client.collection_exists(name):
            await self._client.create_collection(name, **to_server.collection_arguments(collection, dimension))
        known = (await self._client.get_collection(name)).payload_schema
        for field, kind in collection.fields.items():
            if field not in known:
                await self._client.create_payload_index(name, field, to_server.field_index(kind), wait=True)

    async def _point_alias(self, fingerprint: str) -> None:
        name = self._name(CHUNKS)
        create = models.CreateAlias(collection_name=f"{name}_{fingerprint}", alias_name=name)
        await self._client.update_collection_aliases([models.CreateAliasOperation(create_alias=create)])


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    """The client's exceptions as ours."""
    try:
        yield
    except (ApiException, ResourceExhaustedResponse, httpx.HTTPError) as error:
        if getattr(error, "status_code", None) == 404:
            raise IndexNotReadyError("the Qdrant server holds no index yet: ingest a folder first") from error
        if _is_late(error):
            raise StoreTimeoutError("the Qdrant server did not answer in time (setting store.timeout_s)") from error
        message = f"the Qdrant server does not answer as it should: {str(error).strip()[:300]}"
        raise (StoreUnavailableError if _is_passing(error) else StoreError)(message) from error
    except ValueError as error:  # local mode's word for an unknown collection
        raise IndexNotReadyError(f"there is no index yet: ingest a folder first ({error})") from error


def _is_late(error: Exception) -> bool:
    cause = error.source if isinstance(error, ResponseHandlingException) else error
    return isinstance(cause, httpx.TimeoutException)


def _is_passing(error: Exception) -> bool:
    """No answer at all, or one that speaks of the server's state and not of the request."""
    status = getattr(error, "status_code", None)
    return status is None or status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR
