"""Documents of the index: every place that was ever ingested or uploaded, what became of it, and what it says."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from ray_app.errors import QueryError
from ray_app.search.similar import near_duplicates
from ray_app.serving.lookup import (
    all_places,
    content_of,
    document_out,
    find_document,
    first_places,
    matching,
    passages_of,
)
from ray_app.serving.schemas import (
    DocumentDetail,
    DocumentHits,
    DocumentOut,
    DocumentPage,
    MarkedPassage,
    NearDuplicate,
    PassageOut,
    PlaceOut,
    TextPage,
)
from ray_app.serving.services import IndexOf, ServicesOf
from ray_app.store.collections import CHUNKS, DOCUMENTS
from ray_app.store.points import chunk_ids, is_id, labels
from ray_app.store.protocol import AnyOf, Filter
from ray_app.store.queue import WAITING, entries_of
from ray_app.store.scope import ScopedReader

router = APIRouter(prefix="/v1", tags=["documents"])

_CONTENT_FIELDS = set(DocumentDetail.model_fields) - set(DocumentOut.model_fields) - {"near_duplicates", "places"}


@router.get("/documents")
async def documents(
    index: IndexOf,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    source: str | None = None,
    outcome: Literal["queued", "processing", "indexed", "duplicate", "quarantined"] | None = None,
    reason: Annotated[str | None, Query(description="Why it is in quarantine: `GET /v1/quarantine`.")] = None,
    tag: str | None = None,
) -> DocumentPage:
    """A page of documents, in no particular but a stable order."""
    if cursor is not None and not is_id(cursor):
        raise QueryError("invalid-cursor", "cursor is not the `next` of a page before")
    wanted = {"source": source, "outcome": outcome, "reason": reason, "tags": tag}
    which = Filter([AnyOf(field, [value]) for field, value in wanted.items() if value is not None])
    found, following = await index.scroll(DOCUMENTS, filter=which, limit=limit, offset=cursor)
    return DocumentPage(documents=[document_out(place) for place in found], next=following)


@router.get("/documents/{document_id}")
async def document(document_id: str, index: IndexOf, services: ServicesOf) -> DocumentDetail:
    """One document with what is known of its content, and whether it waits to be indexed."""
    # Before its place: what has left the queue by then has all its fields.
    entries = await entries_of(services.store, index.scope.tenant, document_id)
    waiting = any(not entry.kept for entry in entries)
    place = await find_document(index, document_id)
    about = await content_of(index, place) or {}
    known = {name: about[name] for name in _CONTENT_FIELDS if name in about}
    known["labels"] = [asdict(label) for label in labels(about)]
    identity = place.payload.get("content")
    near = await _near_duplicates(index, identity, services.settings.search.near_duplicate) if identity else []
    places = (await all_places(index, [identity])).get(identity, []) if identity else []
    shown = document_out(place).model_dump()
    if waiting and shown["outcome"] not in WAITING:  # what was in work when a later version came is done
        shown["outcome"] = "queued"
    where = [PlaceOut(document_id=one.id, uri=one.payload["uri"], source=one.payload["source"]) for one in places]
    return DocumentDetail(**shown, **known, near_duplicates=near, places=where)


@router.get("/documents/{document_id}/text")
async def text(
    document_id: str,
    index: IndexOf,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    start: Annotated[int, Query(ge=0, description="`next` of the page before.")] = 0,
) -> TextPage:
    """The document's passages in order, as they are indexed; none while it waits, or where it failed."""
    place = await find_document(index, document_id)
    content = await content_of(index, place)
    ids = chunk_ids(content, index.scope.tenant) if content else []
    fields = list(PassageOut.model_fields)
    found = await index.retrieve(CHUNKS, ids[start : start + limit], fields=fields)
    passages = sorted((PassageOut(**one.payload) for one in found), key=lambda passage: passage.ordinal)
    return TextPage(passages=passages, next=start + limit if start + limit < len(ids) else None)


@router.get("/documents/{document_id}/hits")
async def hits(
    document_id: str,
    index: IndexOf,
    q: Annotated[str, Query(max_length=1000, description="Words as in a search: other forms of them match too.")],
) -> DocumentHits:
    """The document's passages that hold a word of the query, in their order, with the words' places in them."""
    place = await find_document(index, document_id)
    content = await content_of(index, place)
    if not content:
        return DocumentHits(hits=[])
    chunks = await passages_of(index, chunk_ids(content, index.scope.tenant))
    found = [
        MarkedPassage(page=one.page, start=one.start, end=one.end, passage=one.text, highlights=list(spans))
        for one, spans in matching(chunks, q, content)
    ]
    return DocumentHits(hits=found)


async def _near_duplicates(index: ScopedReader, content: str, at_least: float) -> list[NearDuplicate]:
    """The documents that say nearly the same, each at its first place."""
    near = await index.run(near_duplicates, content, at_least=at_least)
    first = await first_places(index, [one.content for one in near])
    return [
        NearDuplicate(id=first[one.content].id, uri=first[one.content].payload["uri"], similarity=one.similarity)
        for one in near
        if one.content in first
    ]
