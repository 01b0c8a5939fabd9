"""How long a search can wait while passages are written and while the graph is built.

    python -m benchmarks.gaps [--passages N]

One embedded index of N made-up passages is searched without a pause: at rest, while another 20,000 passages
are written, and while the graph is built. Printed are the latency of searches and the longest wait.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

from ray_app.settings import StoreSettings
from ray_app.store.collections import CHUNKS
from ray_app.store.edge import EdgeStore
from ray_app.store.protocol import Point, Query, SparseVector

DIMENSION = 384
WRITTEN = 20_000
BATCH = 256
REST_S = 5.0
# Meaning has far fewer directions than a vector has numbers: neighbours exist, as they do among texts.
DIRECTIONS = 24
VOCABULARY = 30_000
WORDS = 60


async def main() -> None:
    """Fills an index, and searches it through its states."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=50_000)
    wanted = parser.parse_args().passages
    random = np.random.default_rng(7)
    directions = random.normal(size=(DIRECTIONS, DIMENSION))
    with tempfile.TemporaryDirectory() as folder:
        store = await EdgeStore.open(Path(folder) / "index", StoreSettings(graph_threshold=10**9))
        await store.ensure(fingerprint="benchmark", dimension=DIMENSION)
        started = time.perf_counter()
        await _write(store, _points(random, directions, range(wanted)))
        print(f"{wanted} passages written in {time.perf_counter() - started:.1f} s")
        queries = [(point.dense, point.sparse) for point in _points(random, directions, range(100))]
        await _measure("without a graph", store, queries, asyncio.sleep(REST_S))
        await _measure("building the graph", store, queries, store.build_graph(force=True))
        await _measure("with the graph", store, queries, asyncio.sleep(REST_S))
        fresh = _points(random, directions, range(wanted, wanted + WRITTEN))
        await _measure(f"writing {WRITTEN} more", store, queries, _write(store, fresh))
        await _measure("building it again", store, queries, store.build_graph(force=True))
        await store.close()


async def _measure(name: str, store: EdgeStore, queries: list[Any], work: Coroutine[Any, Any, Any]) -> None:
    """Searches again and again until the work is done, and prints how long the searches took."""
    task = asyncio.create_task(work)
    begun = time.perf_counter()
    latencies: list[float] = []
    while not task.done():
        dense, sparse = queries[len(latencies) % len(queries)]
        asked = time.perf_counter()
        await store.query(CHUNKS, Query(limit=10, dense=dense, sparse=sparse), fields=["tenant"])
        latencies.append((time.perf_counter() - asked) * 1000)
    await task
    p50, p99 = np.percentile(latencies, [50, 99])
    print(
        f"{name:<20} {time.perf_counter() - begun:>6.1f} s  {len(latencies):>6} searches  "
        f"p50 {p50:>6.1f} ms  p99 {p99:>6.1f} ms  longest {max(latencies):>6.0f} ms",
        flush=True,
    )


async def _write(store: EdgeStore, points: Iterator[Point]) -> None:
    batch: list[Point] = []
    for point in points:
        batch.append(point)
        if len(batch) == BATCH:
            await store.upsert(CHUNKS, batch)
            batch = []
    if batch:
        await store.upsert(CHUNKS, batch)


def _points(random: np.random.Generator, directions: Any, numbers: range) -> Iterator[Point]:
    for number in numbers:
        dense = random.normal(size=DIRECTIONS) @ directions + random.normal(size=DIMENSION)
        indices = np.unique(random.zipf(1.3, WORDS) % VOCABULARY)
        yield Point(
            str(UUID(int=number)),
            {"tenant": "t", "content": str(number % 1000)},
            dense=(dense / np.linalg.norm(dense)).tolist(),
            sparse=SparseVector(indices.tolist(), random.uniform(0.5, 2, len(indices)).tolist()),
        )


if __name__ == "__main__":
    asyncio.run(main())
