"""The words of a content as they are written, to suggest queries from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from ray_app.store.bm25 import word_indices

# Words that are kept of a content, those of its title first: enough to know its topics by.
MOST_WORDS = 40
# Shorter ones are typed sooner than chosen; longer ones are no words.
_SHORTEST, _LONGEST = 3, 40
_WORD = re.compile(r"[^\W\d_]\w+")


def frequent_words(title: str, passages: Iterable[str], language: str) -> list[str]:
    """Lower-case words of the title, then the most frequent ones of the passages; no stop words, no numbers."""
    counted = Counter(word for passage in passages for word in _words(passage))
    ranked = [word for word, _ in sorted(counted.items(), key=lambda one: (-one[1], one[0]))]
    chosen: dict[str, None] = {}
    for word in [*_words(title), *ranked]:
        if len(chosen) == MOST_WORDS:
            break
        if word not in chosen and word_indices(word, language):
            chosen[word] = None
    return list(chosen)


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if _SHORTEST <= len(word) <= _LONGEST]
