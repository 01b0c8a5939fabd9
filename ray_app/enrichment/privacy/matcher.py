"""Where texts name the people of a watch list: in full, in other forms, in part, or misspelt.

The work grows with the text, not with the list: each word is looked up among the words of all names, and only a pair
of words that are the first and the last of one name is looked at more closely.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from ray_app.enrichment.privacy.folding import NAME_WORD
from ray_app.enrichment.privacy.identifiers import Identifiers
from ray_app.enrichment.privacy.naming import Found, Word, full_names
from ray_app.enrichment.privacy.parts import alone, beside_titles
from ray_app.enrichment.privacy.roster import Reading, Roster
from ray_app.findings import How, WatchedPerson, WatchMatch
from ray_app.records import Page

_PIECE = re.compile("[^'’]+")
# Words whose readings are remembered from one text to the next, about 15 MB when full.
_REMEMBERED = 1 << 16
# From here on a full name says that the document is about this person: their surname alone then means them.
_NAMED = 0.6


class Matcher:
    """A compiled watch list; it can be pickled, and used for any number of texts, by one thread at a time."""

    def __init__(self, people: Sequence[WatchedPerson], min_confidence: float) -> None:
        self._people = tuple(people)
        self._least = min_confidence
        self._roster = Roster(self._people)
        self._identifiers = Identifiers(self._people)
        self._read: dict[str, tuple[Reading, ...]] = {}

    def find(self, text: str, page: int) -> list[WatchMatch]:
        """The watched people of a text that is a document of its own, in order."""
        return self.find_in([Page(page, text)])

    def find_in(self, pages: Iterable[Page]) -> list[WatchMatch]:
        """The watched people of a document, in order.

        A surname or a given name alone counts where the full name stands anywhere in the document. Of a person's
        matches that overlap the surest is told; people who are named alike are told each.
        """
        read = [(page, self._words(page.text)) for page in pages]
        full = [(page, words, list(full_names(page.text, words, self._roster))) for page, words in read]
        named = frozenset(found.person for _, _, names in full for found in names if found.confidence >= _NAMED)
        matches: list[WatchMatch] = []
        for page, words, names in full:
            names += beside_titles(page.text, words, self._roster)
            names += alone(page.text, words, self._roster, named)
            matches += self._told(page, words, names)
        return matches

    def _words(self, text: str) -> list[Word]:
        if len(self._read) > _REMEMBERED:
            self._read.clear()
        return [word for match in NAME_WORD.finditer(text) for word in self._cut(match.start(), match[0])]

    def _cut(self, start: int, written: str) -> list[Word]:
        """One word; or two where an apostrophe joins a name to what is none, as in `d'Anna`."""
        whole = Word(start, start + len(written), self._readings(written))
        if written.isalpha() or _is_right(whole):
            return [whole]
        pieces = [
            Word(start + piece.start(), start + piece.end(), self._readings(piece[0]))
            for piece in _PIECE.finditer(written)
        ]
        return pieces if any(map(_is_right, pieces)) else [whole]

    def _readings(self, written: str) -> tuple[Reading, ...]:
        readings = self._read.get(written)
        if readings is None:
            readings = self._read[written] = self._roster.readings(written)
        return readings

    def _told(self, page: Page, words: Sequence[Word], names: Sequence[Found]) -> list[WatchMatch]:
        """The matches of a page without those that a surer one of the same person overlaps."""
        starts = [word.start for word in words]
        matches = list(self._identifiers.find(page.text, page.number))
        taken: dict[str, set[int]] = defaultdict(set)
        for match in matches:
            taken[match.person_id].update(range(bisect_left(starts, match.start), bisect_left(starts, match.end)))
        sure = (found for found in _plausible(names) if found.confidence >= self._least)
        for found in sorted(sure, key=lambda one: (-one.confidence, one.first, -one.last)):
            match = self._match(page, words, found)
            covered = range(found.first, found.last + 1)
            if taken[match.person_id].isdisjoint(covered):
                taken[match.person_id].update(covered)
                matches.append(match)
        return sorted(matches, key=lambda match: (match.start, match.end, match.person_id))

    def _match(self, page: Page, words: Sequence[Word], found: Found) -> WatchMatch:
        start, end = words[found.first].start, words[found.last].end
        return WatchMatch(self._people[found.person].id, page.number, start, end, found.how, round(found.confidence, 3))


def compile_watchlist(people: Iterable[WatchedPerson], *, min_confidence: float = 0.0) -> Matcher:
    """A matcher for these people, whose matches are at least so sure (`PrivacySettings.min_match_confidence`).

    Raises ConfigurationError for a person without name and identifier, naming them.
    """
    return Matcher(tuple(people), min_confidence)


def _is_right(word: Word) -> bool:
    return any(not reading.errors for reading in word.readings)


def _plausible(names: Sequence[Found]) -> Iterator[Found]:
    """Without misspelt names that are another person's, rightly spelt."""
    right = {(found.first, found.last) for found in names if found.how is not How.MISSPELT}
    return (found for found in names if found.how is not How.MISSPELT or (found.first, found.last) not in right)
