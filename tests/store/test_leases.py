"""One run at a time over a source, also when runs die or begin at once."""

from __future__ import annotations

import asyncio
import os
import subprocess
import uuid

import pytest
from qdrant_client import AsyncQdrantClient

from ray_app.errors import SourceBusyError
from ray_app.settings import StoreSettings
from ray_app.store.collections import REGISTRY
from ray_app.store.edge import EdgeStore
from ray_app.store.leases import Lease, acquire, alive, release, renew, this_process
from ray_app.store.protocol import Point
from ray_app.store.server import ServerStore

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["edge", "local"])
async def store(request, tmp_path):
    opened = (
        await EdgeStore.open(tmp_path, StoreSettings())
        if request.param == "edge"
        else ServerStore(AsyncQdrantClient(":memory:"), "test")
    )
    await opened.ensure(fingerprint="f0", dimension=4)
    yield opened
    await opened.close()


def lease(run, source="papers", tenant="t"):
    return Lease(tenant=tenant, source=source, run=run, holder=f"process of {run}")


async def begin_all(store, held):
    """As if all had been acquired."""
    await store.upsert(REGISTRY, [Point(str(uuid.uuid4()), {"kind": "lease", **one.model_dump()}) for one in held])


async def living(store, held):
    """Renews until cancelled."""
    renewals = 0
    while True:
        renewals += 1
        await renew(store, held, renewals)
        await asyncio.sleep(0.1)


async def test_a_second_run_is_refused_while_the_first_lives(store):
    first = [lease("1")]
    await acquire(store, first, lease_s=5)
    heart = asyncio.create_task(living(store, first))
    with pytest.raises(SourceBusyError, match=r"run 1 \(process of 1\) is at work on source 'papers'"):
        await acquire(store, [lease("2")], lease_s=5)
    heart.cancel()
    await release(store, first)
    await acquire(store, [lease("2")], lease_s=5)


async def test_other_sources_and_tenants_are_free(store):
    await acquire(store, [lease("1")], lease_s=5)
    await acquire(store, [lease("2", source="letters")], lease_s=5)
    await acquire(store, [lease("3", tenant="other")], lease_s=5)


async def test_a_dead_run_keeps_its_source_for_the_leases_time_only(store):
    await acquire(store, [lease("1")], lease_s=1)
    started = asyncio.get_running_loop().time()
    await acquire(store, [lease("2")], lease_s=1)
    assert asyncio.get_running_loop().time() - started >= 1
    with pytest.raises(SourceBusyError, match="another took over source 'papers'"):
        await renew(store, [lease("1")], 1)


async def test_a_run_that_died_on_this_machine_keeps_nothing(store):
    gone = subprocess.Popen(["true"])
    gone.wait()
    holder = this_process().replace(str(os.getpid()), str(gone.pid))
    await acquire(store, [lease("1").model_copy(update={"holder": holder})], lease_s=60)
    await asyncio.wait_for(acquire(store, [lease("2")], lease_s=60), timeout=10)


async def test_each_of_very_many_sources_is_kept(store):
    names = [f"source {number}" for number in range(300)]
    held = [lease("1", source=name).model_copy(update={"confirmed": True}) for name in names]
    await begin_all(store, held)

    async def is_free(name):
        try:
            await asyncio.wait_for(acquire(store, [lease("2", source=name)], lease_s=60), timeout=0.05)
        except TimeoutError:
            return False
        return True

    assert [name for name in names[::10] if await is_free(name)] == []


async def test_a_run_is_known_to_live_however_many_leases_there_are(store):
    held = [lease(f"run {number}").model_copy(update={"holder": this_process()}) for number in range(300)]
    await begin_all(store, held)
    assert len(await alive(store, {one.run: "t" for one in held}, lease_s=0)) == 300


async def test_nothing_is_kept_of_leases_that_could_not_all_be_had(store):
    held = [lease("1")]
    await acquire(store, held, lease_s=5)
    heart = asyncio.create_task(living(store, held))
    with pytest.raises(SourceBusyError):
        await acquire(store, [lease("2", source="a"), lease("2")], lease_s=5)
    heart.cancel()
    assert await store.count(REGISTRY) == 1


async def test_of_many_that_begin_at_once_one_at_most_goes_on(store):
    working = 0

    async def begin(run):
        nonlocal working
        held = [lease(run)]
        await acquire(store, held, lease_s=3)
        working += 1
        assert working == 1
        heart = asyncio.create_task(living(store, held))
        await asyncio.sleep(1)
        heart.cancel()
        working -= 1
        await release(store, held)

    ended = await asyncio.gather(*[begin(str(run)) for run in range(6)], return_exceptions=True)
    assert {type(one) for one in ended} <= {type(None), SourceBusyError}
    assert None in ended
