"""What is found in documents of people and their data: high-risk words, watched people, and the risk it amounts to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class WordHit:
    """A high-risk word: `start` and `end` are its span in the text of page number `page`, `term` what the list says."""

    category: str
    page: int
    start: int
    end: int
    term: str


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


class Risk(StrEnum):
    """Ordered: none < personal < sensitive < high."""

    NONE = "none"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 for none, 3 for high."""
        return list(Risk).index(self)

    # A StrEnum compares as the text that it is, by the alphabet: all four have to be said.
    def __lt__(self, other: str) -> bool:
        return self.rank < Risk(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= Risk(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > Risk(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= Risk(other).rank


@dataclass(frozen=True, slots=True)
class Counted:
    """How many different ones there are of something: `what` is a kind, `words:health`, `label:cv` or `watched`."""

    what: str
    count: int


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that holds, and the evidence in the whole document. It holds no personal value."""

    risk: Risk
    text: str
    evidence: tuple[Counted, ...]
