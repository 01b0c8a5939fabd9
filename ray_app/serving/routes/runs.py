"""Runs on record: what was run when, and what came of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from ray_app.serving.bodies.runs import Runs
from ray_app.serving.problems import described
from ray_app.serving.services import WHOLE_TENANT, CallerOf, ServicesOf, requires
from ray_app.store.runs import Run, as_they_are, find_run, latest_runs

# Their places and figures tell of every source.
router = APIRouter(prefix="/v1", tags=["runs"], dependencies=[requires("admin"), WHOLE_TENANT])


@router.get("/runs")
async def runs(services: ServicesOf, caller: CallerOf, limit: Annotated[int, Query(ge=1, le=1000)] = 20) -> Runs:
    """The runs of the caller's tenant, the latest first, as their records have them.

    One that was killed could not say so: it counts as running here. Ask for it alone, and its signs of life are
    looked at.
    """
    return Runs(runs=await latest_runs(services.store, caller.scope.tenant, limit=limit))


@router.get("/runs/{run_id}", responses=described(404))
async def run(run_id: str, services: ServicesOf, caller: CallerOf) -> Run:
    """All that is known of a run. One on another machine may be watched for ingest.lease_s before it is answered."""
    found = [await find_run(services.store, caller.scope.tenant, run_id)]
    (run,) = await as_they_are(services.store, found, lease_s=services.settings.ingest.lease_s)
    return run
