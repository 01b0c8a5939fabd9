"""Full names in a text: as they are on the list, with words between, turned round, in the genitive or misspelt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Literal, NamedTuple

from ray_app.enrichment.privacy.folding import fold
from ray_app.enrichment.privacy.roster import Name, Reading, Roster, is_known
from ray_app.findings import How

# How sure it is that a name means the person: that of the name as it stands on the list, and what each departure from
# it leaves of that. Chosen by judgement: no collection says how often two people of one name are the same.
_EXACT = 0.95
_SINGLE = 0.8
_INFLECTED = 0.95
_TURNED, _TURNED_WITHOUT_COMMA, _TURNED_IN_A_LIST = 0.95, 0.8, 0.4
_INITIAL_BETWEEN, _WORD_BETWEEN = 0.9, 0.85
_MIDDLE_SHORTENED, _MIDDLE_LEFT_OUT = 0.9, 0.75
_ERROR, _ANOTHER_NAME = 0.75, 0.6
_COMMON_WORDS = 0.3
_COMMON_WORD_ALONE = 0.5
_SMALL = 0.8
# Words that may stand between those of a name, and errors of a whole name.
SLOP = 2
_MOST_ERRORS = 2

_LONGEST_GAP = 20
_JOINING = frozenset(("", "-", "‐", "‑", "–", "_", "|", '"', "“", "”", "„", "(", ")", "'", "’"))

Gap = Literal["joined", "dot", "comma", "apart"]


class Word(NamedTuple):
    """A word of a text with its span, and what it may stand for in the names; mostly nothing."""

    start: int
    end: int
    readings: tuple[Reading, ...]


class Found(NamedTuple):
    """A person who may be meant by the words from number `first` to number `last`."""

    person: int
    first: int
    last: int
    how: How
    confidence: float


class _Pair(NamedTuple):
    """Two words as the ends of a name; `turned` where the first word is the name's last one."""

    name: Name
    readings: tuple[Reading, Reading]
    turned: bool


class _Middle(NamedTuple):
    """How the words between the first and the last of a name compare with those on the list."""

    initials: int
    extra: int
    shortened: int
    left_out: int


def full_names(text: str, words: Sequence[Word], roster: Roster) -> Iterator[Found]:
    """Every person whose first and last word stand close enough, and those with names of one word."""
    reach = roster.most_middle + SLOP + 1
    meant = _Pairs(roster)
    for first, word in enumerate(words):
        if not word.readings:
            continue
        yield from _singles(text, words, first, roster)
        for last in range(first + 1, min(first + reach + 1, len(words))):
            gap = gap_between(text, words, last - 1)
            if gap == "apart" or (gap == "comma" and last > first + 1):
                break
            for pair in meant.by(word, words[last]) if words[last].readings else ():
                yield from _read_pair(text, words, first, last, pair, gap)
            if gap == "comma":
                break


def gap_between(text: str, words: Sequence[Word], index: int) -> Gap:
    """What parts a word from the next one: an empty line, or a sign that no name has, puts them apart."""
    end, start = words[index].end, words[index + 1].start
    gap = text[end:start]
    if len(gap) > _LONGEST_GAP or gap.count("\n") > 1:
        return "apart"
    sign = gap.strip()
    if sign == "," or sign == ".,":
        return "comma"
    if sign == ".":
        # After initials and titles; and with nothing else between, as in anna.jensen@example.com.
        return "dot" if gap == "." or end - words[index].start == 1 or is_title(text, words[index]) else "apart"
    return "joined" if sign in _JOINING else "apart"


def is_title(text: str, word: Word) -> bool:
    """Whether a word is a title or another word that names follow."""
    return is_known(fold(text[word.start : word.end]), "titles")


def begins_large(text: str, word: Word) -> bool:
    """Whether a word begins with a capital, or with a letter that has none."""
    return not text[word.start].islower()


def continues(text: str, words: Sequence[Word], index: int) -> bool:
    """Whether a word and the next one stand beside each other on a line, both with a capital."""
    if not 0 <= index < len(words) - 1:
        return False
    gap = text[words[index].end : words[index + 1].start]
    return gap in (" ", "\u00a0", "-") and begins_large(text, words[index]) and begins_large(text, words[index + 1])


def _singles(text: str, words: Sequence[Word], index: int, roster: Roster) -> Iterator[Found]:
    for reading in words[index].readings:
        if reading.errors:
            continue
        common, large = is_known(reading.part, "words"), begins_large(text, words[index])
        confidence = _SINGLE * (_COMMON_WORD_ALONE if common else 1) * (1 if large else _SMALL)
        how = How.INFLECTED if reading.inflected else How.EXACT
        if large or not common:
            yield from (
                Found(name.person, index, index, how, confidence) for name in roster.singles.get(reading.part, ())
            )


class _Pairs:
    """The names that two words may be the ends of, remembered: a register has the same pairs again and again."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._known: dict[tuple[int, int], list[_Pair]] = {}

    def by(self, one: Word, other: Word) -> list[_Pair]:
        # Equal words of a text have the same readings, which live as long as its words do.
        key = (id(one.readings), id(other.readings))
        pairs = self._known.get(key)
        if pairs is None:
            pairs = self._known[key] = list(self._of(one.readings, other.readings))
        return pairs

    def _of(self, ones: tuple[Reading, ...], others: tuple[Reading, ...]) -> Iterator[_Pair]:
        for one, other in product(ones, others):
            if not one.inflected and one.errors + other.errors <= _MOST_ERRORS:
                for name in self._roster.pairs.get((one.part, other.part), ()):
                    yield _Pair(name, (one, other), turned=False)
                for name in self._roster.pairs.get((other.part, one.part), ()):
                    yield _Pair(name, (one, other), turned=True)


def _read_pair(text: str, words: Sequence[Word], first: int, last: int, pair: _Pair, gap: Gap) -> Iterator[Found]:
    if pair.turned:
        if last == first + 1:
            yield from _turned(text, words, first, pair.name, _writing(text, words, first, last, pair.readings), gap)
    elif gap != "comma":
        middle = _middle(text, words, range(first + 1, last), pair.name.middle)
        if middle:
            yield _found(pair.name, first, last, middle, _writing(text, words, first, last, pair.readings))


def _writing(
    text: str, words: Sequence[Word], first: int, last: int, readings: tuple[Reading, Reading]
) -> list[tuple[How, float]]:
    """The departures that lie in the words themselves."""
    departures = [(How.INFLECTED, _INFLECTED)] * readings[1].inflected
    for index, reading in zip((first, last), readings, strict=True):
        if reading.errors:
            form = fold(text[words[index].start : words[index].end])
            another = is_known(form, "given") or is_known(form, "surnames")
            departures.append((How.MISSPELT, _ERROR**reading.errors * (_ANOTHER_NAME if another else 1)))
    small = not (begins_large(text, words[first]) and begins_large(text, words[last]))
    if small and all(is_known(reading.part, "words") for reading in readings):
        departures.append((How.EXACT, _COMMON_WORDS))
    return departures


def _middle(text: str, words: Sequence[Word], between: range, middle: tuple[str, ...]) -> _Middle | None:
    """None where a word between cannot belong to the name."""
    initials = extra = shortened = done = 0
    seen = 0
    for index in between:
        place = next((at for at in range(done, len(middle)) if _stands_for(text, words[index], middle[at])), None)
        written = text[words[index].start : words[index].end]
        if place is not None:
            shortened += len(fold(written)) == 1 and len(middle[place]) > 1
            done, seen = place + 1, seen + 1
        elif len(written) == 1 and written.isupper():
            initials += 1
        elif begins_large(text, words[index]):
            extra += 1
        elif not is_known(fold(written), "particles"):
            return None
    needed = sum(map(_is_needed, middle))
    return _Middle(initials, extra, shortened, max(0, needed - seen)) if initials + extra <= SLOP else None


def _stands_for(text: str, word: Word, part: str) -> bool:
    """A middle name, or its initial on either side."""
    form = fold(text[word.start : word.end])
    if 1 in (len(form), len(part)):
        return form[:1] == part[:1]
    return form == part or any(reading.part == part and not reading.inflected for reading in word.readings)


def _is_needed(part: str) -> bool:
    """Particles and initials are left out without a loss."""
    return len(part) > 1 and not is_known(part, "particles")


def _turned(
    text: str, words: Sequence[Word], first: int, name: Name, written: list[tuple[How, float]], gap: Gap
) -> Iterator[Found]:
    """ "Jensen, Anna Maria": the middle names follow, or are left out."""
    last, wanted = first + 1, list(name.middle)
    while wanted and last + 1 < len(words) and gap_between(text, words, last) in ("joined", "dot"):
        if not _stands_for(text, words[last + 1], wanted[0]):
            break
        last, wanted = last + 1, wanted[1:]
    left_out = sum(map(_is_needed, wanted))
    before, after = _continues_from(text, words, first), continues(text, words, last)
    # "Peter Jensen, Anna Hansen" are two people, neither of whom is Anna Jensen.
    if not (before and after):
        comma = _TURNED if gap == "comma" else _TURNED_WITHOUT_COMMA
        order = (How.REORDERED, _TURNED_IN_A_LIST if before or after else comma)
        yield _found(name, first, last, _Middle(0, 0, 0, left_out), [*written, order])


def _continues_from(text: str, words: Sequence[Word], index: int) -> bool:
    return continues(text, words, index - 1) and not is_title(text, words[index - 1])


def _found(name: Name, first: int, last: int, middle: _Middle, written: list[tuple[How, float]]) -> Found:
    departures = [
        *written,
        *[(How.BETWEEN, _INITIAL_BETWEEN)] * middle.initials,
        *[(How.BETWEEN, _WORD_BETWEEN)] * middle.extra,
        *[(How.PARTLY, _MIDDLE_SHORTENED)] * middle.shortened,
        *[(How.PARTLY, _MIDDLE_LEFT_OUT)] * middle.left_out,
    ]
    confidence = _EXACT
    for _, left in departures:
        confidence *= left
    how = max((how for how, _ in departures), key=list(How).index, default=How.EXACT)
    return Found(name.person, first, last, how, confidence)
