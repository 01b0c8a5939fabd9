"""Keeps the sources of a run to itself while it lives."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from ray_app.errors import SourceBusyError, StoreError
from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.leases import Lease, acquire, release, renew, this_process

# Renewals within the time after which a lease is taken for dead.
_SIGNS_OF_LIFE = 3


class Hold:
    """Whether the run still has its sources; set by the thread that renews the leases."""

    def __init__(self) -> None:
        self._lost: SourceBusyError | None = None

    def check(self) -> None:
        """Raises SourceBusyError where another run took this one for dead, and went on in its place."""
        if self._lost:
            raise self._lost

    def lose(self, reason: SourceBusyError) -> None:
        self._lost = reason


@contextmanager
def sources_held(settings: Settings, sources: Collection[str], *, run: str) -> Iterator[Hold]:
    """While the block runs, no other run may begin over these sources.

    Raises SourceBusyError where one is at work on them.
    """
    leases = [
        Lease(tenant=settings.tenant, source=source, run=run, holder=this_process()) for source in sorted(set(sources))
    ]
    asyncio.run(_acquire(settings, leases))
    hold, stop = Hold(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_renew(settings, leases, hold, stop)), daemon=True)
    thread.start()
    try:
        yield hold
    finally:
        stop.set()
        thread.join(timeout=settings.ingest.lease_s)


async def _acquire(settings: Settings, leases: list[Lease]) -> None:
    store = await open_store(settings)
    try:
        await acquire(store, leases, lease_s=settings.ingest.lease_s)
    finally:
        await store.close()


async def _renew(settings: Settings, leases: list[Lease], hold: Hold, stop: threading.Event) -> None:
    """Renews until told to stop, then gives the leases back."""
    store = await open_store(settings)
    renewals = 0
    try:
        while not await asyncio.to_thread(stop.wait, settings.ingest.lease_s / _SIGNS_OF_LIFE):
            renewals += 1
            try:
                await renew(store, leases, renewals)
            except SourceBusyError as error:
                return hold.lose(error)
            except StoreError:  # passing, or the run itself fails of it
                continue
        await release(store, leases)
    finally:
        await store.close()
