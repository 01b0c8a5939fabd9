"""A rule: how an identifier is written, what makes it one, and how sure that is with and without a word near it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from stdnum.exceptions import ValidationError
from stdnum.util import get_cc_module

from ray_app.enrichment.identifiers.tidy import Tidied

# Between the parts of a long number: a hyphen, a space, or the end of a line.
GAP = r"(?:-| ?\n ?| )?"
# A word after the identifier stands for it only when it is close: "(CPR)", "-Fax".
_AFTER = 15
_BEFORE = 60
_OTHERWISE_BEFORE = 30
# A short word has to end where it ends ("tin" is not in "tiny"); a long one may go on ("personnummeret").
_SHORT = 4


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
    reach: int = _BEFORE
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

    A pattern that begins with a set is searched about ten times as fast as one that begins with an assertion.
    """
    behind = rf"(?<!\w{first})(?<![0-9][-./:]{first})" + (f"(?<!{before}{first})" if before else "")
    ahead = r"(?!\w|[-./:][0-9]|,[0-9]{1,3}(?![0-9]))" + (f"(?!{after})" if after else "")
    return re.compile(f"{first}{behind}{rest}{ahead}")


@cache
def words(*some: str) -> re.Pattern[str]:
    """Finds any of them in lower-case text, also as the beginning of a longer word unless it is short."""
    each = (re.escape(one) + (r"(?![^\W\d_])" if len(one) <= _SHORT and one[-1].isalpha() else "") for one in some)
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(each)})")


# What a number is called that is no identifier of these rules. The nearest word before a number decides.
_OTHERWISE = words(
    *("invoice", "faktura", "rechnung", "order", "ordre", "auftrag", "po", "quote", "tilbud", "ticket", "case", "sag"),
    *("sagsnr", "journal", "ref", "reference", "serial", "serie", "serienr", "s/n", "lot", "batch", "part", "varenr"),
    *("item", "sku", "article", "artikel", "model", "isbn", "issn", "ean", "gtin", "upc", "doi", "arxiv", "pmid"),
    *("tracking", "track", "parcel", "pakke", "version", "ver", "build", "commit", "revision", "timestamp", "epoch"),
    *(
        "konto",
        "account",
        "acct",
        "reg",
        "swift",
        "bic",
        "iban",
        "cvr",
        "cpr",
        "kundenr",
        "customer",
        "kunde",
        "police",
    ),
    *("policy", "patent", "license", "licence", "licens", "meter", "måler", "imei", "pid", "port", "offset", "bytes"),
    *("total", "sum", "amount", "beløb", "price", "pris", "kr", "dkk", "eur", "usd", "gbp", "$", "€", "£"),
)
_MONEY_AFTER = re.compile(r" ?(?:kr|dkk|eur|usd|gbp|sek|nok|[$€£%])(?![^\W_])|,-")
_JOINTS = "-/_#@=+*["
# So sure by itself that no other word is a reason to doubt.
_CERTAIN = 0.9


def apply(rules: Sequence[Rule], tidied: Tidied) -> Iterator[Found]:
    """What rules of one and the same form find, from left to right."""
    search = rules[0].form.search
    match = search(tidied.text)
    while match:
        place = _Place(tidied, match.start(), match.end())
        found = [one for rule in rules if (one := _judge(rule, place))]
        yield from found
        match = search(tidied.text, max((one.end for one in found), default=match.start() + 1))


class _Place:
    """A candidate, and what stands around it: several rules ask for the same words."""

    def __init__(self, tidied: Tidied, start: int, end: int) -> None:
        self.text, self.lower, self.start, self.end = tidied.text, tidied.lower, start, end
        self._near: dict[tuple[re.Pattern[str], int], int] = {}

    def word(self, some: re.Pattern[str], reach: int) -> int:
        """Where the last of the words before it ends, its own start where one stands right after it; -1 for none."""
        found = self._near.get((some, reach))
        if found is None:
            found = self._near[some, reach] = self._find(some, reach)
        return found

    def other(self) -> int:
        """Where the last word ends that says that it is something else; -1 for none."""
        return _last(_OTHERWISE, self.lower, max(0, self.start - _OTHERWISE_BEFORE), self.start)

    def in_doubt(self) -> bool:
        """Whether it hangs on a word, is an amount, or is said to be something else."""
        attached = self.start > 0 and self.text[self.start - 1] in _JOINTS
        return attached or self.other() >= 0 or bool(_MONEY_AFTER.match(self.lower, self.end))

    def _find(self, some: re.Pattern[str], reach: int) -> int:
        before = _last(some, self.lower, max(0, self.start - reach), self.start)
        if before >= 0 or not some.search(self.lower, self.end, _same_line(self.lower, self.end)):
            return before
        return self.start


def _judge(rule: Rule, place: _Place) -> Found | None:
    confidence = _confidence(rule, place)
    if not confidence:
        return None
    for end in _ends(rule, place.text, place.start, place.end) if rule.cut else (place.end,):
        value = rule.read(place.text[place.start : end])
        if value is not None:
            return Found(rule, place.start, end, value, confidence)
    return None


def _confidence(rule: Rule, place: _Place) -> float:
    own = place.word(rule.words, rule.reach) if rule.words else -1
    if own >= 0:
        return rule.near if own >= place.other() else 0.0
    if not rule.alone or rule.alone >= _CERTAIN:
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


def _last(some: re.Pattern[str], lower: str, start: int, end: int) -> int:
    """Where the last of the words ends, -1 where there is none."""
    place = -1
    for match in some.finditer(lower, start, end):
        place = match.end()
    return place


def _same_line(lower: str, end: int) -> int:
    line = lower.find("\n", end, end + _AFTER)
    return line if line >= 0 else end + _AFTER


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
