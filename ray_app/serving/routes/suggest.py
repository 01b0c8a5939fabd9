"""Suggestions of queries while they are typed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from ray_app.search.suggest import suggest as find_suggestions
from ray_app.serving.bodies.suggest import SuggestionOut, Suggestions
from ray_app.serving.services import IndexOf, ServicesOf

router = APIRouter(prefix="/v1", tags=["search"])


@router.get("/suggest")
async def suggest(
    services: ServicesOf,
    index: IndexOf,
    prefix: Annotated[
        str, Query(description="What was typed so far; the last word may be unfinished.", max_length=200)
    ],
    limit: Annotated[int, Query(ge=1, le=50)] = 8,
) -> Suggestions:
    """Completions from the titles and the most frequent words of the documents that the caller may see."""
    found = await index.run(
        find_suggestions,
        prefix,
        languages=await services.searcher.languages.of(index.scope.tenant),
        limit=limit,
        most_documents=services.settings.search.suggestions,
    )
    return Suggestions(
        suggestions=[SuggestionOut(text=one.text, kind=one.kind, documents=one.documents) for one in found]
    )
