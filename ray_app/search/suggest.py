"""What a person may be about to type: titles and words of documents that they may see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ray_app.store.bm25 import query_vector
from ray_app.store.collections import CONTENTS, DOCUMENTS
from ray_app.store.protocol import AnyOf, Condition, Filter, Found, Prefix, Reader

# Titles among the suggestions at most, so that words are left room.
_TITLES = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A query: words before the last one as they were typed, and a word or a title; and in how many documents it is.

    The number counts only the documents that were read for the suggestions.
    """

    text: str
    kind: Literal["word", "title"]
    documents: int


async def suggest(
    store: Reader, typed: str, *, languages: Sequence[str], limit: int, most_documents: int
) -> list[Suggestion]:
    """The most frequent completions of the last word among documents that hold the words before it.

    Looks at `most_documents` documents at most, and only at those with a place that `store` shows.
    """
    words = typed.lower().split()
    if not words:
        return []
    last, before = words[-1], words[:-1]
    conditions: list[Condition] = [Prefix("words", last)]
    for word in before:
        indices = list(query_vector(word, languages).indices)
        conditions += [AnyOf("terms", indices)] if indices else []
    found, _ = await store.scroll(CONTENTS, filter=Filter(conditions), limit=most_documents, fields=["words", "title"])
    shown = await _with_places(store, found)
    counted = Counter(word for one in shown for word in one.payload["words"] if word.startswith(last))
    start = " ".join([*typed.split()[:-1], ""])
    completed = [Suggestion(start + word, "word", count) for word, count in _ranked(counted)]
    titles = Counter(title for one in shown if _begins(title := one.payload["title"], words))
    named = [Suggestion(title, "title", count) for title, count in _ranked(titles)][: min(_TITLES, limit // 2)]
    return completed[: limit - len(named)] + named


async def _with_places(store: Reader, contents: Sequence[Found]) -> list[Found]:
    """A content counts once a place names it: until then its document is not finished, or it is gone."""
    which = Filter([AnyOf("content", [one.id for one in contents])])
    named = dict(await store.facet(DOCUMENTS, "content", filter=which, limit=len(contents) or 1))
    return [one for one in contents if one.id in named]


def _begins(title: str, typed: Sequence[str]) -> bool:
    """Whether words of the title begin as the typed ones do."""
    words = title.lower().split()
    return all(any(word.startswith(one) for word in words) for one in typed)


def _ranked(counted: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=lambda one: (-one[1], one[0]))
