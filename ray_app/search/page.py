"""One page of hits in the order that was asked for. Runs beside the index, since it may ask several times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

from ray_app.records import Explanation, Hit, Part
from ray_app.search.diversity import diverse_order
from ray_app.store.collections import CHUNKS, CONTENTS
from ray_app.store.fusion import shares_of
from ray_app.store.hits import PASSAGE_FIELDS, Seen, find_hits, hits_of
from ray_app.store.points import chunk_ids
from ray_app.store.protocol import Between, Filter, HasId, Order, Query, Reader

Sort = Literal["relevance", "newest", "oldest"]


@dataclass(frozen=True, slots=True)
class Wish:
    """How many hits, and in which order.

    By date or with `diversity` the hits are chosen among the `pool` most relevant documents. By date they come after
    `last_date`; those with that very date are in `left_out` where they were shown.
    """

    limit: int
    pool: int
    seen: Seen = field(default_factory=Seen)
    sort: Sort = "relevance"
    last_date: str | None = None
    shown: frozenset[str] = frozenset()
    per_document: int = 1
    at_least: float | None = None
    diversity: float = 0.0
    explain: bool = False


async def find_page(store: Reader, query: Query, wish: Wish) -> list[Hit]:
    """At most `wish.limit` hits."""
    by_relevance = wish.sort == "relevance"
    hits = await find_hits(
        store,
        query,
        limit=wish.limit if by_relevance and not wish.diversity else max(wish.limit, wish.pool),
        seen=replace(wish.seen, left_out=wish.seen.left_out | wish.shown) if by_relevance else wish.seen,
        per_document=wish.per_document,
        at_least=wish.at_least,
    )
    if not by_relevance:
        hits = _by_date(hits, wish)
    elif wish.diversity:
        hits = await _diverse(store, hits, wish)
    hits = hits[: wish.limit]
    return await _explained(store, query, hits) if wish.explain else hits


async def list_page(store: Reader, contents: Filter, wish: Wish) -> list[Hit]:
    """Documents by date alone, without a query: each with its first passage. There is no end but the index's."""
    descending = wish.sort == "newest"
    last_date, shown = wish.last_date, set(wish.shown)
    hits: list[Hit] = []
    while len(hits) < wish.limit:
        within = Filter([contents])
        if last_date:
            within = within.and_(Between("date", lte=last_date) if descending else Between("date", gte=last_date))
        within = replace(within, must_not=[HasId(sorted(shown))])
        found, _ = await store.scroll(
            CONTENTS,
            filter=within,
            limit=wish.limit,
            order=Order("date", descending=descending),
            fields=["date", "sha256", "pipeline", "chunks", "tenant"],
        )
        if not found:
            break
        first = [chunk_ids(one.payload, one.payload["tenant"])[0] for one in found if one.payload["chunks"]]
        passages = {one.payload["content"]: one for one in await store.retrieve(CHUNKS, first, fields=PASSAGE_FIELDS)}
        hits += await hits_of(store, [passages[one.id] for one in found if one.id in passages], wish.seen)
        end = found[-1].payload["date"]
        shown = (shown if end == last_date else set()) | {one.id for one in found if one.payload["date"] == end}
        last_date = end
    return hits[: wish.limit]


def _by_date(hits: Sequence[Hit], wish: Wish) -> list[Hit]:
    newest = wish.sort == "newest"
    ordered = sorted(hits, key=lambda hit: hit.content)
    ordered = sorted(ordered, key=lambda hit: _instant(hit.date), reverse=newest)
    if not wish.last_date:
        return ordered
    last = _instant(wish.last_date)
    return [
        hit
        for hit in ordered
        if hit.content not in wish.shown and (_instant(hit.date) <= last if newest else _instant(hit.date) >= last)
    ]


def _instant(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


async def _diverse(store: Reader, hits: Sequence[Hit], wish: Wish) -> list[Hit]:
    vectors = await store.vectors(CHUNKS, [hit.passages[0].id for hit in hits])
    order = diverse_order(
        [hit.score for hit in hits],
        [vectors.get(hit.passages[0].id) for hit in hits],
        diversity=wish.diversity,
        limit=wish.limit,
    )
    return [hits[index] for index in order]


async def _explained(store: Reader, query: Query, hits: Sequence[Hit]) -> list[Hit]:
    """Asks once more: each list alone for where the hits stand in it, and both for what each adds to a score."""
    words = await _parts(store, replace(query, dense=None)) if query.sparse else {}
    meaning = await _parts(store, replace(query, sparse=None)) if query.dense is not None else {}
    shares = await shares_of(store, query, {hit.passages[0].id for hit in hits})
    merged = bool(query.sparse) and query.dense is not None
    return [
        replace(
            hit,
            explanation=Explanation(
                words=words.get(hit.passages[0].id),
                meaning=meaning.get(hit.passages[0].id),
                fusion=query.fusion if merged else None,
                fused=hit.score if merged else None,
                shares=shares.get(hit.passages[0].id),
            ),
        )
        for hit in hits
    ]


async def _parts(store: Reader, query: Query) -> dict[str, Part]:
    found = await store.query(CHUNKS, replace(query, limit=query.candidates), fields=[])
    return {one.id: Part(one.score, rank) for rank, one in enumerate(found, 1)}
