"""Classification of texts that are not in the index."""

from __future__ import annotations

from fastapi import APIRouter

from ray_app.serving.limits import check_texts
from ray_app.serving.schemas import ClassifyBody, ClassifyResult, LabelOut
from ray_app.serving.services import ServicesOf

router = APIRouter(prefix="/v1", tags=["models"])


@router.post("/classify")
async def classify(body: ClassifyBody, services: ServicesOf) -> ClassifyResult:
    """Labels with probabilities, by the trained classifier or, where there is none, by the labels' descriptions."""
    check_texts(body.texts, services.settings.serving)
    results = await services.classify(body.texts)
    return ClassifyResult(
        results=[
            [LabelOut(label=one.label, probability=one.probability, method=one.method) for one in labels]
            for labels in results
        ]
    )
