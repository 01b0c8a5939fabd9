"""Runs on record: what was started when, and what came of it."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from pydantic import BaseModel

from ray_app.errors import NotFoundError
from ray_app.records import record_id
from ray_app.store.collections import DOCUMENTS, REGISTRY
from ray_app.store.leases import alive
from ray_app.store.paging import scroll_all
from ray_app.store.protocol import AnyOf, Filter, Order, Point, Store
from ray_app.store.quarantine import quarantined

__all__ = ["Job", "Run", "StageFigures", "find_run", "latest_runs", "outcomes", "quarantined", "save_run"]

Job = Literal["ingest", "retry", "backfill"]
RunState = Literal["running", "finished", "failed", "cancelled", "ended without a word"]
_KIND = "run"
# Most jobs are one run.
_RUNS_OF_A_JOB = 100


class StageFigures(BaseModel):
    """What a stage of a run did. `seconds` is the time its workers spent at work, all together, and by part;
    `documents_per_s` what all of them would do without ever waiting; `most_waiting` the longest queue before it.
    """

    documents: int
    seconds: float
    workers: int
    documents_per_s: float
    most_waiting: int
    parts: dict[str, float] = {}


class RunProgress(BaseModel):
    """How far a run is: `done` of the `total` documents (contents, in a backfill) that are known so far, and `more`
    where the listing has not ended. `waits_for` is the stage that most of them wait for, "" before any has left one.
    `at` is when that was so; a run that lives writes it every few seconds.
    """

    done: int
    total: int
    more: bool = False
    chunks: int = 0
    quarantined: int = 0
    waits_for: str = ""
    at: str


class Run(BaseModel):
    """One run of the pipeline; counts and figures are filled in when it has finished, `progress` all the while.

    `startup_s` is the time until the workers were ready, `working_s` the time from then on, both within
    `seconds`. `reasons` counts quarantined documents, also those inside others. `setup` is what shapes the
    result: versions and models. `submission` is the job that it was, where it was one.
    """

    id: str
    job: Job = "ingest"
    tenant: str
    uris: list[str]
    started: str
    state: RunState = "running"
    finished: str | None = None
    detail: str = ""
    counts: dict[str, int] = {}
    reasons: dict[str, int] = {}
    seconds: float = 0.0
    startup_s: float = 0.0
    working_s: float = 0.0
    stages: dict[str, StageFigures] = {}
    bottleneck: str = ""
    setup: dict[str, str] = {}
    submission: str | None = None
    progress: RunProgress | None = None


async def save_run(store: Store, run: Run) -> None:
    """Writes or replaces the record."""
    await store.upsert(REGISTRY, [Point(record_id(_KIND, run.id), {"kind": _KIND, **run.model_dump()})])


async def save_progress(store: Store, identity: str, progress: RunProgress) -> None:
    """Writes how far a run is; the rest of its record stays."""
    await store.set_payload(REGISTRY, [record_id(_KIND, identity)], {"progress": progress.model_dump()})


async def latest_runs(store: Store, tenant: str, *, limit: int) -> list[Run]:
    """The runs that were started last, the latest first, as their records have them."""
    of_tenant = Filter([AnyOf("kind", [_KIND]), AnyOf("tenant", [tenant])])
    found, _ = await store.scroll(REGISTRY, filter=of_tenant, limit=limit, order=Order("started", descending=True))
    return [Run.model_validate(one.payload) for one in found]


async def unfinished_runs(store: Store, tenant: str) -> list[Run]:
    """The runs that did not say that they have ended, the latest first: those at work, and those that were killed."""
    which = Filter([AnyOf("kind", [_KIND]), AnyOf("tenant", [tenant]), AnyOf("state", ["running"])])
    found = [Run.model_validate(one.payload) for one in await scroll_all(store, REGISTRY, which)]
    return sorted(found, key=lambda run: run.started, reverse=True)


async def runs_of(store: Store, tenant: str, submission: str) -> list[Run]:
    """The runs that a job made, the first one first."""
    of_job = Filter([AnyOf("kind", [_KIND]), AnyOf("tenant", [tenant]), AnyOf("submission", [submission])])
    found, _ = await store.scroll(REGISTRY, filter=of_job, limit=_RUNS_OF_A_JOB)
    return sorted((Run.model_validate(one.payload) for one in found), key=lambda run: run.started)


async def find_run(store: Store, tenant: str, identity: str) -> Run:
    """Raises NotFoundError."""
    found = await store.retrieve(REGISTRY, [record_id(_KIND, identity)])
    runs = [Run.model_validate(one.payload) for one in found]
    if not runs or runs[0].tenant != tenant:
        raise NotFoundError(f"there is no run {identity!r} (ray-app runs list)")
    return runs[0]


async def as_they_are(store: Store, runs: list[Run], *, lease_s: float) -> list[Run]:
    """The runs, where those that were killed are told from those at work: by whether they still renew their leases.

    Watches the leases where that must be, for as long as `lease_s`. Writes nothing.
    """
    running = {run.id: run.tenant for run in runs if run.state == "running"}
    living = await alive(store, running, lease_s=lease_s) if running else set()
    dead = set(running) - living
    return [run.model_copy(update={"state": "ended without a word"}) if run.id in dead else run for run in runs]


async def outcomes(store: Store, tenant: str) -> Counter[str]:
    """How many documents of the index have each outcome."""
    counted = await store.facet(DOCUMENTS, "outcome", filter=Filter([AnyOf("tenant", [tenant])]))
    return Counter(dict(counted))
