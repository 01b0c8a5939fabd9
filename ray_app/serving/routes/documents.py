"""Documents of the index: every place that was ever ingested, and what became of it."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from ray_app.errors import NotFoundError, QueryError
from ray_app.search.similar import near_duplicates
from ray_app.serving.schemas import DocumentDetail, DocumentOut, DocumentPage, NearDuplicate
from ray_app.serving.services import IndexOf, ServicesOf
from ray_app.store.collections import CONTENTS, DOCUMENTS
from ray_app.store.protocol import AnyOf, Filter, Found
from ray_app.store.scope import ScopedReader

router = APIRouter(prefix="/v1", tags=["documents"])

_PLACE_FIELDS = set(DocumentOut.model_fields) - {"id"}
_CONTENT_FIELDS = set(DocumentDetail.model_fields) - set(DocumentOut.model_fields) - {"near_duplicates"}
_MOST_PLACES = 1000


@router.get("/documents")
async def documents(
    index: IndexOf,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    source: str | None = None,
    outcome: Literal["indexed", "duplicate", "quarantined"] | None = None,
) -> DocumentPage:
    """A page of documents, in no particular but a stable order."""
    if cursor is not None and not _is_uuid(cursor):
        raise QueryError("invalid-cursor", "cursor is not the `next` of a page before")
    wanted = {"source": source, "outcome": outcome}
    which = Filter([AnyOf(field, [value]) for field, value in wanted.items() if value is not None])
    found, following = await index.scroll(DOCUMENTS, filter=which, limit=limit, offset=cursor)
    return DocumentPage(documents=[_document(place) for place in found], next=following)


@router.get("/documents/{document_id}")
async def document(document_id: str, index: IndexOf, services: ServicesOf) -> DocumentDetail:
    """One document with what is known of its content."""
    found = await index.retrieve(DOCUMENTS, [document_id]) if _is_uuid(document_id) else []
    if not found:
        raise NotFoundError(f"no document has the id {document_id!r}")
    place = found[0]
    identity = place.payload.get("content")
    contents = await index.retrieve(CONTENTS, [identity]) if identity else []
    about = contents[0].payload if contents else {}
    known = {name: about[name] for name in _CONTENT_FIELDS if name in about}
    at_least = services.settings.search.near_duplicate
    near = await _near_duplicates(index, identity, at_least) if identity else []
    return DocumentDetail(**_document(place).model_dump(), **known, near_duplicates=near)


async def _near_duplicates(index: ScopedReader, content: str, at_least: float) -> list[NearDuplicate]:
    """The documents that say nearly the same, each at its first place."""
    near = await index.run(near_duplicates, content, at_least=at_least)
    which = Filter([AnyOf("content", [one.content for one in near])])
    places, _ = await index.scroll(DOCUMENTS, filter=which, limit=_MOST_PLACES, fields=["content", "uri"])
    first: dict[str, Found] = {}
    for place in sorted(places, key=lambda place: str(place.payload["uri"])):
        first.setdefault(place.payload["content"], place)
    return [
        NearDuplicate(id=first[one.content].id, uri=first[one.content].payload["uri"], similarity=one.similarity)
        for one in near
        if one.content in first
    ]


def _document(place: Found) -> DocumentOut:
    return DocumentOut(id=place.id, **{name: place.payload[name] for name in _PLACE_FIELDS if name in place.payload})


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
