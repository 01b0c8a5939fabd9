"""The one process that has an embedded index open, as a detached Ray actor, and how others find it.

An address file in the index's directory names the Ray cluster that the owner lives in. It is a hint: the
lock on the directory tells whether anybody has it open at all.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from ray_app.errors import IndexLockedError, RayAppError, StoreError, StoreTimeoutError, StoreUnavailableError
from ray_app.settings import StoreSettings
from ray_app.store.edge import LOCK, EdgeStore
from ray_app.store.protocol import Filter, Found, Order, Point, Query, Store, Vector

P = ParamSpec("P")
T = TypeVar("T")
# A handle of the actor: Ray does not type the calls that go through it.
Handle = Any

NAMESPACE = "ray-app"
_FILE = "owner.json"
_AUTH_MODE = "RAY_AUTH_MODE"
# What an owner asks of Ray: little, so that an ingest beside a running server finds room.
_CPUS = 0.1


class Address(BaseModel):
    """Where the owner lives: the Ray cluster with its way of authentication, and the process that started it."""

    ray: str
    auth_mode: str
    pid: int
    command: str


class Owner:
    """The actor's class. Ray starts it again after a crash; every call may then be repeated."""

    def __init__(self, directory: Path, settings: StoreSettings) -> None:
        self._directory = directory
        self._settings = settings
        self._opening = asyncio.Lock()
        self._store: EdgeStore | None = None

    async def call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """A method of the store."""
        return await getattr(await self._opened(), method)(*args, **kwargs)

    async def close(self) -> None:
        """Lets go of the directory; the next call would open it again."""
        async with self._opening:
            if self._store:
                await self._store.close()
                self._store = None

    async def _opened(self) -> EdgeStore:
        async with self._opening:
            if self._store is None:
                self._store = await EdgeStore.open(self._directory, self._settings)
            return self._store


class OwnedStore:
    """A Store whose every method is one call of the owner, awaited for `wait_s` seconds at most (None: for ever)."""

    def __init__(self, owner: Handle, wait_s: float | None = None) -> None:
        self._owner = owner
        self._wait_s = wait_s

    async def _call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        from ray.exceptions import ActorUnavailableError, RayActorError, RayTaskError

        try:
            async with asyncio.timeout(self._wait_s):
                return await self._owner.call.remote(method, *args, **kwargs)
        except TimeoutError as error:
            raise StoreTimeoutError(
                "the process that owns the index did not answer in time (setting store.timeout_s)"
            ) from error
        except RayTaskError as error:
            if isinstance(error.cause, RayAppError):
                raise error.cause from None
            raise
        except ActorUnavailableError as error:
            raise StoreUnavailableError("the process that owns the index does not answer just now") from error
        except RayActorError as error:
            raise StoreError("the process that owns the index is gone; start ray-app serve again") from error

    async def ensure(self, *, fingerprint: str, dimension: int) -> None:
        await self._call("ensure", fingerprint=fingerprint, dimension=dimension)

    async def layout(self) -> dict[str, str]:
        return await self._call("layout")

    async def fingerprint(self) -> str | None:
        return await self._call("fingerprint")

    async def upsert(self, collection: str, points: Sequence[Point]) -> None:
        await self._call("upsert", collection, points)

    async def set_payload(
        self, collection: str, ids: Sequence[str], payload: Mapping[str, Any], *, where: Filter = Filter()
    ) -> None:
        await self._call("set_payload", collection, ids, payload, where=where)

    async def set_dense(self, collection: str, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        await self._call("set_dense", collection, ids, vectors)

    async def delete(self, collection: str, ids: Sequence[str], *, where: Filter = Filter()) -> None:
        await self._call("delete", collection, ids, where=where)

    async def retrieve(
        self, collection: str, ids: Sequence[str], *, fields: Sequence[str] | None = None
    ) -> list[Found]:
        return await self._call("retrieve", collection, ids, fields=fields)

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
        return await self._call(
            "scroll", collection, filter=filter, limit=limit, offset=offset, order=order, fields=fields
        )

    async def query(self, collection: str, query: Query, *, fields: Sequence[str] | None = None) -> list[Found]:
        return await self._call("query", collection, query, fields=fields)

    async def vectors(self, collection: str, ids: Sequence[str]) -> dict[str, Vector]:
        return await self._call("vectors", collection, ids)

    async def count(self, collection: str, filter: Filter = Filter()) -> int:
        return await self._call("count", collection, filter)

    async def facet(
        self, collection: str, field: str, *, filter: Filter = Filter(), limit: int = 20
    ) -> list[tuple[str, int]]:
        return await self._call("facet", collection, field, filter=filter, limit=limit)

    async def build_graph(self, *, force: bool = False) -> bool:
        return await self._call("build_graph", force=force)

    async def run(
        self, function: Callable[Concatenate[Store, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._call("run", function, *args, **kwargs)

    async def close(self) -> None:
        """The owner stays: others use it."""


def start_owner(directory: Path, settings: StoreSettings) -> Handle:
    """The owner of a directory in the Ray cluster of this process, started on this node if there is none.

    Raises IndexLockedError where somebody outside this cluster has the directory open.
    """
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    context = ray.get_runtime_context()
    owner: Handle = (
        ray.remote(Owner)
        .options(
            name=_name(directory),
            namespace=NAMESPACE,
            get_if_exists=True,
            lifetime="detached",
            max_restarts=-1,
            max_task_retries=-1,
            num_cpus=_CPUS,
            max_concurrency=64,
            scheduling_strategy=NodeAffinitySchedulingStrategy(context.get_node_id(), soft=False),
        )
        .remote(directory, settings)
    )
    try:
        ray.get(owner.call.remote("fingerprint"))
    except ray.exceptions.RayTaskError as error:
        holder = read_address(directory)
        ray.kill(owner)
        if isinstance(error.cause, IndexLockedError):
            raise locked(directory, holder) from error
        raise error.cause if isinstance(error.cause, RayAppError) else error from None
    known = read_address(directory)
    if known and known.ray == context.gcs_address:
        return owner
    _write_address(
        directory,
        Address(
            ray=context.gcs_address,
            auth_mode=os.environ.get(_AUTH_MODE, "disabled"),
            pid=os.getpid(),
            command=_command(),
        ),
    )
    return owner


def stop_owner(directory: Path) -> None:
    """Closes the directory and ends the owner, if this cluster has one."""
    import ray

    try:
        owner: Handle = ray.get_actor(_name(directory), NAMESPACE)
    except ValueError:
        return
    ray.get(owner.close.remote())
    ray.kill(owner)
    (directory / _FILE).unlink(missing_ok=True)


def find_owner(directory: Path, wait_s: float | None = None) -> OwnedStore | None:
    """The owner in the Ray cluster that this process has joined, None where there is none."""
    import ray

    try:
        return OwnedStore(ray.get_actor(_name(directory), NAMESPACE), wait_s)
    except ValueError:
        return None


def use_authentication(directory: Path) -> None:
    """Makes this process authenticate as the directory's owner does; Ray reads it when it is first imported.

    A process that starts a cluster turns authentication on by itself, one that joins it by address does not.
    """
    address = read_address(directory)
    if address:
        os.environ.setdefault(_AUTH_MODE, address.auth_mode)


def join(directory: Path, address: Address) -> OwnedStore | None:
    """Joins the Ray cluster that the address names and finds the owner there; None where that fails."""
    use_authentication(directory)
    import ray

    if ray.is_initialized():
        return None  # of another cluster
    try:
        ray.init(address.ray, namespace=NAMESPACE, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError):
        return None
    return find_owner(directory)


def read_address(directory: Path) -> Address | None:
    """Who wrote last that it owns the directory; None where nobody did."""
    try:
        return Address.model_validate_json((directory / _FILE).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def is_held(directory: Path) -> bool:
    """Whether some process has the directory open."""
    lock = FileLock(directory / LOCK)
    try:
        with lock.acquire(blocking=False):
            return False
    except Timeout:
        return True
    except FileNotFoundError:
        return False


def locked(directory: Path, holder: Address | None) -> IndexLockedError:
    """Names who holds the directory."""
    who = f"process {holder.pid} ({holder.command})" if holder else "another process"
    return IndexLockedError(
        f"the index in {directory} is in use by {who}; wait for it, end it, or use another RAY_APP_DATA_DIR"
    )


def _write_address(directory: Path, address: Address) -> None:
    draft = directory / f"{_FILE}.new"
    draft.write_text(address.model_dump_json(), encoding="utf-8")
    draft.replace(directory / _FILE)


def _name(directory: Path) -> str:
    return f"index-{hashlib.sha256(str(directory).encode()).hexdigest()[:16]}"


def _command() -> str:
    return " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])
