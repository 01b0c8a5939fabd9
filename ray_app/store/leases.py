"""One run at a time over a source: a lease in the registry, renewed while the run lives.

Mutual exclusion over a store that can only write and read, after Lamport's bakery (1974): a run writes a claim,
looks who was there before, confirms its claim, and looks again. A run that died stops renewing: whoever watches its
claim stand still for the lease's time may go on. Clocks of different machines are never compared.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence

from pydantic import BaseModel

from ray_app.errors import SourceBusyError
from ray_app.records import record_id
from ray_app.store.collections import REGISTRY
from ray_app.store.paging import scroll_all
from ray_app.store.protocol import AnyOf, Condition, Filter, Point, Store

_KIND = "lease"
_LOOK_EVERY_S = 0.3


class Lease(BaseModel):
    """A run's claim on a source; `renewals` grows while the run lives."""

    tenant: str
    source: str
    run: str
    holder: str
    confirmed: bool = False
    renewals: int = 0


async def acquire(store: Store, wanted: Sequence[Lease], *, lease_s: float) -> None:
    """Takes all leases or none. Raises SourceBusyError, naming the living run that has one.

    A claim that stands still is watched for `lease_s` seconds: its run may have died. Of a process on this machine
    it is known at once.
    """
    try:
        for lease in wanted:
            await _save(store, lease)
            await _outwait(store, lease, lease_s, lambda other, run: other.confirmed or other.run < run)
        for lease in wanted:
            await _save(store, lease.model_copy(update={"confirmed": True}))
            await _outwait(store, lease, lease_s, lambda other, run: other.run < run)
    except BaseException:
        await release(store, wanted)
        raise


async def renew(store: Store, held: Sequence[Lease], renewals: int) -> None:
    """Says that the run lives. Raises SourceBusyError where another took it for dead meanwhile."""
    there = {point.id for point in await store.retrieve(REGISTRY, [_id(lease) for lease in held], fields=[])}
    for lease in held:
        if _id(lease) not in there:
            raise SourceBusyError(
                f"this run stood still for so long that another took over source {lease.source!r} "
                "(setting ingest.lease_s); run it again"
            )
        await _save(store, lease.model_copy(update={"confirmed": True, "renewals": renewals}))


async def release(store: Store, held: Sequence[Lease]) -> None:
    """Gives the leases back."""
    await store.delete(REGISTRY, [_id(lease) for lease in held])


def this_process() -> str:
    """Names the holder of a lease."""
    return f"process {os.getpid()} on {socket.gethostname()}"


async def alive(store: Store, runs: Mapping[str, str], *, lease_s: float) -> set[str]:
    """Those of the runs (id: tenant) that still have leases and renew them.

    A process of this machine is looked up; others are watched, until they renew or `lease_s` has passed.
    """
    first = await _of_runs(store, runs)
    judged = {run: _lives_here(lease) for run, lease in first.items()}
    living = {run for run, lives in judged.items() if lives}
    unsure = {run for run, lives in judged.items() if lives is None}
    started = time.monotonic()
    while unsure and time.monotonic() - started < lease_s:
        await asyncio.sleep(_LOOK_EVERY_S)
        now = await _of_runs(store, {run: runs[run] for run in unsure})
        moved = {run for run in unsure if run in now and now[run] != first[run]}
        living |= moved
        unsure = (unsure & set(now)) - moved
    return living


def _lives_here(lease: Lease) -> bool | None:
    """None where the holder is on another machine."""
    process, _, host = lease.holder.removeprefix("process ").partition(" on ")
    if host != socket.gethostname() or not process.isdigit():
        return None
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's, but there
    return True


async def _of_runs(store: Store, runs: Mapping[str, str]) -> dict[str, Lease]:
    """One lease of each run that has any."""
    tenants = AnyOf("tenant", sorted(set(runs.values())))
    return {lease.run: lease for lease in await _read(store, tenants) if lease.run in runs}


async def _outwait(store: Store, mine: Lease, lease_s: float, before_me: Callable[[Lease, str], bool]) -> None:
    """Returns when no other run's claim is before ours: each is gone, dead on this machine, or stood still for long."""
    seen: dict[str, tuple[Lease, float]] = {}
    while True:
        rivals = [one for one in await _claims(store, mine) if one.run != mine.run and before_me(one, mine.run)]
        if not rivals:
            return
        for rival in rivals:
            first, since = seen.setdefault(rival.run, (rival, time.monotonic()))
            if rival.renewals != first.renewals and rival.confirmed:
                raise SourceBusyError(
                    f"run {rival.run} ({rival.holder}) is at work on source {mine.source!r}: wait for it, or end it"
                )
            if rival != first:
                seen[rival.run] = (rival, time.monotonic())
            elif _lives_here(rival) is False or time.monotonic() - since > lease_s:
                await release(store, [rival])
        await asyncio.sleep(_LOOK_EVERY_S)


async def _claims(store: Store, lease: Lease) -> list[Lease]:
    return await _read(store, AnyOf("tenant", [lease.tenant]), AnyOf("source", [lease.source]))


async def _read(store: Store, *conditions: Condition) -> list[Lease]:
    """All leases that pass: who left one out would take a source that is held for free."""
    found = await scroll_all(store, REGISTRY, Filter([AnyOf("kind", [_KIND]), *conditions]))
    return [Lease.model_validate(one.payload) for one in found]


async def _save(store: Store, lease: Lease) -> None:
    await store.upsert(REGISTRY, [Point(_id(lease), {"kind": _KIND, **lease.model_dump()})])


def _id(lease: Lease) -> str:
    return record_id(_KIND, f"{lease.tenant}\n{lease.source}\n{lease.run}")
