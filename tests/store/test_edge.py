"""What only the embedded engine does: one owner per directory, a graph built while searches and writes go on."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
import uuid

import numpy as np
import pytest

from ray_app.errors import IndexLockedError, StoreError
from ray_app.settings import StoreSettings
from ray_app.store import bm25
from ray_app.store.collections import CHUNKS
from ray_app.store.edge import EdgeStore
from ray_app.store.protocol import Point, Query

pytestmark = pytest.mark.anyio

DIMENSION = 16
SETTINGS = StoreSettings(lock_wait_s=0.5, graph_threshold=1000)


def points(count, seed=0):
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSION))
    words = bm25.passage_vector("salt water", "en")
    return [
        Point(str(uuid.UUID(int=seed << 64 | i)), {"seed": seed, "n": i}, vector.tolist(), words)
        for i, vector in enumerate(vectors)
    ]


async def opened(folder):
    store = await EdgeStore.open(folder, SETTINGS)
    await store.ensure(fingerprint="f0", dimension=DIMENSION)
    return store


async def test_what_was_written_is_there_after_reopening(tmp_path):
    store = await opened(tmp_path)
    await store.upsert(CHUNKS, points(300))
    await store.close()
    store = await EdgeStore.open(tmp_path, SETTINGS)
    assert await store.count(CHUNKS) == 300
    await store.close()


async def test_acknowledged_points_survive_a_kill(tmp_path):
    script = """
import asyncio, os, sys
from pathlib import Path
from tests.store.test_edge import CHUNKS, opened, points
async def main():
    store = await opened(Path(sys.argv[1]))
    await store.upsert(CHUNKS, points(500))
    os.kill(os.getpid(), 9)
asyncio.run(main())
"""
    died = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert died.returncode == -9
    store = await EdgeStore.open(tmp_path, SETTINGS)
    assert await store.count(CHUNKS) == 500
    await store.close()


async def test_a_second_opener_is_refused(tmp_path):
    store = await opened(tmp_path)
    with pytest.raises(IndexLockedError, match="in use by another process"):
        await EdgeStore.open(tmp_path, SETTINGS)
    await store.close()
    await (await EdgeStore.open(tmp_path, SETTINGS)).close()


async def test_the_graph_is_built_only_when_enough_passages_are_outside_it(tmp_path):
    store = await opened(tmp_path)
    await store.upsert(CHUNKS, points(500))
    assert not await store.build_graph()
    await store.upsert(CHUNKS, points(1000, seed=1))
    assert await store.build_graph()
    assert not await store.build_graph()
    await store.close()


@pytest.mark.slow
async def test_searches_and_writes_go_on_while_the_graph_is_built_and_nothing_is_lost(tmp_path):
    store = await opened(tmp_path)
    await store.upsert(CHUNKS, points(4000))
    doomed = [point.id for point in points(200)]
    renamed = [point.id for point in points(400)[200:]]
    built = asyncio.create_task(store.build_graph(force=True))
    added = []
    searches = 0
    seed = 1
    while not built.done():
        some = points(20, seed=seed)
        await store.upsert(CHUNKS, some)
        added += some
        if seed == 2:
            await store.delete(CHUNKS, doomed)
            await store.set_payload(CHUNKS, renamed, {"seed": -1})
        found = await store.query(CHUNKS, Query(limit=3, dense=some[0].dense), fields=[])
        assert found[0].id == some[0].id
        searches += 1
        seed += 1
    assert await built
    assert searches > 5
    assert seed > 2
    assert await store.count(CHUNKS) == 4000 - len(doomed) + len(added)
    assert await store.retrieve(CHUNKS, doomed) == []
    assert {found.payload["seed"] for found in await store.retrieve(CHUNKS, renamed)} == {-1}
    kept = await store.retrieve(CHUNKS, [point.id for point in added])
    assert {found.id for found in kept} == {point.id for point in added}
    for point in added[:: max(1, len(added) // 20)]:
        (found,) = await store.query(CHUNKS, Query(limit=1, dense=point.dense))
        assert found.id == point.id
        assert found.score == pytest.approx(1, abs=1e-4)
    await store.close()


async def test_one_folder_is_left_after_the_graph_came_in(tmp_path):
    store = await opened(tmp_path)
    await store.upsert(CHUNKS, points(1200))
    before = {path.name for path in tmp_path.iterdir() if path.is_dir()}
    await store.build_graph()
    after = {path.name for path in tmp_path.iterdir() if path.is_dir()}
    assert after - before == {"chunks-f0-2"}
    assert before - after == {"chunks-f0-1"}
    await store.close()
    store = await EdgeStore.open(tmp_path, SETTINGS)
    assert await store.count(CHUNKS) == 1200
    await store.close()


class Slow:
    """A shard whose threads take a while, so that who waits for them can be cancelled."""

    def __init__(self, shard):
        self._shard = shard
        self.at_work = 0

    def __getattr__(self, name):
        def slowly(*args):
            self.at_work += 1
            time.sleep(0.2)
            done = getattr(self._shard, name)(*args)
            self.at_work -= 1
            return done

        return slowly


@pytest.mark.parametrize("method", ["count", "upsert"])
async def test_a_shard_is_in_use_until_the_thread_of_a_cancelled_caller_has_ended(tmp_path, method):
    """For as long it is neither closed nor copied."""
    store = await opened(tmp_path)
    shard = store._shards[CHUNKS]
    fast, shard.shard = shard.shard, Slow(shard.shard)
    asked = asyncio.create_task(store.count(CHUNKS) if method == "count" else store.upsert(CHUNKS, points(1)))
    await asyncio.sleep(0.1)
    for _ in range(2):
        asked.cancel()
        await asyncio.sleep(0)
        assert shard.shard.at_work
        assert shard.readers or shard.write_lock.locked()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert not shard.shard.at_work
    shard.shard = fast
    await store.close()


async def test_who_still_reads_is_waited_for_when_the_index_is_closed(tmp_path):
    store = await opened(tmp_path)
    await store.upsert(CHUNKS, points(2000))
    nearest = Query(limit=100, dense=points(1)[0].dense)
    reading = [asyncio.ensure_future(store.query(CHUNKS, nearest)) for _ in range(40)]
    await asyncio.sleep(0)  # each has begun
    await store.close()
    assert [len(found) for found in await asyncio.gather(*reading)] == [100] * 40


async def test_what_a_cancelled_caller_wrote_is_known_to_the_graph_s_copy(tmp_path):
    store = await opened(tmp_path)
    shard = store._shards[CHUNKS]
    fast, shard.shard, shard.changed = shard.shard, Slow(shard.shard), set()
    (point,) = points(1)
    written = asyncio.create_task(store.upsert(CHUNKS, [point]))
    await asyncio.sleep(0.1)
    written.cancel()
    with pytest.raises(asyncio.CancelledError):
        await written
    shard.shard = fast
    assert await store.count(CHUNKS) == 1
    assert shard.changed == {point.id}
    await store.close()


async def test_what_a_broken_rebuild_left_is_removed(tmp_path):
    store = await opened(tmp_path)
    await store.close()
    (tmp_path / "chunks-f0-9").mkdir()
    await (await EdgeStore.open(tmp_path, SETTINGS)).close()
    assert not (tmp_path / "chunks-f0-9").exists()


async def test_a_damaged_pointer_is_named(tmp_path):
    await (await opened(tmp_path)).close()
    (tmp_path / "index.json").write_text("{")
    with pytest.raises(StoreError, match=r"index\.json is damaged"):
        await EdgeStore.open(tmp_path, SETTINGS)
    await asyncio.sleep(0)
