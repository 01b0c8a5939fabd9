"""One where several overlap."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar


class Placed(Protocol):
    """What stands in a text, as sure as it is."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def confidence(self) -> float: ...


Some = TypeVar("Some", bound=Placed)


def keep_best(some: Iterable[Some], *, taken: Sequence[Placed] = ()) -> list[Some]:
    """The surest that do not overlap each other or those `taken`, in the text's order.

    Of equally sure ones the longer wins, then the earlier, then the one that was given first. All are of one page.
    """
    spans = _outermost(taken)
    kept = []
    for one in sorted(some, key=lambda one: (-one.confidence, one.start - one.end, one.start)):
        place = bisect_right(spans, (one.start, one.end))
        after = place == len(spans) or one.end <= spans[place][0]
        before = place == 0 or spans[place - 1][1] <= one.start
        if after and before:
            insort(spans, (one.start, one.end))
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)


def _outermost(taken: Iterable[Placed]) -> list[tuple[int, int]]:
    """Their spans, without those that lie in another."""
    spans: list[tuple[int, int]] = []
    for start, end in sorted(((one.start, one.end) for one in taken), key=lambda span: (span[0], -span[1])):
        if not spans or end > spans[-1][1]:
            spans.append((start, end))
    return spans
