"""The embedded engine: Qdrant Edge in this process, one shard for each collection.

Edge holds the interpreter's lock while it writes, flushes and loads, so that writes are cut into pieces
that take milliseconds, and the HNSW graph is built by a child process on a copy (see `graph.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np
import qdrant_edge as edge
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from ray_app.errors import IndexLockedError, IndexNotReadyError, StoreError
from ray_app.settings import StoreSettings
from ray_app.store import edge_types as to_edge
from ray_app.store.collections import CHUNKS, COLLECTIONS, DENSE
from ray_app.store.graph import build_in_child, copy_shard
from ray_app.store.pointer import Pointer, read_pointer, write_pointer
from ray_app.store.protocol import Filter, Found, Order, Point, Query, Store, Vector

P = ParamSpec("P")
T = TypeVar("T")

# Points in one write: about 10 ms, in which no other thread runs.
_SLICE = 256
# Points after which a shard is flushed: little is then left to replay after a crash.
_FLUSH_EVERY = 2048
LOCK = "lock"


class _Shard:
    """An open shard: who reads it, who writes it, and which ids changed since a copy was taken."""

    def __init__(self, folder: Path, shard: edge.EdgeShard) -> None:
        self.folder = folder
        self.shard = shard
        self.write_lock = asyncio.Lock()
        self.readers = 0
        self.idle = asyncio.Event()
        self.unflushed = 0
        self.changed: set[str] | None = None


class EdgeStore:
    """A Store over one directory, which it alone may open: a file lock says so to other processes."""

    def __init__(self, directory: Path, settings: StoreSettings) -> None:
        self._directory = directory
        self._settings = settings
        self._lock = FileLock(directory / LOCK, thread_local=False)
        self._pointer: Pointer | None = None
        self._shards: dict[str, _Shard] = {}
        self._building = asyncio.Lock()

    @classmethod
    async def open(cls, directory: Path, settings: StoreSettings) -> EdgeStore:
        """Opens what is there. Raises IndexLockedError where another process holds the directory."""
        directory.mkdir(parents=True, exist_ok=True)
        store = cls(directory, settings)
        try:
            await asyncio.to_thread(store._lock.acquire, timeout=settings.lock_wait_s, poll_interval=0.1)
        except Timeout as error:
            raise IndexLockedError(f"{directory} is in use by another process") from error
        try:
            store._pointer = read_pointer(directory)
            if store._pointer:
                store._clean(store._pointer)
                store._shards = {name: _load(directory / folder) for name, folder in store._pointer.folders.items()}
        except BaseException:
            store._lock.release()
            raise
        return store

    async def ensure(self, *, fingerprint: str, dimension: int) -> None:
        if self._pointer and self._pointer.fingerprint != fingerprint:
            raise StoreError(
                f"{self._directory} was built with another embedding model than the configured one; "
                "use that model, or another RAY_APP_DATA_DIR"
            )
        folders = dict(self._pointer.folders) if self._pointer else {}
        for name, collection in COLLECTIONS.items():
            if name not in folders:
                folders[name] = f"{name}-{fingerprint}-1" if collection.has_vectors else f"{name}-1"
                folder = self._directory / folders[name]
                shutil.rmtree(folder, ignore_errors=True)  # of an attempt that a crash ended
                config = to_edge.shard_config(collection, dimension)
                self._shards[name] = _Shard(folder, edge.EdgeShard.create(str(folder), config))
            known = self._shards[name].shard.info().payload_schema
            for field, kind in collection.fields.items():
                if field not in known:
                    self._shards[name].shard.update(to_edge.field_index(field, kind))
        self._pointer = Pointer(fingerprint=fingerprint, dimension=dimension, folders=folders)
        write_pointer(self._directory, self._pointer)

    async def layout(self) -> dict[str, str]:
        return dict(self._pointer.folders) if self._pointer else {}

    async def fingerprint(self) -> str | None:
        return self._pointer.fingerprint if self._pointer else None

    async def upsert(self, collection: str, points: Sequence[Point]) -> None:
        for piece in _slices(points):
            await self._write(collection, [point.id for point in piece], to_edge.upsert(piece))

    async def set_payload(
        self, collection: str, ids: Sequence[str], payload: Mapping[str, Any], *, where: Filter = Filter()
    ) -> None:
        for piece in _slices(ids):
            operation = to_edge.set_payload(piece, payload, where)
            await self._write(collection, piece, operation)

    async def set_dense(self, collection: str, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        for start in range(0, len(ids), _SLICE):
            piece = ids[start : start + _SLICE]
            there = {found.id for found in await self.retrieve(collection, piece, fields=[])}  # Edge creates others
            operation = to_edge.set_dense(
                {one: vector for one, vector in zip(piece, vectors[start:], strict=False) if one in there}
            )
            await self._write(collection, piece, operation)

    async def delete(self, collection: str, ids: Sequence[str], *, where: Filter = Filter()) -> None:
        for piece in _slices(ids):
            await self._write(collection, piece, to_edge.delete(piece, where))

    async def retrieve(
        self, collection: str, ids: Sequence[str], *, fields: Sequence[str] | None = None
    ) -> list[Found]:
        wanted: list[edge.PointId] = list(ids)
        payload = _payload(fields)
        records = await self._read(collection, lambda shard: shard.retrieve(wanted, payload, False))
        return [to_edge.found(record) for record in records]

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
        direction = edge.Direction.Desc if order and order.descending else edge.Direction.Asc
        request = edge.ScrollRequest(
            offset=offset,
            limit=limit,
            filter=to_edge.edge_filter(filter),
            with_payload=_payload(fields),
            with_vector=False,
            order_by=edge.OrderBy(order.field, direction) if order else None,
        )
        records, following = await self._read(collection, lambda shard: shard.scroll(request))
        return [to_edge.found(record) for record in records], str(following) if following and not order else None

    async def query(self, collection: str, query: Query, *, fields: Sequence[str] | None = None) -> list[Found]:
        request = edge.QueryBatchRequest([to_edge.query_request(query, fields)])
        answers = await self._read(collection, lambda shard: shard.query_batch(request))
        return [to_edge.found(record) for record in answers[0]]

    async def vectors(self, collection: str, ids: Sequence[str]) -> dict[str, Vector]:
        wanted: list[edge.PointId] = list(ids)
        records = await self._read(collection, lambda shard: shard.retrieve(wanted, False, [DENSE]))
        vectors = {str(record.id): to_edge.vector(record) for record in records}
        return {one: vector for one, vector in vectors.items() if vector is not None}

    async def count(self, collection: str, filter: Filter = Filter()) -> int:
        request = edge.CountRequest(exact=True, filter=to_edge.edge_filter(filter))
        return await self._read(collection, lambda shard: shard.count(request))

    async def facet(
        self, collection: str, field: str, *, filter: Filter = Filter(), limit: int = 20
    ) -> list[tuple[str, int]]:
        request = edge.FacetRequest(field, limit=limit, exact=True, filter=to_edge.edge_filter(filter))
        response = await self._read(collection, lambda shard: shard.facet(request))
        return [(str(hit.value), hit.count) for hit in response]

    async def build_graph(self, *, force: bool = False) -> bool:
        async with self._building:
            old = self._open(CHUNKS)
            if not force and _outside_graph(old.shard) < self._settings.graph_threshold:
                return False
            await self._rebuild(old)
            return True

    async def run(
        self, function: Callable[Concatenate[Store, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await function(self, *args, **kwargs)

    async def close(self) -> None:
        shards, self._shards = self._shards, {}
        for one in shards.values():
            async with one.write_lock:
                if one.readers:
                    await one.idle.wait()
                one.shard.flush()
                one.shard.close()
        self._lock.release()

    async def _rebuild(self, old: _Shard) -> None:
        assert self._pointer is not None
        folder = self._directory / _next_name(old.folder.name)
        try:
            async with old.write_lock:  # writers wait for the copy, searches do not
                old.shard.flush()
                await _in_thread(copy_shard, old.folder, folder)
                old.changed = set()
            await build_in_child(folder)
            new = await _in_thread(_load, folder)
            await self._replay(old, new)
            async with old.write_lock:
                await self._replay(old, new)
                folders = {**self._pointer.folders, CHUNKS: folder.name}
                self._pointer = self._pointer.model_copy(update={"folders": folders})
                write_pointer(self._directory, self._pointer)
                self._shards[CHUNKS] = new
        except BaseException:
            old.changed = None
            shutil.rmtree(folder, ignore_errors=True)
            raise
        await _retire(old)

    async def _replay(self, old: _Shard, new: _Shard) -> None:
        """Brings what was written to `old` since the copy into `new`, until nothing is left."""
        while old.changed:
            ids, old.changed = sorted(old.changed), set()
            for piece in _slices(ids):
                records = await _in_thread(old.shard.retrieve, list(piece), True, True)
                gone = set(piece) - {str(record.id) for record in records}
                new.shard.update(to_edge.copy_records(records))
                new.shard.update(edge.UpdateOperation.delete_points(sorted(gone)))
        new.shard.flush()

    async def _write(self, collection: str, ids: Iterable[str], operation: edge.UpdateOperation) -> None:
        while True:
            target = self._open(collection)
            async with target.write_lock:
                if target is not self._shards.get(collection):
                    continue  # a new graph came in while we waited
                try:
                    await _in_thread(_call, partial(target.shard.update, operation))
                finally:  # a caller that was cancelled has written too
                    if target.changed is not None:
                        target.changed.update(ids)
                target.unflushed += _SLICE
                if target.unflushed >= _FLUSH_EVERY:
                    target.unflushed = 0
                    await _in_thread(target.shard.flush)
                return

    async def _read(self, collection: str, ask: Callable[[edge.EdgeShard], T]) -> T:
        async with self._reading(collection) as shard:
            return await _in_thread(_call, lambda: ask(shard))

    @contextlib.asynccontextmanager
    async def _reading(self, collection: str) -> AsyncIterator[edge.EdgeShard]:
        target = self._open(collection)
        target.readers += 1
        target.idle.clear()
        try:
            yield target.shard
        finally:
            target.readers -= 1
            if not target.readers:
                target.idle.set()

    def _open(self, collection: str) -> _Shard:
        if collection not in self._shards:
            raise IndexNotReadyError(f"{self._directory} holds no index yet: ingest a folder first")
        return self._shards[collection]

    def _clean(self, pointer: Pointer) -> None:
        """Removes what a crash in the middle of a rebuild left behind."""
        for path in self._directory.iterdir():
            if path.is_dir() and path.name not in pointer.folders.values():
                shutil.rmtree(path, ignore_errors=True)


async def _in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """As `asyncio.to_thread`, but a caller that is cancelled waits for the thread: it still works on the shard.

    A shard that is at work cannot be closed, and what is written while it is copied may be lost from the copy.
    """
    work = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(work)
    finally:
        while not work.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([work])
        if not work.cancelled():
            work.exception()  # nobody else asks for it where the caller was cancelled


def _load(folder: Path) -> _Shard:
    return _Shard(folder, _call(lambda: edge.EdgeShard.load(str(folder))))


async def _retire(old: _Shard) -> None:
    if old.readers:
        await old.idle.wait()
    old.shard.close()
    shutil.rmtree(old.folder, ignore_errors=True)


def _outside_graph(shard: edge.EdgeShard) -> int:
    """Passages that a search by meaning must scan. Edge counts both vectors, and each sparse one as indexed."""
    info = shard.info()
    dense = shard.count(edge.CountRequest(exact=True, filter=to_edge.with_dense()))
    return max(0, dense + info.points_count - info.indexed_vectors_count)


def _call(ask: Callable[[], T]) -> T:
    """Edge raises bare exceptions only."""
    try:
        return ask()
    except Exception as error:
        raise StoreError(f"the embedded index refused: {error}") from error


def _next_name(name: str) -> str:
    stem, number = name.rsplit("-", 1)
    return f"{stem}-{int(number) + 1}"


def _payload(fields: Sequence[str] | None) -> list[str] | bool:
    return True if fields is None else list(fields)


def _slices(items: Sequence[T]) -> Iterable[Sequence[T]]:
    return (items[start : start + _SLICE] for start in range(0, len(items), _SLICE))
