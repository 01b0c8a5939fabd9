"""The index in numbers."""

from __future__ import annotations

from fastapi import APIRouter

from ray_app.records import Outcome
from ray_app.serving.bodies.stats import ContentFigures, Counts, DocumentFigures, IndexFigures, QueueFigures, Stats
from ray_app.serving.caller import Caller
from ray_app.serving.services import CallerOf, IndexOf, Services, ServicesOf
from ray_app.store.collections import CONTENTS, DOCUMENTS
from ray_app.store.figures import at_work, counts, disk_bytes, totals
from ray_app.store.pending import pending_of
from ray_app.store.runs import unfinished_runs

router = APIRouter(prefix="/v1", tags=["stats"])


@router.get("/stats")
async def stats(index: IndexOf, services: ServicesOf, caller: CallerOf) -> Stats:
    """What the caller may see of the index, in numbers; for administrators also what waits, and how large it is."""
    total = await index.run(totals)
    counted = await index.run(counts)
    everything = caller.may("admin") and await index.visible() is None
    return Stats(
        documents=DocumentFigures(
            total=total[DOCUMENTS],
            by_outcome=counted["outcome"],
            by_source=counted["source"],
            by_size=counted["size_class"],
        ),
        contents=ContentFigures(
            total=total[CONTENTS],
            by_label=counted["label"],
            by_language=counted["language"],
            by_media_type=counted["media_type"],
        ),
        queue=await _queue(services, caller, counted["outcome"]) if everything else None,
        index=await _index(services, caller, total) if everything else None,
    )


async def _queue(services: Services, caller: Caller, outcomes: Counts) -> QueueFigures:
    tenant, store = caller.scope.tenant, services.store
    working = at_work(await unfinished_runs(store, tenant), within_s=services.settings.ingest.lease_s)
    waiting = sum(max(0, run.progress.total - run.progress.done) for run in working if run.progress)
    return QueueFigures(
        documents=waiting,
        uploads=sum(outcomes.get(outcome.value, 0) for outcome in (Outcome.QUEUED, Outcome.PROCESSING)),
        vectors=await store.count(CONTENTS, pending_of(tenant)),
        runs=[run.id for run in working],
    )


async def _index(services: Services, caller: Caller, points: dict[str, int]) -> IndexFigures:
    """Size and layout are those of every tenant: they are for the one that the server itself belongs to."""
    settings, store = services.settings, services.store
    own = caller.scope.tenant == settings.tenant
    return IndexFigures(
        points=points,
        disk_bytes=await store.run(disk_bytes, settings.index_dir) if own and not settings.store.url else None,
        model=services.model_name,
        fingerprint=await store.fingerprint(),
        layout=await store.layout() if own else {},
    )
