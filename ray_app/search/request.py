"""What a person may ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ray_app.errors import QueryError
from ray_app.search.asked import Asked, read_query
from ray_app.search.cursor import Cursor, read_cursor, request_digest
from ray_app.search.filters import FIELDS, Wanted, read_filters
from ray_app.search.like import Like
from ray_app.search.page import Sort
from ray_app.settings import SearchSettings
from ray_app.store.protocol import Filter

__all__ = ["COUNTABLE", "FACETS", "FIELDS", "Mode", "Plan", "SearchRequest", "plan_search"]

Mode = Literal["hybrid", "dense", "lexical"]
# What is counted unless told otherwise, and all that can be: years are several questions to the index.
FACETS = ("source", "folder", "language", "media_type", "label", "risk", "entity")
COUNTABLE = (*FACETS, "date")
# Folders lie within each other: who filters by one looks for those below it.
_NESTED = {"folder"}


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """One search. `filters` are as `filters.read_filters` reads them.

    `passages` is how many passages of each document are wanted. `sentences` and `rerank` are as the settings say
    where they are None.
    """

    query: str = ""
    mode: Mode = "hybrid"
    limit: int = 10
    filters: Mapping[str, Any] | None = None
    facets: Sequence[str] = FACETS
    sort: Sort = "relevance"
    cursor: str | None = None
    like: Like | None = None
    passages: int = 1
    explain: bool = False
    min_score: float | None = None
    diversity: float = 0.0
    sentences: bool | None = None
    rerank: bool | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A request that was found good, with its parts read.

    `apart` has, for each facet whose field is filtered by, the filter but for that field: among what passes it, other
    values can be counted than those that are wanted already.
    """

    request: SearchRequest
    mode: Mode | Literal["filtered"]
    asked: Asked
    wanted: Wanted
    apart: Mapping[str, Filter]
    cursor: Cursor
    sentences: bool


def plan_search(request: SearchRequest, settings: SearchSettings) -> Plan:
    """Raises QueryError, with a stable reason, where the request cannot be answered."""
    _check_sizes(request, settings)
    request = replace(request, facets=tuple(dict.fromkeys(request.facets)))  # each is counted once
    for name in request.facets:
        if name not in COUNTABLE:
            raise QueryError("unknown-facet", f"unknown facet {name!r}: there are {', '.join(COUNTABLE)}")
    mode, asked = _what(request)
    return Plan(
        request,
        mode,
        asked,
        read_filters(request.filters, settings),
        _apart(request, settings),
        read_cursor(request.cursor, _digest(request)),
        settings.sentences if request.sentences is None else request.sentences,
    )


def _what(request: SearchRequest) -> tuple[Mode | Literal["filtered"], Asked]:
    """By what the documents are found."""
    if request.like:
        if request.query.strip() or (request.like.document_id is None) == (request.like.text is None):
            raise QueryError("invalid-like", "like takes either a document_id or a text, and no query beside it")
        if request.like.text is not None and not request.like.text.strip():
            raise QueryError("empty-query", "the text in like is empty")
        return "dense", Asked("")
    if not request.query.strip() and request.sort != "relevance":
        return "filtered", Asked("")
    return request.mode, read_query(request.query)


def _apart(request: SearchRequest, settings: SearchSettings) -> dict[str, Filter]:
    filters = request.filters or {}
    return {
        facet: read_filters({name: one for name, one in filters.items() if name != facet}, settings).counted
        for facet in request.facets
        if facet in filters and facet not in _NESTED
    }


def _check_sizes(request: SearchRequest, settings: SearchSettings) -> None:
    most = settings.max_query_chars
    if len(request.query) > most or len((request.like and request.like.text) or "") > most:
        raise QueryError("query-too-large", f"a query, or the text in like, may have {most} characters")
    if not 1 <= request.limit <= settings.max_limit:
        raise QueryError("limit-out-of-range", f"limit must be between 1 and {settings.max_limit}")
    if not 1 <= request.passages <= settings.max_passages:
        raise QueryError("limit-out-of-range", f"passages must be between 1 and {settings.max_passages}")
    if not 0 <= request.diversity <= 1:
        raise QueryError("limit-out-of-range", "diversity must be between 0 and 1")


def _digest(request: SearchRequest) -> str:
    """Pages may differ in their size and in what they show of a hit, not in what is found."""
    like = request.like
    return request_digest(
        {
            "query": request.query,
            "mode": request.mode,
            "filters": request.filters or {},
            "sort": request.sort,
            "like": [like.document_id, like.text] if like else None,
            "min_score": request.min_score,
            "diversity": request.diversity,
            "rerank": request.rerank,
        }
    )
