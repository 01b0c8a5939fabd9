"""The document that a request names, as the caller may see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields

from ray_app.errors import NotFoundError, RefusedError
from ray_app.records import Chunk
from ray_app.search.highlight import highlight
from ray_app.serving.schemas import DocumentOut
from ray_app.store.bm25 import query_vector
from ray_app.store.collections import CHUNKS, CONTENTS, DOCUMENTS
from ray_app.store.lookup import places_of
from ray_app.store.points import is_id, stemming_of
from ray_app.store.protocol import Found, Payload
from ray_app.store.scope import ScopedReader

_FIELDS = set(DocumentOut.model_fields) - {"id"}
_CHUNK_FIELDS = tuple(one.name for one in fields(Chunk))
# Passages that are asked for at a time.
_MOST_PASSAGES = 1000


async def find_document(index: ScopedReader, document_id: str) -> Found:
    """Its place. Raises NotFoundError where there is none, or none that the caller may see."""
    found = await index.retrieve(DOCUMENTS, [document_id]) if is_id(document_id) else []
    if not found or found[0].payload["outcome"] == "deleted":
        raise NotFoundError(f"no document has the id {document_id!r}")
    return found[0]


async def content_of(index: ScopedReader, place: Found) -> Payload | None:
    """What is known of the document's content, None while nothing is."""
    identity = place.payload.get("content")
    found = await index.retrieve(CONTENTS, [identity]) if identity else []
    return found[0].payload if found else None


async def passages_of(index: ScopedReader, ids: Sequence[str]) -> list[Chunk]:
    """The passages with these ids, in their order."""
    found: list[Chunk] = []
    for start in range(0, len(ids), _MOST_PASSAGES):
        page = await index.retrieve(CHUNKS, ids[start : start + _MOST_PASSAGES], fields=_CHUNK_FIELDS)
        found += [Chunk(**one.payload) for one in page]
    return sorted(found, key=lambda chunk: chunk.ordinal)


def matching(chunks: Sequence[Chunk], query: str, content: Payload) -> list[tuple[Chunk, tuple[tuple[int, int], ...]]]:
    """The passages of a content that hold a word of the query, stemmed as in a search, with the words' spans."""
    language = stemming_of(content)
    wanted = frozenset(query_vector(query, [language]).indices) if query.strip() else frozenset()
    found = [(one, highlight(one.text, wanted, language)) for one in chunks] if wanted else []
    return [(one, spans) for one, spans in found if spans]


async def first_places(index: ScopedReader, contents: Sequence[str]) -> dict[str, Found]:
    """Of each of the contents the first place, by its URI, that the caller may see."""
    return {content: places[0] for content, places in (await all_places(index, contents)).items()}


async def all_places(index: ScopedReader, contents: Sequence[str]) -> dict[str, list[Found]]:
    """Of each of the contents the places that the caller may see, by URI; those without any are left out."""
    places: dict[str, list[Found]] = defaultdict(list)
    for place in sorted(await places_of(index, contents), key=lambda place: str(place.payload["uri"])):
        places[place.payload["content"]].append(place)
    return places


def check_outermost(place: Found, wish: str) -> None:
    """Raises RefusedError for a document inside another: it comes and goes with that one."""
    parent = place.payload.get("parent")
    if parent:
        raise RefusedError("conflict", f"document {place.id} lies inside document {parent}: {wish} that one")


def document_out(place: Found) -> DocumentOut:
    """The document as the API shows it."""
    known = {name: place.payload[name] for name in _FIELDS if place.payload.get(name) is not None}
    return DocumentOut(id=place.id, **known)
