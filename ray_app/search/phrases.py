"""What a document is about in a few phrases: of those that it repeats, the ones nearest to its meaning.

Candidates are up to three words in a row without punctuation, with no stop word at either end; they are ranked by the
cosine of their embedding with the document's and by how often they stand there, and chosen so that they differ
(EmbedRank++, Bennani-Smires et al. 2018, section 4).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ray_app.models.embedder import Embedder
from ray_app.store.bm25 import word_indices

_RUN = re.compile(r"[^\W\d_][\w'’-]*(?:[ \u00a0][^\W\d_][\w'’-]*)*")
_LONGEST = 3
# Candidates that are embedded, the most frequent: a fifth of a second on one core.
_MOST = 64
# How much a phrase loses by being like one that is chosen already.
_ALIKE = 0.5


def key_phrases(
    texts: Sequence[str], language: str, meaning: NDArray[np.float32], embedder: Embedder, *, limit: int
) -> list[tuple[str, float]]:
    """The phrases of a document with passages `texts`, the best first, and how near each is to its meaning (0 to 1).

    `meaning` (dimension,) is the document's vector, of length 1.
    """
    counted = _candidates(texts, language)
    if not counted:
        return []
    phrases = [phrase for phrase, _ in counted]
    vectors = embedder.embed_passages(phrases)
    near = np.clip(vectors @ meaning, 0.0, 1.0)
    weights = near * np.log1p([count for _, count in counted])
    alike = np.clip(vectors @ vectors.T, 0.0, 1.0)
    chosen: list[int] = []
    while len(chosen) < min(limit, len(phrases)):
        penalty = alike[:, chosen].max(axis=1) if chosen else np.zeros(len(phrases))
        worth = weights * (1 - _ALIKE * penalty)
        worth[chosen] = -np.inf
        chosen.append(int(np.argmax(worth)))
    return [(phrases[row], round(float(near[row]), 4)) for row in chosen]


def _candidates(texts: Sequence[str], language: str) -> list[tuple[str, int]]:
    """Phrases as they are written most often, with their numbers, the most frequent first; longer ones before words."""
    counts: Counter[str] = Counter()
    forms: dict[str, Counter[str]] = {}
    for text in texts:
        for phrase in _phrases(text, language):
            key = phrase.lower()
            counts[key] += 1
            forms.setdefault(key, Counter())[phrase] += 1
    ranked = sorted(counts.items(), key=lambda one: (-one[1] * len(one[0].split()) ** 0.5, one[0]))
    return [(forms[key].most_common(1)[0][0], count) for key, count in ranked[:_MOST]]


def _phrases(text: str, language: str) -> Iterator[str]:
    for run in _RUN.finditer(text):
        words = run.group().replace("\u00a0", " ").split(" ")
        content = [len(word) > 2 and bool(word_indices(word.lower(), language)) for word in words]
        for start in range(len(words)):
            for end in range(start + 1, min(start + _LONGEST, len(words)) + 1):
                if content[start] and content[end - 1]:
                    yield " ".join(words[start:end])
