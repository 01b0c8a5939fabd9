"""Which words of a passage the query's words match."""

from __future__ import annotations

import re
from collections.abc import Set

from ray_app.store.bm25 import word_indices

_WORD = re.compile(r"\w+")


def highlight(passage: str, wanted: Set[int], language: str) -> tuple[tuple[int, int], ...]:
    """Spans within the passage whose word has one of the query's BM25 indices, in order."""
    words = set(_WORD.findall(passage))
    matching = {word for word in words if not wanted.isdisjoint(word_indices(word.lower(), language))}
    if not matching:
        return ()
    return tuple(match.span() for match in _WORD.finditer(passage) if match.group() in matching)
