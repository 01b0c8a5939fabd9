"""One mention where several overlap."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence

from ray_app.records import Mention


def keep_best(mentions: Iterable[Mention], *, taken: Sequence[Mention] = ()) -> list[Mention]:
    """The surest mentions that do not overlap each other or those `taken`, in the text's order.

    Of equally sure ones the longer wins, then the earlier, then the one that was given first. All are of one page.
    """
    spans = sorted((one.start, one.end) for one in taken)
    kept = []
    for one in sorted(mentions, key=lambda one: (-one.confidence, one.start - one.end, one.start)):
        place = bisect_right(spans, (one.start, one.end))
        after = place == len(spans) or one.end <= spans[place][0]
        before = place == 0 or spans[place - 1][1] <= one.start
        if after and before:
            insort(spans, (one.start, one.end))
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)
