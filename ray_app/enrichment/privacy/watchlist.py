"""People on a watch list, where a text names them, and what changes when the list does."""

from __future__ import annotations

from collections.abc import Iterable

from ray_app.findings import WatchMatch


def difference(
    before: Iterable[WatchMatch], after: Iterable[WatchMatch]
) -> tuple[tuple[WatchMatch, ...], tuple[WatchMatch, ...]]:
    """The matches of a document that are new, and those that are revoked, in order.

    A match that is found in another way than before, or with another confidence, is among both.
    """
    old, new = set(before), set(after)
    return _sorted(new - old), _sorted(old - new)


def _sorted(matches: Iterable[WatchMatch]) -> tuple[WatchMatch, ...]:
    return tuple(sorted(matches, key=lambda match: (match.page, match.start, match.end, match.person_id, match.how)))
