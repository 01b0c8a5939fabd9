"""What documents are about, and which say nearly the same."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query

from ray_app.errors import QueryError
from ray_app.search.groups import duplicate_groups
from ray_app.search.like import vector_of_document
from ray_app.search.phrases import key_phrases
from ray_app.serving.bodies.similar import DuplicateGroup, DuplicateGroups, KeyPhrase, KeyPhrases, Member
from ray_app.serving.lookup import all_places, content_of, find_document, passages_of
from ray_app.serving.services import IndexOf, ServicesOf
from ray_app.store.collections import CONTENTS
from ray_app.store.points import chunk_ids, is_id, stemming_of

router = APIRouter(prefix="/v1", tags=["documents"])

# The beginning of a very long document says what it is about.
_MOST_PASSAGES = 256


@router.get("/documents/{document_id}/key-phrases")
async def phrases(
    document_id: str,
    index: IndexOf,
    services: ServicesOf,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> KeyPhrases:
    """What a document is about: the phrases of its text that are nearest to its meaning, and differ from each other."""
    content = await content_of(index, await find_document(index, document_id))
    if not content or not content.get("has_text"):
        return KeyPhrases(document_id=document_id, phrases=[])
    meaning, _ = await index.run(vector_of_document, document_id)
    ids = chunk_ids(content, index.scope.tenant)[:_MOST_PASSAGES]
    texts = [one.text for one in await passages_of(index, ids)]
    language = stemming_of(content)
    found = await asyncio.to_thread(key_phrases, texts, language, meaning, services.searcher.embedder, limit=limit)
    return KeyPhrases(
        document_id=document_id, phrases=[KeyPhrase(phrase=phrase, score=score) for phrase, score in found]
    )


@router.get("/duplicates")
async def duplicates(
    index: IndexOf,
    services: ServicesOf,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    similarity: Annotated[
        float | None, Query(gt=0, le=1, description="Least share of common wording; as the settings say if unset.")
    ] = None,
) -> DuplicateGroups:
    """Groups of documents that say nearly the same: versions, form letters, copies with another footer."""
    if cursor is not None and not is_id(cursor):
        raise QueryError("invalid-cursor", "cursor is not the `next` of a page before")
    at_least = similarity or services.settings.search.near_duplicate
    groups, following = await index.run(duplicate_groups, at_least=at_least, limit=limit, offset=cursor)
    ids = [one for group in groups for one in group.contents]
    places = await all_places(index, ids)
    titles = {one.id: str(one.payload["title"]) for one in await index.retrieve(CONTENTS, ids, fields=["title"])}
    shown = [
        DuplicateGroup(
            similarity=group.similarity,
            documents=[
                Member(
                    document_id=places[one][0].id,
                    uri=places[one][0].payload["uri"],
                    title=titles[one],
                    places=[place.payload["uri"] for place in places[one]],
                )
                for one in group.contents
                if one in places
            ],
        )
        for group in groups
    ]
    return DuplicateGroups(groups=shown, next=following)
