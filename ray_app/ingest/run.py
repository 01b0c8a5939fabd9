"""One ingest from beginning to end: lists, runs the pipeline on Ray Data, tidies up, and sums up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import ray

from ray_app import sources
from ray_app.errors import ConfigurationError, DeletionRefusedError
from ray_app.ingest.dataset import Blocks, Plan, process
from ray_app.ingest.display import Display
from ray_app.ingest.events import telling
from ray_app.ingest.hold import Hold, sources_held
from ray_app.ingest.listing import Listing, blocks, delete_missing, list_changed
from ray_app.ingest.progress import STAGES, start_progress
from ray_app.ingest.record import described, new_run_id, progress_kept, recorded, setup_of
from ray_app.ingest.resources import cluster_resources, share_out
from ray_app.ingest.summary import Summary, Tally, summarise
from ray_app.ingest.watching import scan_changes
from ray_app.models.prepared import prepare_model
from ray_app.pipeline import pipeline_version
from ray_app.records import EVERYTHING, FileRef, Selection, When
from ray_app.settings import Settings
from ray_app.sources.originals import eraser
from ray_app.store import open_store
from ray_app.store.protocol import Store
from ray_app.store.runs import Job
from ray_app.store.sweep import sweep
from ray_app.store.watchlist import scan_again


@dataclass(frozen=True, slots=True)
class Work:
    """What to ingest. Without `source` each URI is a source of its own, named by its last part.

    With `force`, missing files are deleted however many they are. With `keep_originals`, a copy of each new file
    is kept under its hash. `refs` are single files to take instead of what lies at the URIs.
    """

    uris: Sequence[str] = ()
    source: str | None = None
    limit: int | None = None
    delete_missing: bool = False
    force: bool = False
    embed: When = "now"
    selection: Selection = EVERYTHING
    keep_originals: bool = False
    refs: Sequence[FileRef] = ()


def ingest(work: Work, settings: Settings, display: Display) -> Summary:
    """Brings the index in line with the files. Needs a connected Ray (`cluster.session`).

    Every listed document has an outcome in the index when this returns. Raises SourceError where a URI
    cannot be listed, SourceBusyError where another run is at work on a source, ConfigurationError where `limit`
    and `delete_missing` are combined, and DeletionRefusedError, after all else is done, where too much is missing.
    """
    if work.limit is not None and work.delete_missing:
        raise ConfigurationError("--delete-missing needs the whole listing: leave out --limit")
    listings = _listings(work, settings)
    display.say("preparing the embedding model")
    model = prepare_model(settings)
    pipeline = pipeline_version(model, settings.chunking)
    started = time.monotonic()
    identity, job = new_run_id(), _job_of(work)
    names = [listing.source for listing in listings]
    with asyncio.Runner() as runner:
        store = runner.run(open_store(settings))
        manifest = model.manifest
        runner.run(store.ensure(fingerprint=manifest.fingerprint, dimension=manifest.dimension))
        with (
            sources_held(settings, names, run=identity) as hold,
            telling(settings, identity, job=job, sources=names) as teller,
            recorded(
                runner,
                store,
                settings,
                identity,
                teller,
                job=job,
                uris=[listing.root for listing in listings],
                setup=setup_of(model, settings, pipeline),
            ) as run,
        ):
            plan = Plan(run.id, pipeline, embed=work.embed == "now", keep_originals=work.keep_originals)
            shares = share_out(cluster_resources(), model.weights.bytes, settings, embedding=plan.embed)
            done = Tally()
            progress = start_progress(
                run.job, STAGES if plan.embed else [stage for stage in STAGES if stage != "embed"]
            )
            with progress_kept(settings, run, progress), described(run, progress, shares):
                for found in _rounds(runner, store, listings, plan, work.limit, settings, display):
                    hold.check()
                    done += process(found, plan, settings, shares, display, progress, tell=teller.progress)
                    run.reasons = dict(done.reasons)
            deleted, refusal = runner.run(_tidy(store, listings, run.id, work, settings, hold))
            runner.run(_follow_watchlist(store, settings, since=run.started))
            if runner.run(store.build_graph()):
                display.say("built the search graph")
            summary = summarise(run.id, listings, done, deleted=deleted, seconds=time.monotonic() - started)
            run.counts, run.seconds = summary.counts(), summary.seconds
            if run.bottleneck:
                display.say(f"workers were ready after {run.startup_s:.0f} s, at work for {run.working_s:.0f} s")
                display.say(run.bottleneck)
            if refusal:
                raise refusal
        runner.run(store.close())
    return summary


def _job_of(work: Work) -> Job:
    return "retry" if work.refs else "ingest"


def _listings(work: Work, settings: Settings) -> list[Listing]:
    if work.refs:
        by_source: dict[str, list[FileRef]] = {}
        for ref in work.refs:
            by_source.setdefault(ref.source, []).append(ref)
        return [Listing("", source, settings.tenant, refs=refs) for source, refs in by_source.items()]
    places = settings.sources
    roots = [(sources.root_of(uri, places), work.source or sources.default_name(uri, places)) for uri in work.uris]
    return [
        Listing(root, source, settings.tenant, work.selection, places, ids=bytearray() if work.delete_missing else None)
        for root, source in roots
    ]


def _rounds(
    runner: asyncio.Runner,
    store: Store,
    listings: Sequence[Listing],
    plan: Plan,
    limit: int | None,
    settings: Settings,
    display: Display,
) -> Iterator[Blocks]:
    """What is new or changed, as much as one pass takes at a time."""
    pending = blocks(_changed(store, listings, plan.pipeline, limit), settings.ingest, embed=plan.embed)
    more, say = True, "listing files"
    while more:
        display.say(say)
        found = runner.run(_take(pending, settings.ingest.round_documents))
        more, say = found.more, "listing more files"
        if found.documents:
            yield found


async def _changed(
    store: Store, listings: Sequence[Listing], pipeline: str, limit: int | None
) -> AsyncIterator[FileRef]:
    for listing in listings:
        left = None if limit is None else limit - sum(done.documents for done in listings)
        async for ref in list_changed(store, listing, pipeline=pipeline, limit=left):
            yield ref


async def _take(pending: AsyncIterator[list[FileRef]], most: int) -> Blocks:
    """Puts blocks into the object store, until they hold `most` files."""
    refs: list[Any] = []
    documents = 0
    async for block in pending:
        refs.append(ray.put(pa.Table.from_pylist([asdict(ref) for ref in block])))
        documents += len(block)
        if documents >= most:
            return Blocks(refs, documents, more=True)
    return Blocks(refs, documents)


async def _tidy(
    store: Store, listings: Sequence[Listing], run: str, work: Work, settings: Settings, hold: Hold
) -> tuple[int, DeletionRefusedError | None]:
    """Removes what is gone, and brings contents in line with their places; returns how many are gone."""
    deleted, refusal = 0, None
    for listing in listings if work.delete_missing else ():
        hold.check()
        share = settings.ingest.max_deleted_share
        try:
            deleted += await delete_missing(store, listing, run=run, most_share=share, force=work.force)
        except DeletionRefusedError as error:
            refusal = error
    await store.run(sweep, settings.tenant, erase=eraser(settings))
    return deleted, refusal


async def _follow_watchlist(store: Store, settings: Settings, *, since: str) -> None:
    """Workers read the watch list when they start: who was changed since is looked for in what they wrote, too."""
    await scan_again(store, settings.tenant, since=since)
    await scan_changes(store, settings)
