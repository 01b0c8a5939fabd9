"""Which documents a person should label next: those whose label would teach the classifier most.

Least sure, weighted by how typical a document is of all that are unsure (information density, Settles & Craven 2008,
section 3.3). Each further one counts less the more it resembles one that comes before it, so that twenty in a row are
not twenty siblings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ray_app.records import chunk_id
from ray_app.store.collections import CHUNKS, CONTENTS
from ray_app.store.protocol import Filter, InRange, Missing, Order, Payload, Reader

# The least sure, among which the order is made: their vectors are read.
_POOL = 256
_FIELDS = ("doubt", "tenant", "sha256", "pipeline")


@dataclass(frozen=True, slots=True)
class Unsure:
    """A content without a person's label. `value` (0 to 1) is what a label would teach."""

    content: str
    value: float


async def review_queue(store: Reader, *, limit: int, filter: Filter = Filter()) -> list[Unsure]:
    """The `limit` contents that pass, the most instructive first. Runs beside the index."""
    unlabelled = filter.and_(Missing("stated"), InRange("doubt", gte=0))
    order = Order("doubt", descending=True)
    found, _ = await store.scroll(CONTENTS, filter=unlabelled, limit=_POOL, order=order, fields=_FIELDS)
    if not found:
        return []
    firsts = [_first_passage(one.payload) for one in found]
    vectors = await store.vectors(CHUNKS, firsts)
    nothing = np.zeros_like(next(iter(vectors.values()))) if vectors else np.zeros(1, np.float32)
    meanings = np.stack([vectors.get(first, nothing) for first in firsts])
    doubts = np.array([one.payload["doubt"] for one in found]) / 1000
    return [Unsure(found[row].id, round(value, 6)) for row, value in instructive(doubts, meanings, limit=limit)]


def instructive(
    doubts: NDArray[np.float64], meanings: NDArray[np.float32], *, limit: int
) -> Sequence[tuple[int, float]]:
    """Rows in the order in which labels would teach most, with how much (0 to 1).

    `doubts` (contents,) are 0 to 1, `meanings` (contents, dimension) rows of length 1, or 0 where there is none.
    """
    likeness = np.clip(meanings @ meanings.T, 0.0, 1.0).astype(np.float64)
    others = max(len(doubts) - 1, 1)
    typical = (likeness.sum(axis=1) - np.diag(likeness)) / others if len(doubts) > 1 else np.ones(1)
    value = doubts * typical
    chosen: list[tuple[int, float]] = []
    left = np.ones_like(value)
    for _ in range(min(limit, len(value))):
        row = int(np.argmax(np.where(left >= 0, value * left, -1.0)))
        chosen.append((row, float(value[row] * left[row])))
        left = np.where(left >= 0, np.minimum(left, 1.0 - likeness[row]), left)
        left[row] = -1.0
    return chosen


def _first_passage(content: Payload) -> str:
    return chunk_id(content["tenant"], content["sha256"], content["pipeline"], 0)
