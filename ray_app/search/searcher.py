"""A search as a stream of events: first by words alone, then merged with meaning, then the counts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from ray_app.errors import QueryError
from ray_app.models.embedder import Embedder
from ray_app.records import Hit
from ray_app.search.highlight import highlight
from ray_app.search.request import FIELDS, SearchRequest, check_facets, conditions, place_conditions
from ray_app.settings import Settings
from ray_app.store.bm25 import query_vector
from ray_app.store.collections import CONTENTS
from ray_app.store.hits import find_hits
from ray_app.store.protocol import AnyOf, Filter, Query, Reader, SparseVector, Store
from ray_app.store.scope import Scope, ScopedReader

EventName = Literal["hits", "facets", "done"]
# How long the set of the index's languages is believed; it decides how a query's words are stemmed.
_LANGUAGES_TTL_S = 30.0
_LANGUAGES = 20


@dataclass(frozen=True, slots=True)
class Event:
    """One step of an answer; `data` is ready for JSON."""

    name: EventName
    data: dict[str, Any]


@dataclass(slots=True)
class _Clock:
    """Milliseconds that each step took."""

    started: float = field(default_factory=time.perf_counter)
    taken: dict[str, float] = field(default_factory=dict)

    def lap(self, step: str, since: float) -> None:
        self.taken[f"{step}_ms"] = round((time.perf_counter() - since) * 1000, 2)


class Searcher:
    """Answers searches over one index with one embedding model. Safe for many searches at a time."""

    def __init__(self, store: Store, embedder: Embedder, settings: Settings) -> None:
        self._store = store
        self._embedder = embedder
        self._settings = settings
        self._languages: dict[str, tuple[float, list[str]]] = {}

    async def search(self, request: SearchRequest, scope: Scope) -> AsyncGenerator[Event, None]:
        """`hits` for each stage, then `facets`, then `done` with timings, of what lies in the scope.

        Raises QueryError where the request is wrong. Closing the iterator stops
        the work.
        """
        self.check(request)
        clock = _Clock()
        embedding = asyncio.ensure_future(self._embed(request, clock))
        try:
            index = ScopedReader(self._store, scope)
            words = query_vector(request.query, await self._known_languages(scope.tenant))
            if request.mode != "dense":
                yield await self._hits("lexical", request, index, words, None, clock)
            if request.mode != "lexical":
                stage = "hybrid" if request.mode == "hybrid" else "dense"
                yield await self._hits(stage, request, index, words, await embedding, clock)
            if request.facets:
                yield await self._facets(request, index, words, clock)
            clock.lap("total", clock.started)
            yield Event("done", {"timings": clock.taken})
        finally:
            embedding.cancel()

    def check(self, request: SearchRequest) -> None:
        """Raises QueryError where the request cannot be answered."""
        if not request.query.strip():
            raise QueryError("empty-query", "the query is empty: say what to look for")
        if not 1 <= request.limit <= self._settings.search.max_limit:
            raise QueryError("limit-out-of-range", f"limit must be between 1 and {self._settings.search.max_limit}")
        conditions(request.filters)
        check_facets(request.facets)

    async def _hits(
        self,
        stage: str,
        request: SearchRequest,
        index: ScopedReader,
        words: SparseVector,
        dense: list[float] | None,
        clock: _Clock,
    ) -> Event:
        started = time.perf_counter()
        sparse = words if words.indices and stage != "dense" else None
        found: list[Hit] = []
        if sparse or dense:  # a query of stop words alone matches nothing by words
            query = Query(
                limit=request.limit,
                dense=dense,
                sparse=sparse,
                fusion=self._settings.search.fusion,
                candidates=self._settings.search.candidates,
                filter=Filter(conditions(request.filters)),
            )
            places = place_conditions(request.filters)
            found = await index.run(find_hits, query, limit=request.limit, places=places)
        wanted = frozenset(words.indices)
        hits = [asdict(replace(hit, highlights=highlight(hit.passage, wanted, hit.language))) for hit in found]
        clock.lap(stage, started)
        return Event("hits", {"stage": stage, "hits": hits})

    async def _facets(self, request: SearchRequest, index: ScopedReader, words: SparseVector, clock: _Clock) -> Event:
        """Counts documents that pass the filters and hold one of the words (by meaning: all that pass)."""
        started = time.perf_counter()
        matching = Filter(conditions(request.filters))
        if request.mode != "dense" and words.indices:
            matching = matching.and_(AnyOf("terms", list(words.indices)))
        limit = self._settings.search.facet_values
        fields = [FIELDS[name] for name in request.facets]
        total, counted = await index.run(count_facets, fields, filter=matching, limit=limit)
        clock.lap("facets", started)
        facets = {
            name: [{"value": value, "count": count} for value, count in values]
            for name, values in zip(request.facets, counted, strict=True)
        }
        return Event("facets", {"total": total, "facets": facets})

    async def _embed(self, request: SearchRequest, clock: _Clock) -> list[float] | None:
        if request.mode == "lexical":
            return None
        started = time.perf_counter()
        vectors = await asyncio.to_thread(self._embedder.embed_queries, [request.query])
        clock.lap("embed", started)
        return [float(value) for value in vectors[0]]

    async def _known_languages(self, tenant: str) -> list[str]:
        read, languages = self._languages.get(tenant, (float("-inf"), []))
        if time.monotonic() - read > _LANGUAGES_TTL_S:
            of_tenant = Filter([AnyOf("tenant", [tenant])])
            counted = await self._store.facet(CONTENTS, "language", filter=of_tenant, limit=_LANGUAGES)
            languages = [language for language, _ in counted]
            self._languages[tenant] = (time.monotonic(), languages)
        return languages


async def count_facets(
    store: Reader, fields: Sequence[str], *, filter: Filter, limit: int
) -> tuple[int, list[list[tuple[str, int]]]]:
    """How many contents pass the filter, and the values of each field among them."""
    total = await store.count(CONTENTS, filter)
    return total, [await store.facet(CONTENTS, field, filter=filter, limit=limit) for field in fields]


async def answer(searcher: Searcher, request: SearchRequest, scope: Scope) -> dict[str, Any]:
    """The whole search as one object: the last hits, facets, total and timings."""
    result: dict[str, Any] = {"hits": [], "facets": {}, "total": 0, "timings": {}}
    async for event in searcher.search(request, scope):
        result |= event.data
    return result
