"""A search as a stream of events: first by words alone, then merged with meaning, then the counts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ray_app.models.embedder import Embedder
from ray_app.records import Hit
from ray_app.search.cursor import following
from ray_app.search.events import Clock, Event
from ray_app.search.facets import count_facets, word_conditions
from ray_app.search.filters import FIELDS
from ray_app.search.languages import KnownLanguages
from ray_app.search.like import vector_of_document, vector_of_text
from ray_app.search.page import Wish, find_page, list_page
from ray_app.search.request import Plan, SearchRequest, plan_search
from ray_app.search.shown import to_json, with_sentences, with_words
from ray_app.settings import SearchSettings, Settings
from ray_app.store.bm25 import query_vector
from ray_app.store.hits import Seen
from ray_app.store.protocol import Condition, Filter, Query, SparseVector, Store
from ray_app.store.scope import Scope, ScopedReader

# A query and texts to how well each answers it: more is better.
Rerank = Callable[[str, list[str]], Awaitable[list[float]]]


@dataclass(frozen=True, slots=True)
class _Target:
    """What meaning is compared with, and the contents that are left out: of the document that hits shall be like."""

    vector: NDArray[np.float32] | None
    left_out: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What a search found, for those who go on from there: the text that was looked for, as a vector and as words."""

    hits: list[Hit]
    asked: str
    vector: NDArray[np.float32] | None
    words: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Task:
    """One search on its way."""

    plan: Plan
    index: ScopedReader
    words: SparseVector
    clock: Clock
    reranks: bool
    whole: bool = False


class Searcher:
    """Answers searches over one index with one embedding model. Safe for many searches at a time."""

    def __init__(self, store: Store, embedder: Embedder, settings: Settings, rerank: Rerank | None = None) -> None:
        self._store = store
        self.embedder = embedder
        self._settings = settings
        self._rerank = rerank
        self.languages = KnownLanguages(store)

    @property
    def limits(self) -> SearchSettings:
        """What a request may ask for."""
        return self._settings.search

    async def search(self, request: SearchRequest, scope: Scope, *, whole: bool = False) -> AsyncGenerator[Event, None]:
        """`hits` for each stage, then `facets`, then `done` with timings, of what lies in the scope.

        With `whole` nobody looks before the end: there are no hits by words alone, and counting does not wait for hits.
        Raises QueryError where the request is wrong, NotFoundError where the document to be like is not there.
        Closing the iterator stops the work.
        """
        plan = self.check(request)
        clock = Clock()
        index = ScopedReader(self._store, scope)
        aiming = asyncio.ensure_future(self._target(plan, index, clock))
        counting: asyncio.Future[Event] | None = None
        try:
            task = _Task(plan, index, await self._words(plan, scope), clock, self._reranks(plan), whole)
            found: list[Hit] = []
            if request.facets and whole:
                counting = asyncio.ensure_future(self._facets(task))
            async with aclosing(self._stages(task, aiming)) as stages:
                async for stage, found in stages:
                    shown = to_json(found[: request.limit], passages=request.passages)
                    yield Event("hits", {"stage": stage, "hits": shown})
            if request.facets:
                yield await (counting or self._facets(task))
            clock.lap("total", clock.started)
            yield Event("done", {"timings": clock.taken, "next": self._next(plan, found)})
        finally:
            aiming.cancel()
            if counting:
                counting.cancel()

    async def find(self, request: SearchRequest, scope: Scope) -> Retrieved:
        """The final hits alone, in one step."""
        plan = self.check(request)
        index = ScopedReader(self._store, scope)
        clock = Clock()
        target, words = await asyncio.gather(self._target(plan, index, clock), self._words(plan, scope))
        task = _Task(plan, index, words, clock, reranks=False)
        hits = await self._found(plan.mode, task, target, final=True)
        return Retrieved(hits[: request.limit], plan.asked.text, target.vector, frozenset(words.indices))

    def check(self, request: SearchRequest) -> Plan:
        """The request, read. Raises QueryError where it cannot be answered."""
        return plan_search(request, self._settings.search)

    async def _stages(
        self, task: _Task, aiming: asyncio.Future[_Target]
    ) -> AsyncGenerator[tuple[str, list[Hit]], None]:
        """The hits of each stage, where there are more with one too many; the last are the final ones."""
        mode = task.plan.mode
        if mode == "filtered":
            found = await self._listed(task)
        elif mode == "lexical":
            found = await self._found("lexical", task, _Target(None), final=True)
        else:
            if mode == "hybrid" and not task.whole:
                yield "lexical", await self._found("lexical", task, _Target(None), final=False)
            found = await self._found(mode, task, await aiming, final=True)
        if task.plan.sentences and task.plan.asked.text and not task.reranks:
            found = await self._with_sentences(found, task, await aiming)
        yield mode, found
        if task.reranks:
            found = await self._reranked(found, task)
            if task.plan.sentences:
                found = await self._with_sentences(found, task, await aiming)
            yield "reranked", found

    async def _found(self, stage: str, task: _Task, target: _Target, *, final: bool) -> list[Hit]:
        started = time.perf_counter()
        sparse = task.words if task.words.indices and stage != "dense" else None
        if sparse is None and target.vector is None:  # a query of stop words alone matches nothing by words
            return []
        plan, search = task.plan, self._settings.search
        query = Query(
            limit=plan.request.limit,
            dense=None if target.vector is None else target.vector.tolist(),
            sparse=sparse,
            fusion=search.fusion,
            candidates=search.candidates,
            filter=plan.asked.passages.and_(*_told(plan.wanted.contents)),
        )
        found = await task.index.run(find_page, query, self._wish(task, left_out=target.left_out, final=final))
        task.clock.lap(stage, started)
        return with_words(found, frozenset(task.words.indices))

    async def _listed(self, task: _Task) -> list[Hit]:
        started = time.perf_counter()
        found = await task.index.run(list_page, task.plan.wanted.contents, self._wish(task, final=True))
        task.clock.lap("filtered", started)
        return found

    def _wish(self, task: _Task, *, left_out: frozenset[str] = frozenset(), final: bool) -> Wish:
        """One hit more than is shown tells whether there is another page. A first look needs no more than hits."""
        plan, search = task.plan, self._settings.search
        request = plan.request
        limit = request.limit + 1
        return Wish(
            limit=max(limit, search.rerank_candidates) if task.reranks and final else limit,
            pool=search.diversity_candidates if request.sort == "relevance" else search.window,
            seen=Seen(_told(plan.wanted.places), plan.wanted.exact, left_out, plan.asked.unwanted),
            sort=request.sort,
            last_date=plan.cursor.date,
            last_id=str(plan.cursor.last) if plan.cursor.last else None,
            shown=frozenset(plan.cursor.seen),
            per_document=request.passages,
            at_least=request.min_score if final else None,  # a score of the last stage
            diversity=request.diversity if final else 0.0,
            explain=request.explain and final,
        )

    async def _with_sentences(self, found: list[Hit], task: _Task, target: _Target) -> list[Hit]:
        if target.vector is None:
            return found
        started = time.perf_counter()
        limit, most = task.plan.request.limit, self._settings.search.max_sentences
        marked = await with_sentences(found[:limit], target.vector, self.embedder, most=most)
        task.clock.lap("sentences", started)
        return marked + found[limit:]

    def _reranks(self, plan: Plan) -> bool:
        request = plan.request
        orders = request.sort == "relevance" and not request.diversity and bool(plan.asked.text)
        return self._rerank is not None and request.rerank is not False and orders

    async def _reranked(self, found: Sequence[Hit], task: _Task) -> list[Hit]:
        if not found or not self._rerank:
            return []
        started = time.perf_counter()
        scores = await self._rerank(task.plan.asked.text, [hit.passages[0].text for hit in found])
        judged = [
            replace(
                hit,
                score=score,
                explanation=replace(hit.explanation, reranker=score) if hit.explanation else None,
            )
            for hit, score in zip(found, scores, strict=True)
        ]
        task.clock.lap("reranked", started)
        return sorted(judged, key=lambda hit: -hit.score)

    def _next(self, plan: Plan, found: Sequence[Hit]) -> str | None:
        """The cursor of the next page, None at the end: of what there is, or of the window that a search looks at."""
        limit = plan.request.limit
        by_date = plan.request.sort != "relevance"
        if len(found) <= limit or (not by_date and len(plan.cursor.seen) + limit >= self._settings.search.window):
            return None
        return following(plan.cursor, found[:limit], by_date=by_date).write()

    async def _facets(self, task: _Task) -> Event:
        """Counts documents that pass the filters and hold one of the words (by meaning: all that pass).

        The values of a field are counted as if it were not filtered by: else none but the chosen ones would be left.
        """
        started = time.perf_counter()
        request, search = task.plan.request, self._settings.search
        languages = await self.languages.of(task.index.scope.tenant)
        words = task.words if task.plan.mode in ("hybrid", "lexical") else None
        holding = word_conditions(task.plan.asked, words, languages)
        matching = task.plan.wanted.counted.and_(*holding)
        apart = {FIELDS[name]: filter.and_(*holding) for name, filter in task.plan.apart.items()}
        fields = [FIELDS[name] for name in request.facets]
        total, counted = await task.index.run(
            count_facets, fields, filter=matching, apart=apart, limit=search.facet_values
        )
        task.clock.lap("facets", started)
        facets = {
            name: [{"value": value, "count": count} for value, count in values]
            for name, values in zip(request.facets, counted, strict=True)
        }
        return Event("facets", {"total": total, "facets": facets})

    async def _target(self, plan: Plan, index: ScopedReader, clock: Clock) -> _Target:
        started = time.perf_counter()
        like = plan.request.like
        if like and like.document_id:
            vector, content = await index.run(vector_of_document, like.document_id)
            target = _Target(vector, frozenset([content]))
        elif like and like.text:
            target = _Target(await vector_of_text(self.embedder, like.text))
        elif plan.mode in ("hybrid", "dense") or (plan.sentences and plan.asked.text):
            vectors = await asyncio.to_thread(self.embedder.embed_queries, [plan.asked.text])
            target = _Target(vectors[0])
        else:
            return _Target(None)
        clock.lap("embed", started)
        return target

    async def _words(self, plan: Plan, scope: Scope) -> SparseVector:
        text = plan.asked.text
        return query_vector(text, await self.languages.of(scope.tenant)) if text else SparseVector([], [])


async def answer(searcher: Searcher, request: SearchRequest, scope: Scope) -> dict[str, Any]:
    """The whole search as one object: the last hits, facets, total, next and timings."""
    result: dict[str, Any] = {"hits": [], "facets": {}, "total": 0, "next": None, "timings": {}}
    async for event in searcher.search(request, scope, whole=True):
        result |= event.data
    return result


def _told(filter: Filter) -> list[Condition]:
    """The filter as a condition, where it says anything."""
    return [] if filter.is_empty else [filter]
