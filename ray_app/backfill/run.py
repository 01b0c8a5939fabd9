"""Runs a task over the contents that are left for it, the most recent documents first."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import ray
from ray.data import ActorPoolStrategy

from ray_app.backfill.tasks import TASKS, Name
from ray_app.backfill.workers import Worker, WrittenSink
from ray_app.errors import StoreError
from ray_app.ingest.dataset import prepare_context
from ray_app.ingest.display import Display, watched
from ray_app.ingest.events import Teller, telling
from ray_app.ingest.hold import sources_held
from ray_app.ingest.progress import STAGES, Handle, start_progress
from ray_app.ingest.record import described, new_run_id, progress_kept, recorded, setup_of
from ray_app.ingest.resources import WRITE_CPUS, WRITERS, Shares, cluster_resources, share_out
from ray_app.models.prepared import prepare_model
from ray_app.pipeline import pipeline_version
from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.collections import CONTENTS
from ray_app.store.pending import latest
from ray_app.store.protocol import Filter, Store

# What a backfill holds in place of a source: one at a time does the work, and others can tell whether it lives.
_LEASES: dict[Name, str] = {
    "embedding": "contents without vectors",
    "labels": "labels of contents",
    "entities": "entities of contents",
}


@dataclass(frozen=True, slots=True)
class Filled:
    """What a backfill did: contents that are done now, passages of them, contents given up."""

    run_id: str
    contents: int
    chunks: int
    failed: int
    seconds: float


def fill(task: Name, settings: Settings, display: Display, *, limit: int | None = None) -> Filled:
    """Does the task for the `limit` most recent contents that are left for it, or for all.

    Needs a connected Ray. May be killed and repeated at any time: what is done is not done again.
    """
    model = prepare_model(settings)
    started = time.monotonic()
    identity = new_run_id()
    with asyncio.Runner() as runner:
        store = runner.run(open_store(settings))
        runner.run(store.ensure(fingerprint=model.manifest.fingerprint, dimension=model.manifest.dimension))
        shares = share_out(cluster_resources(), model.weights.bytes, settings)
        with (
            sources_held(settings, [_LEASES[task]], run=identity),
            telling(settings, identity, job="backfill") as teller,
            recorded(
                runner,
                store,
                settings,
                identity,
                teller,
                job="backfill",
                setup=setup_of(model, settings, pipeline_version(model, settings.chunking)),
            ) as run,
        ):
            progress = start_progress("backfill", STAGES[1:])
            done = chunks = failed = 0
            with progress_kept(settings, run, progress), described(run, progress, shares):
                for ids in _rounds(runner, store, settings, TASKS[task].left(settings), limit):
                    more = len(ids) >= settings.ingest.round_documents
                    sink = _process(
                        task, ids, settings, shares, display, teller, run=identity, progress=progress, more=more
                    )
                    done, chunks, failed = done + sink.contents, chunks + sink.chunks, failed + sink.failed
            if runner.run(store.build_graph()):
                display.say("built the search graph")
            if run.bottleneck:
                display.say(run.bottleneck)
            filled = Filled(identity, done, chunks, failed, round(time.monotonic() - started, 2))
            run.seconds = filled.seconds
            run.counts = {name: value for name, value in asdict(filled).items() if isinstance(value, int)}
        runner.run(store.close())
    return filled


def _rounds(
    runner: asyncio.Runner, store: Store, settings: Settings, which: Filter, limit: int | None
) -> Iterator[list[str]]:
    """What is left, as much as one pass takes at a time, until nothing is."""
    left = limit
    while left is None or left > 0:
        before = runner.run(store.count(CONTENTS, which))
        most = settings.ingest.round_documents
        ids = runner.run(latest(store, which, limit=most if left is None else min(most, left)))
        if not ids:
            return
        yield ids
        if runner.run(store.count(CONTENTS, which)) >= before:
            raise StoreError("the backfill makes no progress: the index does not keep what is written")
        left = None if left is None else left - len(ids)


def _process(
    task: Name,
    ids: list[str],
    settings: Settings,
    shares: Shares,
    display: Display,
    teller: Teller,
    *,
    run: str,
    progress: Handle,
    more: bool,
) -> WrittenSink:
    sink = WrittenSink(task, settings, progress, run=run)
    size = settings.ingest.block_documents
    blocks: list[Any] = [ray.put(pa.table({"id": ids[start : start + size]})) for start in range(0, len(ids), size)]
    prepare_context()
    dataset = ray.data.from_arrow_refs(blocks).map_batches(
        Worker,
        fn_constructor_args=(task, settings, progress),
        fn_constructor_kwargs={"run": run, "threads": shares.embed_threads, "gpu": bool(shares.embed_gpus)},
        batch_size=size,
        compute=ActorPoolStrategy(min_size=1, max_size=shares.embed_workers),
        num_cpus=shares.embed_cpus,
        num_gpus=shares.embed_gpus,
    )
    with watched(display, progress, len(ids), more=more, run=run, tell=teller.progress):
        dataset.write_datasink(sink, ray_remote_args={"num_cpus": WRITE_CPUS}, concurrency=min(WRITERS, len(blocks)))
    return sink
