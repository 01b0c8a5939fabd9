"""The pipeline on Ray Data: blocks of files through two pools of actors into the index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ray
from ray.data import ActorPoolStrategy, DataContext

from ray_app.ingest.display import Display, watched
from ray_app.ingest.progress import Handle
from ray_app.ingest.resources import EXTRACT_CPUS, WRITE_CPUS, Shares
from ray_app.ingest.summary import Tally
from ray_app.ingest.workers import Embed, Extract, IndexSink
from ray_app.settings import Settings


@dataclass(frozen=True, slots=True)
class Blocks:
    """Blocks of files in the object store, the number of files in them, and whether the listing may have more."""

    refs: list[Any]
    documents: int
    more: bool = False


def process(
    found: Blocks,
    settings: Settings,
    shares: Shares,
    *,
    run: str,
    pipeline: str,
    embed: bool,
    display: Display,
    progress: Handle,
) -> Tally:
    """Takes every file of the blocks to its outcome. Without `embed`, vectors and labels are left for later.

    Raises what of ours a worker raised, such as StoreError.
    """
    sink = IndexSink(settings, run=run, version=pipeline, progress=progress)
    DataContext.get_current().enable_progress_bars = False  # our own display tells how the run gets on
    dataset = ray.data.from_arrow_refs(found.refs).map_batches(
        Extract,
        fn_constructor_args=(settings, pipeline, progress),
        fn_constructor_kwargs={"run": run, "last": not embed},
        batch_format="pyarrow",
        batch_size=None,
        compute=ActorPoolStrategy(min_size=1, max_size=shares.extract_workers),
        num_cpus=EXTRACT_CPUS,
    )
    if embed:
        dataset = dataset.map_batches(
            Embed,
            fn_constructor_args=(settings, progress),
            fn_constructor_kwargs={"run": run, "threads": shares.embed_threads, "gpu": bool(shares.embed_gpus)},
            batch_size=None,
            compute=ActorPoolStrategy(min_size=1, max_size=shares.embed_workers),
            num_cpus=shares.embed_cpus,
            num_gpus=shares.embed_gpus,
        )
    with watched(display, progress, found.documents, more=found.more, run=run):
        dataset.write_datasink(sink, ray_remote_args={"num_cpus": WRITE_CPUS})
    return sink.tally
