"""Sends events to webhooks and by e-mail: in each replica a task, of which one has the lease and sends for all.

How far each receiver has come stands in the registry, written after it has an event and before it is sent the next:
whoever takes over after a crash sends at most that one again, and leaves none out.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any

import aiohttp
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from ray_app.errors import SourceBusyError, StoreError
from ray_app.logs import get_logger
from ray_app.serving.delivery_receivers import NotDeliveredError, Receiver, open_session, receivers, sends_mail
from ray_app.settings import Settings
from ray_app.store.events import Event, end_of_log, prune_events, read_events
from ray_app.store.leases import Lease, acquire, release, renew, this_process
from ray_app.store.points import now
from ray_app.store.protocol import Store
from ray_app.store.webhooks import Progress, forget_mailing, note_progress

# What the lease is for, in place of a source; no tenant is named so.
_LEASE = "delivery of events"
# Renewals within the time after which a lease is taken for dead.
_SIGNS_OF_LIFE = 3
_PAGE = 50
_PRUNE_EVERY_S = 60.0

_log = get_logger(__name__)


@asynccontextmanager
async def delivering(store: Store, settings: Settings) -> AsyncIterator[None]:
    """While the block runs, this process sends events, or stands by for the one that does."""
    task = asyncio.create_task(_stand_by(store, settings))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _stand_by(store: Store, settings: Settings) -> None:
    while True:
        try:
            await _send_with_lease(store, settings)
        except SourceBusyError:
            pass  # another one sends
        except Exception as error:  # whatever it is, the next try may be better
            _log.warning("sending of events was interrupted", error=type(error).__name__)
        await asyncio.sleep(settings.delivery.lease_s / _SIGNS_OF_LIFE)


async def _send_with_lease(store: Store, settings: Settings) -> None:
    """Raises SourceBusyError where another process sends; else sends until that is so."""
    # Of two that claim it at the same time, the one with the smaller name goes first: the older.
    claim = f"{time.time_ns():020}-{secrets.token_hex(4)}"
    lease = Lease(tenant="", source=_LEASE, run=claim, holder=this_process())
    await acquire(store, [lease], lease_s=settings.delivery.lease_s)
    try:
        async with open_session(settings.delivery) as session, asyncio.TaskGroup() as group:
            group.create_task(_renew(store, lease, settings))
            group.create_task(_send(store, settings, session))
    except* SourceBusyError:
        _log.info("another process sends the events now")
    finally:
        with suppress(StoreError):
            await release(store, [lease])


async def _renew(store: Store, lease: Lease, settings: Settings) -> None:
    """Raises SourceBusyError where another took over."""
    renewals = 0
    while True:
        await asyncio.sleep(settings.delivery.lease_s / _SIGNS_OF_LIFE)
        renewals += 1
        try:
            await renew(store, [lease], renewals)
        except SourceBusyError:
            raise
        except StoreError:  # passing, or the rest fails of it
            continue


async def _send(store: Store, settings: Settings, session: aiohttp.ClientSession) -> None:
    """Gives each receiver that is behind a task of its own: none waits for another."""
    tasks: dict[str, asyncio.Task[None]] = {}
    pruned = -_PRUNE_EVERY_S
    if not sends_mail(settings.smtp):
        await forget_mailing(store)
    async with asyncio.TaskGroup() as group:
        while True:
            end = await end_of_log(store, settle_s=settings.settle_s)
            wanted = {one.point: one for one in await receivers(store, settings, session, end)}
            for point in tasks.keys() - wanted.keys():  # deleted, or disabled
                tasks.pop(point).cancel()
            for point, receiver in wanted.items():
                if receiver.progress.cursor < end and (point not in tasks or tasks[point].done()):
                    tasks[point] = group.create_task(_bring(Courier(store, settings, receiver), end))
            if time.monotonic() - pruned > _PRUNE_EVERY_S:
                pruned = time.monotonic()
                await prune_events(store, keep_days=settings.events.keep_days)
            await asyncio.sleep(settings.events.poll_s)


async def _bring(courier: Courier, end: str) -> None:
    try:
        await courier.bring(end)
    except Exception as error:  # the next look begins anew, where this one stopped
        _log.warning("events could not be sent", error=type(error).__name__)


class Courier:
    """Brings one receiver what it has not got yet."""

    def __init__(self, store: Store, settings: Settings, receiver: Receiver) -> None:
        self._store = store
        self._settings = settings
        self._receiver = receiver
        self._progress: Progress = receiver.progress

    async def bring(self, end: str) -> None:
        """All events up to the end, one after the other; until the receiver is given up."""
        while events := await self._next():
            for event in events:
                if not await self._deliver(event):
                    return
        await self._note(cursor=max(end, self._progress.cursor))  # what lies between is not for this receiver

    async def _next(self) -> list[Event]:
        return await read_events(
            self._store,
            self._receiver.scope,
            after=self._progress.cursor,
            topics=self._receiver.topics,
            limit=_PAGE,
            settle_s=self._settings.settle_s,
        )

    async def _deliver(self, event: Event) -> bool:
        limits = self._settings.delivery
        try:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception(_may_pass),
                wait=wait_random_exponential(multiplier=limits.first_wait_s, max=limits.longest_wait_s),
                stop=self._too_long,
                reraise=True,
            ):
                with attempt:
                    await self._try(event)
        except NotDeliveredError as error:
            _log.warning("a receiver of events was given up", attempt=self._progress.attempts)
            if not await self._receiver.give_up(str(error)):
                return False
        await self._note(cursor=event.id, failing_since=None, attempts=0, last_error="")
        return True

    async def _try(self, event: Event) -> None:
        try:
            await self._receiver.send(event)
        except NotDeliveredError as error:
            since = self._progress.failing_since or now()
            await self._note(failing_since=since, attempts=self._progress.attempts + 1, last_error=str(error))
            raise
        await self._note(delivered=now())

    def _too_long(self, state: RetryCallState) -> bool:
        """Counted from the first failure, also where another process saw that."""
        since = datetime.fromisoformat(self._progress.failing_since or now())
        return time.time() - since.timestamp() >= self._settings.delivery.give_up_h * 3600

    async def _note(self, **changes: Any) -> None:
        self._progress = self._progress.model_copy(update=changes)
        await note_progress(self._store, self._receiver.point, self._progress)


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, NotDeliveredError) and not error.final
