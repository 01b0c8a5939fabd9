"""One page of hits in the order that was asked for. Runs beside the index, since it may ask several times."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Literal

from ray_app.records import Explanation, Hit, Part
from ray_app.search.diversity import diverse_order
from ray_app.store.collections import CHUNKS, CONTENTS
from ray_app.store.dates import instant
from ray_app.store.fusion import shares_of
from ray_app.store.hits import PASSAGE_FIELDS, Seen, find_hits, hits_of
from ray_app.store.points import chunk_ids
from ray_app.store.protocol import Between, Filter, Found, Order, Query, Reader

Sort = Literal["relevance", "newest", "oldest"]
_LISTED = ("date", "sha256", "pipeline", "chunks", "tenant")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A date that the engine can read lies on one side.
_DATED = (Between("date", lt=_EPOCH.isoformat()), Between("date", gte=_EPOCH.isoformat()))


@dataclass(frozen=True, slots=True)
class Wish:
    """How many hits, and in which order.

    By date or with `diversity` the hits are chosen among the `pool` most relevant documents. By relevance those in
    `shown` are passed over. By date, and within a date by the contents' ids, they come after `last_date` and `last_id`.
    """

    limit: int
    pool: int
    seen: Seen = field(default_factory=Seen)
    sort: Sort = "relevance"
    last_date: str | None = None
    last_id: str | None = None
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
    hits: list[Hit] = []
    async with aclosing(_by_date_and_id(store, contents, wish)) as pieces:
        async for found in pieces:
            first = [chunk_ids(one.payload, one.payload["tenant"])[0] for one in found if one.payload["chunks"]]
            passages = await store.retrieve(CHUNKS, first, fields=PASSAGE_FIELDS)
            of_content = {one.payload["content"]: one for one in passages}
            hits += await hits_of(store, [of_content[one.id] for one in found if one.id in of_content], wish.seen)
            if len(hits) >= wish.limit:
                break
    return hits[: wish.limit]


async def _by_date_and_id(store: Reader, contents: Filter, wish: Wish) -> AsyncGenerator[list[Found], None]:
    """The contents after the last that was shown, a piece at a time; those whose date cannot be read come last.

    The engines order by date alone and cannot go on in the middle of one: what shares a date is then read by id.
    """
    date = wish.last_date
    if date or wish.last_id:
        async for found in _of_one_date(store, contents, wish, date, after=wish.last_id):
            yield found
        if not date:
            return
    descending = wish.sort == "newest"
    while True:
        beyond = [Between("date", lt=date) if descending else Between("date", gt=date)] if date else []
        found, _ = await store.scroll(
            CONTENTS,
            filter=Filter([contents, *beyond]),
            limit=wish.limit + 1,
            order=Order("date", descending=descending),
            fields=_LISTED,
        )
        of_dates = [list(group) for _, group in groupby(found, lambda one: instant(one.payload["date"]))]
        if len(found) > wish.limit:
            rest = of_dates.pop()  # there may be more of this date
            if not of_dates:
                date = rest[0].payload["date"]
                async for found in _of_one_date(store, contents, wish, date):
                    yield found
                continue
        if not of_dates:
            break
        date = of_dates[-1][0].payload["date"]
        yield [one for group in of_dates for one in sorted(group, key=lambda one: one.id)]
    async for found in _of_one_date(store, contents, wish, None):
        yield found


async def _of_one_date(
    store: Reader, contents: Filter, wish: Wish, date: str | None, *, after: str | None = None
) -> AsyncGenerator[list[Found], None]:
    """Contents of this date by their ids, after that one; None: those whose date cannot be read."""
    within = Filter([contents, Between("date", gte=date, lte=date)]) if date else Filter([contents], must_not=_DATED)
    offset = after  # the page begins with it
    while True:
        found, offset = await store.scroll(CONTENTS, filter=within, limit=wish.limit + 1, offset=offset, fields=_LISTED)
        yield [one for one in found if one.id != after]
        if not offset:
            return


def _by_date(hits: Sequence[Hit], wish: Wish) -> list[Hit]:
    """As `list_page` orders them."""
    ordered = sorted(hits, key=lambda hit: _rank(hit.date, hit.content, wish.sort))
    if not (wish.last_date or wish.last_id):
        return ordered
    last = _rank(wish.last_date or "", wish.last_id or "", wish.sort)
    return [hit for hit in ordered if _rank(hit.date, hit.content, wish.sort) > last]


def _rank(date: str, content: str, sort: Sort) -> tuple[bool, timedelta, str]:
    when = instant(date)
    since = when - _EPOCH if when else timedelta()
    return when is None, -since if sort == "newest" else since, content


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
