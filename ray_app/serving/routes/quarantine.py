"""Documents that could not be indexed: why, and how many."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from ray_app.ingest.advice import advice
from ray_app.serving.bodies.quarantine import QuarantineFigures, ReasonCount
from ray_app.serving.services import IndexOf
from ray_app.store.quarantine import stages_and_reasons

router = APIRouter(prefix="/v1", tags=["documents"])


@router.get("/quarantine")
async def quarantine(
    index: IndexOf, source: Annotated[str | None, Query(description="Only this source; left out: all.")] = None
) -> QuarantineFigures:
    """Why documents that the caller may see could not be indexed, with how many there are of each reason.

    `POST /v1/documents/{id}/reprocess` gives one of them another try, the job `retry` all of a reason.
    """
    counted = await index.run(stages_and_reasons, source=source)
    reasons = [
        ReasonCount(stage=stage, reason=reason, documents=count, advice=advice(reason))
        for (stage, reason), count in counted.most_common()
    ]
    return QuarantineFigures(documents=counted.total(), reasons=reasons)
