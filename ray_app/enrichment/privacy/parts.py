"""People named in part: a surname beside a title or an initial, or a name alone where the full one stands elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ray_app.enrichment.privacy.folding import fold
from ray_app.enrichment.privacy.naming import Found, Word, begins_large, continues, gap_between, is_title
from ray_app.enrichment.privacy.roster import Roster, is_distinctive, is_known
from ray_app.findings import How

# Shared among the people of the list who may be meant: others may be meant too.
_TITLE = 0.4
_INITIAL = 0.5
_DISTINCTIVE = 0.3
# Where the full name stands in the same document.
_FAMILY_OF_NAMED = 0.6
_GIVEN_OF_NAMED = 0.5
# A surname that more than four watched people have says nothing of any of them.
_LEAST = 0.1
_MOST_INITIALS = 3


def beside_titles(text: str, words: Sequence[Word], roster: Roster) -> Iterator[Found]:
    """ "Mr Jensen", "A. Jensen", and given names that hardly anybody has."""
    for index, word in enumerate(words):
        if not word.readings or not begins_large(text, word) or continues(text, words, index):
            continue
        initials = _initials_before(text, words, index)
        for part in _rightly_spelt(word):
            if initials:
                yield from _after_initials(initials, index, part, roster)
            elif part in roster.families and _has_title(text, words, index):
                yield from _shared(roster.families[part], index, _TITLE)
            elif _is_given_alone(text, words, index, part, roster):
                yield from _shared(roster.givens[part], index, _DISTINCTIVE)


def alone(text: str, words: Sequence[Word], roster: Roster, named: frozenset[int]) -> Iterator[Found]:
    """Surnames and given names of people whose full name stands in the document; not those of others' full names."""
    for index, word in enumerate(words):
        if not word.readings or not begins_large(text, word) or not _stands_alone(text, words, index):
            continue
        for part in _rightly_spelt(word):
            if is_known(part, "words") and not _has_title(text, words, index):
                continue
            yield from _shared(roster.families.get(part, frozenset()) & named, index, _FAMILY_OF_NAMED)
            yield from _shared(roster.givens.get(part, frozenset()) & named, index, _GIVEN_OF_NAMED)


def _rightly_spelt(word: Word) -> Iterator[str]:
    return (reading.part for reading in word.readings if not reading.errors)


def _shared(people: Collection[int], index: int, confidence: float) -> Iterator[Found]:
    each = confidence / len(people) if people else 0
    if each >= _LEAST:
        yield from (Found(person, index, index, How.PARTLY, each) for person in people)


def _after_initials(initials: list[str], index: int, family: str, roster: Roster) -> Iterator[Found]:
    """The people with this surname whose given names begin so, as far as both are told."""
    people = {
        name.person
        for name in roster.initials.get((initials[0], family), ())
        if all(one == part[0] for one, part in zip(initials[1:], name.middle, strict=False))
    }
    first = index - len(initials)
    yield from (found._replace(first=first) for found in _shared(people, index, _INITIAL))


def _initials_before(text: str, words: Sequence[Word], index: int) -> list[str]:
    """The initials right before a surname, folded; none where a name stands before them: "Peter A. Jensen"."""
    first = index
    while first > max(0, index - _MOST_INITIALS) and _is_initial(text, words, first - 1):
        first -= 1
    before = first - 1
    if before >= 0 and continues(text, words, before) and not is_title(text, words[before]):
        return []
    return [fold(text[word.start : word.end]) for word in words[first:index]]


def _is_initial(text: str, words: Sequence[Word], index: int) -> bool:
    word = words[index]
    return word.end - word.start == 1 and text[word.start].isupper() and gap_between(text, words, index) == "dot"


def _has_title(text: str, words: Sequence[Word], index: int) -> bool:
    return index > 0 and is_title(text, words[index - 1]) and gap_between(text, words, index - 1) in ("joined", "dot")


def _stands_alone(text: str, words: Sequence[Word], index: int) -> bool:
    """Whether neither a name nor anything else with a capital stands beside it, but for a title."""
    before = continues(text, words, index - 1) and not is_title(text, words[index - 1])
    return not before and not continues(text, words, index) and not _initials_before(text, words, index)


def _is_given_alone(text: str, words: Sequence[Word], index: int, part: str, roster: Roster) -> bool:
    people = roster.givens.get(part, ())
    return len(people) == 1 and is_distinctive(part) and _stands_alone(text, words, index)
