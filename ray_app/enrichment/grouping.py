"""Which texts are near-duplicates of each other: groups by their signatures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ray_app.enrichment.duplicates import bands, similarity

# The share of wording from which on two texts count as the same document in two versions.
NEAR = 0.8


def near_duplicate_groups(signatures: Sequence[bytes], *, near: float = NEAR) -> list[int]:
    """For each text the row of its group's first text; texts without a signature stand alone.

    Groups are transitive: two texts may be in one group by way of a third that resembles both.
    """
    first = list(range(len(signatures)))
    seen: dict[int, dict[bytes, int]] = defaultdict(dict)
    for row, one in enumerate(signatures):
        for band in bands(one) if one else ():
            others = seen[band]
            if one not in others:
                for other, at in others.items():
                    if _root(first, at) != _root(first, row) and similarity(one, other) >= near:
                        _join(first, at, row)
            _join(first, others.setdefault(one, row), row)
    return [_root(first, row) for row in range(len(signatures))]


def _root(first: list[int], row: int) -> int:
    while first[row] != row:
        first[row] = first[first[row]]
        row = first[row]
    return row


def _join(first: list[int], one: int, other: int) -> None:
    low, high = sorted((_root(first, one), _root(first, other)))
    first[high] = low
