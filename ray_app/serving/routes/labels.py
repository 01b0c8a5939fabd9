"""Labels that people give, and the queue of documents that they should look at next."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from ray_app.errors import RefusedError
from ray_app.pipeline import text_of
from ray_app.search.review import review_queue
from ray_app.serving.bodies.labels import (
    HistoryOut,
    LabelCount,
    LabelCounts,
    LabelsBody,
    LabelsOut,
    ReviewQueue,
    StatedOut,
    ToReview,
)
from ray_app.serving.caller import Caller
from ray_app.serving.lookup import content_of, document_out, find_document, first_places, passages_of
from ray_app.serving.problems import described
from ray_app.serving.routes.classify import classified
from ray_app.serving.schemas import LabelOut
from ray_app.serving.services import Audit, AuditOf, CallerOf, IndexOf, Services, ServicesOf, requires
from ray_app.store.annotations import Stated, history, state_labels
from ray_app.store.collections import CONTENTS
from ray_app.store.events import append_events, new_event
from ray_app.store.points import chunk_ids
from ray_app.store.points import labels as labels_of
from ray_app.store.protocol import AnyOf, Filter, Found, Payload
from ray_app.store.scope import ScopedReader

router = APIRouter(prefix="/v1", tags=["labels"])

_MOST_LABELS = 1000
_EDITOR = [requires("editor")]


@router.get("/documents/{document_id}/labels")
async def explained(
    document_id: str,
    index: IndexOf,
    services: ServicesOf,
    explain: Annotated[bool, Query(description="Judge the text anew, and tell what moved the decision.")] = False,
) -> LabelsOut:
    """A document's labels; with `explain` also how the classifier in use judges it now, and why.

    The weights of all terms add up to the score: positive ones speak for the label, negative ones against it.
    """
    content = await content_of(index, await find_document(index, document_id)) or {}
    shown = LabelsOut(document_id=document_id, labels=_labels(content))
    if not explain or not content.get("has_text"):
        return shown
    passages = await passages_of(index, chunk_ids(content, index.scope.tenant))
    text = text_of(passages)[: services.settings.serving.max_text_chars]
    (judged,) = await services.classify(index.scope.tenant, [text], [content["title"]], True)
    return shown.model_copy(update={"judged": classified(judged)})


@router.put("/documents/{document_id}/labels", dependencies=_EDITOR, responses=described(409))
async def state(
    document_id: str, body: LabelsBody, index: IndexOf, services: ServicesOf, caller: CallerOf, audit: AuditOf
) -> LabelsOut:
    """Says what a document is. It counts at once, for all its copies, and no run or classifier ever overwrites it."""
    return await _state(document_id, tuple(dict.fromkeys(body.labels)), index, services, caller, audit)


@router.delete("/documents/{document_id}/labels", dependencies=_EDITOR, responses=described(409))
async def withdraw(
    document_id: str, index: IndexOf, services: ServicesOf, caller: CallerOf, audit: AuditOf
) -> LabelsOut:
    """Withdraws what people said: the document has the classifier's labels again. The history keeps it."""
    return await _state(document_id, (), index, services, caller, audit)


@router.get("/documents/{document_id}/history")
async def told(document_id: str, index: IndexOf, services: ServicesOf) -> HistoryOut:
    """When a document was indexed, and who labelled it when."""
    place = await find_document(index, document_id)
    content = await content_of(index, place)
    stated = await history(services.store, place.payload["content"]) if content else []
    return HistoryOut(
        document_id=document_id,
        indexed=(content or {}).get("updated"),
        run=(content or {}).get("run"),
        labelled=[StatedOut(at=one.at, who=one.who, labels=[*one.labels], before=[*one.before]) for one in stated],
    )


@router.get("/labels")
async def all_labels(index: IndexOf) -> LabelCounts:
    """Every label in use, of the documents that the caller may see."""
    counted = await index.facet(CONTENTS, "label", limit=_MOST_LABELS)
    stated = dict(await index.facet(CONTENTS, "stated", limit=_MOST_LABELS))
    return LabelCounts(
        labels=[LabelCount(label=name, documents=count, stated=stated.get(name, 0)) for name, count in counted]
    )


@router.get("/review")
async def review(
    index: IndexOf,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    source: str | None = None,
    label: Annotated[str | None, Query(description="Only documents that the classifier takes for this.")] = None,
) -> ReviewQueue:
    """The documents whose label would teach the classifier most: the least sure, and of those the most typical."""
    wanted = {"sources": source, "label": label}
    which = Filter([AnyOf(field, [value]) for field, value in wanted.items() if value is not None])
    queue = await index.run(review_queue, limit=limit, filter=which)
    contents = {one.id: one.payload for one in await index.retrieve(CONTENTS, [one.content for one in queue])}
    places = await first_places(index, list(contents))
    return ReviewQueue(
        documents=[
            _to_review(places[one.content], contents[one.content], one.value) for one in queue if one.content in places
        ]
    )


async def _state(
    document_id: str, labels: tuple[str, ...], index: ScopedReader, services: Services, caller: Caller, audit: Audit
) -> LabelsOut:
    place = await find_document(index, document_id)
    content = await content_of(index, place)
    if content is None:
        raise RefusedError("conflict", f"document {document_id} is not indexed (yet): there is nothing to label")
    tenant, source = caller.scope.tenant, place.payload["source"]
    said = Stated(tenant=tenant, content=place.payload["content"], labels=labels, who=caller.who)
    made = await state_labels(services.store, said)
    data = {"document": document_id, "labels": list(labels), "before": list(made.before), "who": caller.name}
    await append_events(services.store, [new_event("label", tenant=tenant, source=source, data=data)])
    await audit("document.label" if labels else "document.unlabel", document_id, ", ".join(labels))
    return LabelsOut(document_id=document_id, labels=_labels(await content_of(index, place) or {}))


def _to_review(place: Found, content: Payload, value: float) -> ToReview:
    return ToReview(document=document_out(place), title=content["title"], labels=_labels(content), value=value)


def _labels(content: Payload) -> list[LabelOut]:
    return [LabelOut(**asdict(one)) for one in labels_of(content)]
