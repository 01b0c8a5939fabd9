"""How many documents match, and the values of their fields. Runs beside the index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ray_app.search.asked import Asked
from ray_app.store.bm25 import query_vector
from ray_app.store.collections import CONTENTS, DOCUMENTS
from ray_app.store.protocol import AnyOf, Condition, Filter, HasId, NotOnly, SparseVector
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
    store: ScopedReader, fields: Sequence[str], *, filter: Filter, limit: int
) -> tuple[int, list[list[tuple[str, int]]]]:
    """How many contents pass the filter, and the values of each field among them."""
    visible = await store.visible()
    if visible is not None:
        within = await _as_seen(store, filter, set(visible))
        filter = within if isinstance(within, Filter) else Filter([within])
    total = await store.count(CONTENTS, filter)
    return total, [await store.facet(CONTENTS, field, filter=filter, limit=limit) for field in fields]


async def _as_seen(store: ScopedReader, condition: Condition, visible: set[str]) -> Condition:
    """The condition without what it would tell of hidden places: a content names the sources and folders of all."""
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
