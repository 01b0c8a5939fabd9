"""Runs on record: what was started when, and what came of it."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from pydantic import BaseModel

from ray_app.records import record_id
from ray_app.store.collections import DOCUMENTS, REGISTRY
from ray_app.store.protocol import AnyOf, Filter, Found, Order, Point, Store

Job = Literal["ingest", "backfill"]
_KIND = "run"


class Run(BaseModel):
    """One run of the pipeline; counts are filled in when it has finished."""

    id: str
    job: Job = "ingest"
    tenant: str
    uris: list[str]
    started: str
    state: Literal["running", "finished", "failed"] = "running"
    finished: str | None = None
    detail: str = ""
    counts: dict[str, int] = {}
    seconds: float = 0.0


async def save_run(store: Store, run: Run) -> None:
    """Writes or replaces the record."""
    await store.upsert(REGISTRY, [Point(record_id(_KIND, run.id), {"kind": _KIND, **run.model_dump()})])


async def latest_runs(store: Store, tenant: str, *, limit: int) -> list[Run]:
    """The runs that were started last, the latest first."""
    of_tenant = Filter([AnyOf("kind", [_KIND]), AnyOf("tenant", [tenant])])
    found, _ = await store.scroll(REGISTRY, filter=of_tenant, limit=limit, order=Order("started", descending=True))
    return [Run.model_validate(one.payload) for one in found]


async def outcomes(store: Store, tenant: str) -> Counter[str]:
    """How many documents of the index have each outcome."""
    counted = await store.facet(DOCUMENTS, "outcome", filter=Filter([AnyOf("tenant", [tenant])]))
    return Counter(dict(counted))


async def quarantined(
    store: Store, tenant: str, *, limit: int, offset: str | None = None
) -> tuple[list[Found], str | None]:
    """A page of the documents that could not be indexed, with stage, reason and detail."""
    which = Filter([AnyOf("tenant", [tenant]), AnyOf("outcome", ["quarantined"])])
    return await store.scroll(DOCUMENTS, filter=which, limit=limit, offset=offset)
