"""One ingest from beginning to end: lists, runs the pipeline on Ray Data, tidies up, and sums up."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import ray
from ray.data import ActorPoolStrategy, DataContext

from ray_app import sources
from ray_app.errors import ConfigurationError
from ray_app.ingest.display import Display
from ray_app.ingest.listing import Listing, blocks, delete_missing, list_changed
from ray_app.ingest.progress import start_progress
from ray_app.ingest.resources import EXTRACT_CPUS, WRITE_CPUS, Shares, share_out
from ray_app.ingest.summary import Summary, summarise
from ray_app.ingest.workers import Embed, Extract, IndexSink
from ray_app.models.prepared import prepare_model
from ray_app.pipeline import pipeline_version
from ray_app.records import EVERYTHING, Selection
from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.points import now
from ray_app.store.protocol import Store
from ray_app.store.runs import Run, save_run
from ray_app.store.sweep import sweep

# Blocks of files, as the object store holds them, and the number of files in them.
Blocks = tuple[list[Any], int]


@dataclass(frozen=True, slots=True)
class Work:
    """What to ingest. Without `source` each URI is a source of its own, named by its last part."""

    uris: Sequence[str]
    source: str | None = None
    limit: int | None = None
    delete_missing: bool = False
    selection: Selection = EVERYTHING


def ingest(work: Work, settings: Settings, display: Display) -> Summary:
    """Brings the index in line with the files. Needs a connected Ray (`cluster.session`).

    Every listed document has an outcome in the index when this returns. Raises SourceError where a URI
    cannot be listed, ConfigurationError where `limit` and `delete_missing` are combined.
    """
    if work.limit is not None and work.delete_missing:
        raise ConfigurationError("--delete-missing needs the whole listing: leave out --limit")
    places = settings.sources
    roots = [(sources.root_of(uri, places), work.source or sources.default_name(uri, places)) for uri in work.uris]
    listings = [Listing(root, source, settings.tenant, work.selection, places) for root, source in roots]
    display.say("preparing the embedding model")
    model = prepare_model(settings)
    pipeline = pipeline_version(model, settings.chunking)
    started = time.monotonic()
    with asyncio.Runner() as runner:
        store = runner.run(open_store(settings))
        manifest = model.manifest
        runner.run(store.ensure(fingerprint=manifest.fingerprint, dimension=manifest.dimension))
        with _recorded(runner, store, settings.tenant, [root for root, _ in roots]) as run:
            display.say("listing files")
            found = runner.run(_list(store, listings, pipeline, work.limit, settings))
            shares = share_out(_resources(), model.weights.bytes, settings)
            outcomes, chunks = _process(found, settings, shares, run.id, pipeline, display)
            deleted = runner.run(_tidy(store, listings, run.id, work.delete_missing, settings.tenant))
            if runner.run(store.build_graph()):
                display.say("built the search graph")
            summary = summarise(
                run.id,
                documents=sum(listing.documents for listing in listings),
                unchanged=sum(listing.unchanged for listing in listings),
                deleted=deleted,
                written=outcomes,
                chunks=chunks,
                seconds=time.monotonic() - started,
            )
            run.counts, run.seconds = summary.counts(), summary.seconds
        runner.run(store.close())
    return summary


@contextmanager
def _recorded(runner: asyncio.Runner, store: Store, tenant: str, uris: list[str]) -> Iterator[Run]:
    """Keeps the run's record: begun, and how it ended."""
    identity = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    run = Run(id=identity, tenant=tenant, uris=uris, started=now())
    runner.run(save_run(store, run))
    try:
        yield run
        run.state = "finished"
    except BaseException as error:
        run.state, run.detail = "failed", f"{type(error).__name__}: {error}"[:500]
        raise
    finally:
        run.finished = now()
        runner.run(save_run(store, run))


async def _list(
    store: Store, listings: Sequence[Listing], pipeline: str, limit: int | None, settings: Settings
) -> Blocks:
    """Puts what is new or changed into the object store, block by block."""
    refs: list[Any] = []
    documents = 0
    for listing in listings:
        left = None if limit is None else limit - sum(done.documents for done in listings)
        changed = list_changed(store, listing, pipeline=pipeline, limit=left)
        async for block in blocks(changed, settings.ingest):
            refs.append(ray.put(pa.Table.from_pylist([asdict(ref) for ref in block])))
            documents += len(block)
    return refs, documents


def _process(
    found: Blocks, settings: Settings, shares: Shares, run: str, pipeline: str, display: Display
) -> tuple[Counter[str], int]:
    """Runs the pipeline over the blocks; returns how many documents have each outcome, and new passages."""
    refs, documents = found
    if not refs:
        return Counter(), 0
    progress = start_progress()
    sink = IndexSink(settings, run=run, version=pipeline, progress=progress)
    DataContext.get_current().enable_progress_bars = False  # our own display tells how the run gets on
    dataset = (
        ray.data.from_arrow_refs(refs)
        .map_batches(
            Extract,
            fn_constructor_args=(settings, pipeline, progress),
            batch_format="pyarrow",
            batch_size=None,
            compute=ActorPoolStrategy(min_size=1, max_size=shares.extract_workers),
            num_cpus=EXTRACT_CPUS,
        )
        .map_batches(
            Embed,
            fn_constructor_args=(settings, progress),
            fn_constructor_kwargs={"threads": shares.embed_threads, "gpu": bool(shares.embed_gpus)},
            batch_size=None,
            compute=ActorPoolStrategy(min_size=1, max_size=shares.embed_workers),
            num_cpus=shares.embed_cpus,
            num_gpus=shares.embed_gpus,
        )
    )
    with display.watching(documents, lambda: ray.get(progress.snapshot.remote())):
        dataset.write_datasink(sink, ray_remote_args={"num_cpus": WRITE_CPUS})
    return sink.outcomes, sink.chunks


async def _tidy(store: Store, listings: Sequence[Listing], run: str, delete: bool, tenant: str) -> int:
    """Removes what is gone, and brings contents in line with their places; returns how many are gone."""
    deleted = sum([await delete_missing(store, listing, run=run) for listing in listings]) if delete else 0
    await store.run(sweep, tenant)
    return deleted


def _resources() -> dict[str, float]:
    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return resources
