"""The pipeline on Ray Data: blocks of files through two pools of actors into the index."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ray
from ray.data import ActorPoolStrategy, DataContext

from ray_app.ingest.display import Display, watched
from ray_app.ingest.progress import Handle, Snapshot
from ray_app.ingest.resources import EXTRACT_CPUS, WRITE_CPUS, WRITERS, Shares
from ray_app.ingest.summary import Tally
from ray_app.ingest.workers import Embed, Extract, IndexSink
from ray_app.settings import Settings


@dataclass(frozen=True, slots=True)
class Blocks:
    """Blocks of files in the object store, the number of files in them, and whether the listing may have more."""

    refs: list[Any]
    documents: int
    more: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run does with its files: without `embed`, vectors and labels are left for later."""

    run: str
    pipeline: str
    embed: bool
    keep_originals: bool


def process(
    found: Blocks,
    plan: Plan,
    settings: Settings,
    shares: Shares,
    display: Display,
    progress: Handle,
    *,
    tell: Callable[[Snapshot], None],
) -> Tally:
    """Takes every file of the blocks to its outcome; `tell` hears how that goes on.

    Raises what of ours a worker raised, such as StoreError.
    """
    sink = IndexSink(settings, run=plan.run, version=plan.pipeline, progress=progress)
    prepare_context()
    dataset = extracted(found, plan, settings, shares, progress)
    if plan.embed:
        dataset = dataset.map_batches(
            Embed,
            fn_constructor_args=(settings, progress),
            fn_constructor_kwargs={
                "run": plan.run,
                "threads": shares.embed_threads,
                "gpu": bool(shares.embed_gpus),
            },
            batch_size=1,  # a block
            compute=ActorPoolStrategy(min_size=1, max_size=shares.embed_workers),
            num_cpus=shares.embed_cpus,
            num_gpus=shares.embed_gpus,
        )
    with watched(display, progress, found.documents, more=found.more, run=plan.run, tell=tell):
        dataset.write_datasink(
            sink, ray_remote_args={"num_cpus": WRITE_CPUS}, concurrency=min(WRITERS, len(found.refs))
        )
    return sink.tally


def extracted(found: Blocks, plan: Plan, settings: Settings, shares: Shares, progress: Handle) -> ray.data.Dataset:
    """The first stage: the files, read and cut, a block of documents each row."""
    workers = shares.extract_workers
    return ray.data.from_arrow_refs(found.refs).map_batches(
        Extract,
        fn_constructor_args=(settings, plan.pipeline, progress),
        fn_constructor_kwargs={"run": plan.run, "last": not plan.embed, "keep_originals": plan.keep_originals},
        batch_format="pyarrow",
        batch_size=None,
        # All start at once, but a cluster that has lost a node goes on with one.
        compute=ActorPoolStrategy(min_size=1, max_size=workers, initial_size=min(workers, max(1, len(found.refs)))),
        num_cpus=EXTRACT_CPUS,
    )


def prepare_context() -> None:
    """What we ask of Ray Data in this process."""
    context = DataContext.get_current()
    context.enable_progress_bars = False  # our own display tells how the run gets on
    # Every block in is one block out, whatever its size: a block that is computed again after a crash (now leaving out
    # what was written since) must take the place of the lost one.
    context.target_max_block_size = None
