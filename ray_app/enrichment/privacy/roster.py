"""The names of watched people, indexed by the words that they are made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml
from rapidfuzz.distance import DamerauLevenshtein

from ray_app.enrichment.privacy.folding import NAME_WORD, deletions, fold
from ray_app.errors import ConfigurationError
from ray_app.findings import WatchedPerson

_SUFFIXES = frozenset(("jr", "sr", "ii", "iii", "iv", "phd", "md", "bsc", "msc"))
_FAMILY_FIRST = frozenset(("hu", "ja", "ko", "vi", "zh"))
# So many errors are allowed in words of so many letters: a shorter word is another one with each letter changed.
_ONE_ERROR, _TWO_ERRORS = 5, 9
_LEAST_DISTINCTIVE = 5


class Name(NamedTuple):
    """One name of a person (their place in the list), its words folded and in the order of writing.

    `middle` holds words that may be left out in writing. A name of one word has the same `head` and `tail`.
    """

    person: int
    head: str
    middle: tuple[str, ...]
    tail: str
    family_first: bool
    is_single: bool

    @property
    def family(self) -> str:
        return self.head if self.family_first else self.tail

    @property
    def given(self) -> str:
        return self.tail if self.family_first else self.head


class Reading(NamedTuple):
    """A word of a name that a word of a text may stand for, with so many errors, or with a genitive's s."""

    part: str
    errors: int
    inflected: bool


def names(index: int, person: WatchedPerson) -> list[Name]:
    """All names of a person. Raises ConfigurationError where one has no letters, unless there is no name at all."""
    parsed = [_parse(index, one, person) for one in (person.name, *person.aliases) if one]
    if not parsed and not (person.emails or person.phones or person.national_ids):
        raise ConfigurationError(f"the watched person {person.id!r} has neither a name nor an identifier")
    return list(dict.fromkeys(parsed))


def errors_allowed(part: str) -> int:
    """How many letters may be wrong, missing, too many or exchanged in a word of a name."""
    return (len(part) >= _ONE_ERROR) + (len(part) >= _TWO_ERRORS)


def is_known(part: str, group: str) -> bool:
    """Whether a word, folded, is in a group of names.yaml: `particles`, `titles`, `words`, `given` or `surnames`."""
    return part in _known()[group]


def is_distinctive(given: str) -> bool:
    """Whether a given name is so rare that it may mean someone by itself."""
    return len(given) >= _LEAST_DISTINCTIVE and not any(
        is_known(given, group) for group in ("words", "given", "surnames")
    )


class Roster:
    """All names, by their words."""

    def __init__(self, people: Sequence[WatchedPerson]) -> None:
        self.pairs: dict[tuple[str, str], list[Name]] = defaultdict(list)
        self.singles: dict[str, list[Name]] = defaultdict(list)
        self.families: dict[str, set[int]] = defaultdict(set)
        self.givens: dict[str, set[int]] = defaultdict(set)
        self.initials: dict[tuple[str, str], list[Name]] = defaultdict(list)
        for index, person in enumerate(people):
            for name in names(index, person):
                self._add(name)
        everyone = [name for found in (*self.pairs.values(), *self.singles.values()) for name in found]
        self._parts = frozenset(part for name in everyone for part in (name.head, *name.middle, name.tail))
        self._misspelt = _by_deletions(self._parts)
        self._longest = max(map(len, self._parts), default=0)
        self._two_errors = any(errors_allowed(part) == 2 for part in self._parts)
        self.most_middle = max((len(name.middle) for name in everyone), default=0)

    def _add(self, name: Name) -> None:
        if name.is_single:
            self.singles[name.head].append(name)
            return
        self.pairs[name.head, name.tail].append(name)
        self.families[name.family].add(name.person)
        self.givens[name.given].add(name.person)
        self.initials[name.given[0], name.family].append(name)

    def readings(self, word: str) -> tuple[Reading, ...]:
        """The words of names that a word stands for; misspelt ones only where it begins with a capital."""
        folded = fold(word)
        forms = [(folded, False)]
        if folded.endswith("s") and max(len(word), len(folded)) > 2:  # "Oes" is folded to two letters
            forms.append((folded[:-1], True))
        best: dict[str, Reading] = {}
        for form, inflected in forms:
            for part, errors in self._near(form, misspelt=not word[0].islower()):
                reading = Reading(part, errors, inflected)
                best[part] = min(best.get(part, reading), reading)
        return tuple(best.values())

    def _near(self, form: str, *, misspelt: bool) -> Iterator[tuple[str, int]]:
        if form in self._parts:
            yield form, 0
        if not misspelt or not _ONE_ERROR - 1 <= len(form) <= self._longest + 2:
            return
        most = 2 if self._two_errors and len(form) >= _TWO_ERRORS - 2 else 1
        near = {part for cut in deletions(form, most) for part in self._misspelt.get(cut, ())}
        for part in near - {form}:
            errors = DamerauLevenshtein.distance(form, part, score_cutoff=errors_allowed(part))
            if errors <= errors_allowed(part):
                yield part, errors


def _by_deletions(parts: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Words by what is left of them without as many letters as may be wrong (Garbe 2012, SymSpell).

    Two words at a distance of n have something in common once n letters are left out of each.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for part in parts:
        most = errors_allowed(part)
        for cut in deletions(part, most) if most else ():
            found[cut].add(part)
    return {cut: tuple(sorted(members)) for cut, members in found.items()}


def _parse(index: int, name: str, person: WatchedPerson) -> Name:
    family, comma, given = name.partition(",")
    family_first = not comma and not _FAMILY_FIRST.isdisjoint(person.languages)
    words = [fold(match[0]) for match in NAME_WORD.finditer(f"{given} {family}" if comma else name)]
    # "Dr Hansen" stays as it is: Hansen by itself would be anybody.
    while len(words) > 2 and is_known(words[0], "titles"):
        words.pop(0)
    while len(words) > 2 and words[-1] in _SUFFIXES:
        words.pop()
    if not any(words):
        raise ConfigurationError(f"the name {name!r} of the watched person {person.id!r} has no letters")
    tail = len(words) - 1
    head = next((place for place, word in enumerate(words[:tail]) if not is_known(word, "particles")), 0)
    return Name(index, words[head], tuple(words[head + 1 : tail]), words[tail], family_first, head == tail)


@cache
def _known() -> dict[str, frozenset[str]]:
    groups = yaml.safe_load((Path(__file__).parent / "names.yaml").read_text(encoding="utf-8"))
    return {group: frozenset(map(fold, text.split())) for group, text in groups.items()}
