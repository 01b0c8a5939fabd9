"""Classification of texts that are not in the index."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter

from ray_app.models.classification.classifier import Judgement
from ray_app.models.classification.explanation import shortened
from ray_app.serving.limits import check_texts
from ray_app.serving.schemas import ClassifiedText, ClassifyBody, ClassifyResult, LabelOut, StepOut, TermOut
from ray_app.serving.services import CallerOf, ServicesOf

router = APIRouter(prefix="/v1", tags=["models"])

# Words that are told one by one; the rest is told as a sum.
_TERMS = 20


@router.post("/classify")
async def classify(body: ClassifyBody, services: ServicesOf, caller: CallerOf) -> ClassifyResult:
    """Labels with probabilities, by the trained classifier or, where there is none, by the labels' descriptions."""
    check_texts(body.texts, services.settings.serving)
    judged = await services.classify(caller.scope.tenant, body.texts, [], body.explain)
    return ClassifyResult(results=[classified(one) for one in judged])


def classified(judgement: Judgement) -> ClassifiedText:
    """A judgement as the API tells it."""
    first, *others = judgement.labels
    return ClassifiedText(
        **asdict(first),
        path=[StepOut(label=step.label, probability=step.probability) for step in judgement.path],
        alternatives=[LabelOut(**asdict(one)) for one in others],
        terms=[TermOut(term=one.term, weight=one.weight) for one in shortened(judgement.terms, _TERMS)],
    )
