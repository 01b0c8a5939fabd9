"""How many documents match, and the values of their fields. Runs beside the index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from ray_app.search.asked import Asked
from ray_app.store.bm25 import query_vector
from ray_app.store.collections import CONTENTS, DOCUMENTS
from ray_app.store.protocol import AnyOf, Between, Condition, Filter, HasId, NotOnly, Order, SparseVector
from ray_app.store.scope import ScopedReader

# Contents in a folder that are counted for a caller from whom sources are hidden, at most.
_MOST_IN_FOLDER = 10_000


def word_conditions(asked: Asked, words: SparseVector | None, languages: Sequence[str]) -> list[Condition]:
    """Contents know which words they hold, not where: of a phrase, that they hold each of its words in some form."""
    conditions: list[Condition] = []
    if words and words.indices:
        conditions.append(AnyOf("terms", list(words.indices)))
    conditions += [one for phrase in asked.present for one in _holds(phrase, languages)]
    for phrase in asked.absent:
        held = _holds(phrase, languages)
        conditions += [Filter(must_not=[Filter(held)])] if held else []
    return conditions


def _holds(phrase: str, languages: Sequence[str]) -> list[Condition]:
    """Conditions on a content that holds each word of the phrase; stop words are not among its terms."""
    vectors = [query_vector(word, languages) for word in phrase.split()]
    return [AnyOf("terms", list(vector.indices)) for vector in vectors if vector.indices]


async def count_facets(
    store: ScopedReader, fields: Sequence[str], *, filter: Filter, apart: Mapping[str, Filter], limit: int
) -> tuple[int, list[list[tuple[str, int]]]]:
    """How many contents pass the filter, and the values of each field among them.

    The values of a field in `apart` are counted among those that pass its own filter instead.
    """
    visible = await store.visible()
    shown = await _shown(store, filter, visible)
    total = await store.count(CONTENTS, shown)
    counted = []
    for field in fields:
        within = await _shown(store, apart[field], visible) if field in apart else shown
        counting = _years(store, within, limit) if field == "date" else _values(store, field, within, limit)
        counted.append(await counting)
    return total, counted


async def _values(store: ScopedReader, field: str, filter: Filter, limit: int) -> list[tuple[str, int]]:
    return await store.facet(CONTENTS, field, filter=filter, limit=limit)


async def _years(store: ScopedReader, filter: Filter, limit: int) -> list[tuple[str, int]]:
    """How many contents are of each year (UTC) that has some, the latest `limit` years."""
    years: list[tuple[str, int]] = []
    latest, left = Order("date", descending=True), filter
    while len(years) < limit:
        found, _ = await store.scroll(CONTENTS, filter=left, limit=1, order=latest, fields=["date"])
        if not found:
            break
        year = f"{datetime.fromisoformat(found[0].payload['date']).astimezone(UTC).year:04}"
        begins = f"{year}-01-01T00:00:00Z"
        years.append((year, await store.count(CONTENTS, left.and_(Between("date", gte=begins)))))
        left = filter.and_(Between("date", lt=begins))
    return years


async def _shown(store: ScopedReader, filter: Filter, visible: Sequence[str] | None) -> Filter:
    """The filter without what it would tell of hidden places."""
    if visible is None:
        return filter
    within = await _as_seen(store, filter, set(visible))
    return within if isinstance(within, Filter) else Filter([within])


async def _as_seen(store: ScopedReader, condition: Condition, visible: set[str]) -> Condition:
    """A content names the sources and folders of all its places, so conditions on them have to look at places."""
    match condition:
        case Filter(must, must_not, should):
            return Filter(
                [await _as_seen(store, one, visible) for one in must],
                [await _as_seen(store, one, visible) for one in must_not],
                [await _as_seen(store, one, visible) for one in should],
            )
        case AnyOf("sources", values):
            return AnyOf("sources", [str(value) for value in values if value in visible])
        case NotOnly("sources", values):
            return AnyOf("sources", sorted(visible - set(values)))
        case AnyOf("folders", _):
            there = await store.facet(DOCUMENTS, "content", filter=Filter([replace(condition)]), limit=_MOST_IN_FOLDER)
            return HasId([identity for identity, _ in there])
        case _:
            return condition
