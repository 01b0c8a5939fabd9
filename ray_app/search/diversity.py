"""Hits that say different things: maximal marginal relevance (Carbonell & Goldstein 1998)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def diverse_order(
    relevance: Sequence[float], vectors: Sequence[NDArray[np.float32] | None], *, diversity: float, limit: int
) -> list[int]:
    """The indices of at most `limit` items, each the best of those left: relevant, and unlike those before it.

    `diversity` from 0 (relevance alone) to 1 (difference alone). Vectors have length 1; an item without one is like
    no other. Relevance is scaled to 0 to 1 first, since cosines are.
    """
    scores = _scaled(np.asarray(relevance, np.float64))
    dimension = next((len(vector) for vector in vectors if vector is not None), 1)
    matrix = np.zeros((len(vectors), dimension), np.float32)
    for row, vector in enumerate(vectors):
        if vector is not None:
            matrix[row] = vector
    likeness = np.zeros(len(scores))
    chosen: list[int] = []
    left = np.ones(len(scores), bool)
    while left.any() and len(chosen) < limit:
        worth = np.where(left, (1 - diversity) * scores - diversity * likeness, -np.inf)
        best = int(np.argmax(worth))
        chosen.append(best)
        left[best] = False
        likeness = np.maximum(likeness, matrix @ matrix[best])
    return chosen


def _scaled(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    if not len(scores) or np.ptp(scores) == 0:
        return np.ones_like(scores)
    return np.asarray((scores - scores.min()) / np.ptp(scores))
