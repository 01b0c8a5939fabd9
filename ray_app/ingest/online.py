"""The online worker: one detached Ray actor for each index, which indexes what is uploaded as it comes.

Whoever puts a document into the queue wakes it; it looks by itself too, so that a call that was lost loses nothing.
After a crash Ray starts it again, and it goes on with what waits.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from typing import Any

from ray_app import __version__
from ray_app.errors import SourceError, StoreError
from ray_app.logs import get_logger, log_to_stderr
from ray_app.settings import Settings
from ray_app.store.owner import NAMESPACE, find_owner
from ray_app.store.protocol import Store

# A handle of the actor: Ray does not type the calls that go through it.
Handle = Any

_log = get_logger(__name__)
# Little, as the index's owner: it mostly waits.
_CPUS = 0.1
_LONGEST_WAIT_S = 60.0
_END_WAIT_S = 20.0
_ANSWER_WAIT_S = 30.0


class Online:
    """The actor's class: its methods answer at once, the work goes on in a thread."""

    def __init__(self, settings: Settings) -> None:
        log_to_stderr(settings.logging, worker=True)
        self._settings = settings
        self._woken = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), name="online", daemon=True).start()

    def wake(self) -> None:
        """There is something in the queue."""
        self._woken.set()

    def setup(self) -> str:
        """Names the version and the settings that it works with."""
        return _setup(self._settings)

    async def _serve(self) -> None:
        """Until the process ends: whatever goes wrong, it waits and tries again."""
        from ray_app.ingest.draining import Drain

        drain: Any = None
        wait_s = 1.0
        while True:
            try:
                drain = drain or await asyncio.to_thread(lambda: Drain(self._settings))
                await self._drain(drain)
                wait_s = 1.0
            except Exception as error:
                _log.warning("the online worker waits", wait_s=wait_s, error=type(error).__name__)
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, _LONGEST_WAIT_S)

    async def _drain(self, drain: Any) -> None:
        """Works until nothing is left, again and again. Raises what an index that is away raises."""
        store = await _reach(self._settings)
        if store is None:  # its owner was ended: nothing can be uploaded either
            await asyncio.to_thread(self._woken.wait, self._settings.uploads.poll_s)
            return
        graph: asyncio.Task[None] | None = None
        await _tidy(drain, store)
        try:
            while True:
                self._woken.clear()
                worked = False
                while await drain.round(store):
                    worked = True
                await drain.follow_watchlists(store)
                if worked and (graph is None or graph.done()):
                    graph = asyncio.create_task(_build_graph(store))  # beside the work: it may take minutes
                await asyncio.to_thread(self._woken.wait, self._settings.uploads.poll_s)
        finally:
            await store.close()


def start_online(settings: Settings) -> Handle:
    """The index's online worker in the Ray cluster of this process, started where there is none.

    One that works with other settings, or another version, is ended and replaced: what it had begun is begun again.
    """
    import ray

    running = _find(settings)
    if running is not None:
        try:
            if ray.get(running.setup.remote(), timeout=_ANSWER_WAIT_S) == _setup(settings):
                return running
        except ray.exceptions.GetTimeoutError:  # it is starting, or waits for a place: what is queued is durable
            return running
        except ray.exceptions.RayActorError:
            pass
        stop_online(settings)
    return (
        ray.remote(Online)
        .options(
            name=_name(settings),
            namespace=NAMESPACE,
            get_if_exists=True,
            lifetime="detached",
            max_restarts=-1,
            num_cpus=_CPUS,
            **_beside_the_index(settings),
        )
        .remote(settings)
    )


def wake_online(settings: Settings) -> None:
    """Tells the worker that something waits. Where that fails it is logged: the worker looks by itself, too."""
    import ray

    try:
        start_online(settings).wake.remote()
    except ray.exceptions.RayError as error:
        _log.warning("the online worker was not woken", error=type(error).__name__)


def stop_online(settings: Settings) -> None:
    """Ends the worker, if this cluster has one. What waits goes on when one is started again."""
    import ray

    deadline = time.monotonic() + _END_WAIT_S
    while (running := _find(settings)) is not None and time.monotonic() < deadline:
        ray.kill(running)
        time.sleep(0.1)  # its name is free when it is gone


def _beside_the_index(settings: Settings) -> dict[str, Any]:
    """Where the index and the copies of originals are folders of this node, the worker must be here too."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    if settings.store.url:
        return {}
    here = ray.get_runtime_context().get_node_id()
    return {"scheduling_strategy": NodeAffinitySchedulingStrategy(here, soft=False)}


async def _tidy(drain: Any, store: Store) -> None:
    try:
        await drain.tidy(store)
    except (SourceError, StoreError) as error:  # what is left over harms nobody until the next start
        _log.warning("left over uploads were not removed", error=type(error).__name__)


async def _build_graph(store: Store) -> None:
    try:
        await store.build_graph()
    except StoreError as error:  # searches go without it, and the next time it is built
        _log.warning("the search graph was not built", error=type(error).__name__)


async def _reach(settings: Settings) -> Store | None:
    """The index: the server's, or through its owner; the worker itself never opens the directory."""
    if settings.store.url:
        from ray_app.store import open_store

        return await open_store(settings)
    return find_owner(settings.index_dir)


def _find(settings: Settings) -> Handle | None:
    import ray

    try:
        return ray.get_actor(_name(settings), NAMESPACE)
    except ValueError:
        return None


def _name(settings: Settings) -> str:
    place = f"{settings.store.url} {settings.store.prefix}" if settings.store.url else str(settings.index_dir)
    return f"online-{hashlib.sha256(place.encode()).hexdigest()[:16]}"


def _setup(settings: Settings) -> str:
    """Servers of several tenants share a worker: it does not depend on what is left out here."""
    relevant = settings.model_dump_json(exclude={"tenant", "serving", "search", "pages", "ray", "logging"})
    return hashlib.sha256(f"{__version__}\n{relevant}".encode()).hexdigest()
