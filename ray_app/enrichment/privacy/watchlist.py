"""People on a watch list, where a text names them, and what changes when the list does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class WatchedPerson:
    """Someone whose mentions are looked for.

    Names are written as people write them, "Anna Maria Jensen" or "Jensen, Anna Maria"; titles do not matter. An alias
    of one word is found wherever it stands. `languages` are ISO 639-1 codes of where the person's names are from: in
    Hungarian, Chinese, Japanese, Korean and Vietnamese the family name is the first.
    """

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    national_ids: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


class How(StrEnum):
    """In what way a text names a person; of several the last in this order."""

    IDENTIFIER = "identifier"
    EXACT = "exact"
    INFLECTED = "inflected"
    REORDERED = "reordered"
    BETWEEN = "between"
    PARTLY = "partly"
    MISSPELT = "misspelt"


@dataclass(frozen=True, slots=True)
class WatchMatch:
    """Where a text may name a watched person: `start` and `end` are the span in the text of page number `page`.

    `confidence` (0 to 1) is how much the writing speaks for this person and not another; it knows nothing of how many
    people bear the name, but for those on the list.
    """

    person_id: str
    page: int
    start: int
    end: int
    how: How
    confidence: float


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
