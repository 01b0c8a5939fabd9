"""A rule: how an identifier is written, what makes it one, and how sure that is with and without a word near it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from stdnum.exceptions import ValidationError
from stdnum.util import get_cc_module

from ray_app.enrichment.identifiers.context import BEFORE, LONG, Place
from ray_app.enrichment.identifiers.tidy import Tidied

# Between the parts of a long number: a hyphen, a space, or the end of a line.
GAP = r"(?:-| ?\n ?| )?"


@dataclass(frozen=True, slots=True)
class Rule:
    """`form` finds candidates, `read` makes the normal form of one, None where it is none after all.

    `alone` is the confidence where nothing nearby tells what it is, `near` where one of `words` stands up to `reach`
    characters before it, or right after it; 0 means that it is then not found. With `cut`, a candidate that is
    none is tried again without its last group, and so on: a number's end is not always told by its form.
    """

    kind: str
    how: str
    form: re.Pattern[str]
    read: Callable[[str], str | None]
    alone: float = 0.0
    near: float = 0.0
    words: re.Pattern[str] | None = None
    reach: int = BEFORE
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule found: a span of the tidied text."""

    rule: Rule
    start: int
    end: int
    value: str
    confidence: float


@cache
def form(first: str, rest: str, *, before: str = "", after: str = "") -> re.Pattern[str]:
    """An identifier that is no part of a longer word or number; `first` is a set of characters.

    Behind a slash, and before one, another long number may stand: `33123456/20123456`.
    A pattern that begins with a set is searched about ten times as fast as one that begins with an assertion.
    """
    behind = rf"(?<!\w{first})(?<![0-9][-.:]{first})(?:(?<![0-9]/{first})|(?<={LONG}/{first}))"
    ahead = rf"(?!\w|[-.:][0-9]|/(?!{LONG})[0-9])"
    return re.compile(
        f"{first}{behind}{f'(?<!{before}{first})' if before else ''}{rest}{ahead}{f'(?!{after})' if after else ''}"
    )


# So sure by itself that no other word is a reason to doubt.
CERTAIN = 0.9


def apply(rules: Sequence[Rule], tidied: Tidied) -> Iterator[Found]:
    """What rules of one and the same form find, from left to right."""
    search = rules[0].form.search
    match = search(tidied.text)
    while match:
        place = Place(tidied, match.start(), match.end())
        found = [one for rule in rules if (one := _judge(rule, place))]
        yield from found
        match = search(tidied.text, max((one.end for one in found), default=match.start() + 1))


def _judge(rule: Rule, place: Place) -> Found | None:
    confidence = _confidence(rule, place)
    if not confidence:
        return None
    for end in _ends(rule, place.text, place.start, place.end) if rule.cut else (place.end,):
        value = rule.read(place.text[place.start : end])
        if value is not None:
            return Found(rule, place.start, end, value, confidence)
    return None


def _confidence(rule: Rule, place: Place) -> float:
    own = place.word(rule.words, rule.reach) if rule.words else -1
    if own >= 0:
        return rule.near if own >= place.other() else 0.0
    if not rule.alone or rule.alone >= CERTAIN:
        return rule.alone
    return 0.0 if place.in_doubt() else rule.alone


def _ends(rule: Rule, text: str, start: int, end: int) -> Iterator[int]:
    """Where the candidate may end: with its first line, at its end, or before one of its gaps."""
    line = text.find("\n", start, end)
    if line > 0 and rule.form.fullmatch(text, start, line):
        yield line
    yield end
    for place in range(end - 1, start, -1):
        if not text[place].isalnum() and text[place - 1].isalnum() and rule.form.fullmatch(text, start, place):
            yield place


@cache
def by(country: str, name: str) -> Callable[[str], str | None]:
    """What python-stdnum's module says: the number's compact form, None where the number is not valid."""
    module = get_cc_module(country, name)
    if module is None:
        raise LookupError(f"python-stdnum has no {country}.{name}")
    return valid(module.validate)


def valid(validate: Callable[[str], str]) -> Callable[[str], str | None]:
    """Makes a reader of a function of python-stdnum that raises where the number is not valid."""

    def read(candidate: str) -> str | None:
        try:
            return validate(candidate.replace("\n", " "))
        except ValidationError:
            return None

    return read


def compact(candidate: str) -> str:
    """Letters and digits, without what stands between them."""
    return "".join(filter(str.isalnum, candidate))
