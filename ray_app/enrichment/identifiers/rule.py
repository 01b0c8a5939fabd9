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
    each = (re.escape(one) + ("(?![^\\W_])" if len(one) <= _SHORT else "") for one in some)
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
_JOINTS = "-/_#@=+*"
# So sure by itself that no other word is a reason to doubt.
_CERTAIN = 0.9


def apply(rules: Sequence[Rule], tidied: Tidied) -> Iterator[Found]:
    """What rules of one and the same form find, from left to right."""
    search = rules[0].form.search
    match = search(tidied.text)
    while match:
        found = [one for rule in rules if (one := _judge(rule, tidied, match.start(), match.end()))]
        yield from found
        match = search(tidied.text, max((one.end for one in found), default=match.start() + 1))


def _judge(rule: Rule, tidied: Tidied, start: int, end: int) -> Found | None:
    confidence = _confidence(rule, tidied, start, end)
    if not confidence:
        return None
    for stop in _ends(rule, tidied.text, start, end) if rule.cut else (end,):
        value = rule.read(tidied.text[start:stop])
        if value is not None:
            return Found(rule, start, stop, value, confidence)
    return None


def _ends(rule: Rule, text: str, start: int, end: int) -> Iterator[int]:
    """Where the candidate may end: at its end, or before one of its gaps."""
    yield end
    for place in range(end - 1, start, -1):
        if not text[place].isalnum() and text[place - 1].isalnum() and rule.form.fullmatch(text, start, place):
            yield place


def _confidence(rule: Rule, tidied: Tidied, start: int, end: int) -> float:
    text, lower = tidied.text, tidied.lower
    own = _last(rule.words, lower, max(0, start - rule.reach), start) if rule.words else -1
    if own < 0 and rule.words and rule.words.search(lower, end, _same_line(lower, end)):
        own = start
    if own < 0 and (not rule.alone or rule.alone >= _CERTAIN):
        return rule.alone
    other = _last(_OTHERWISE, lower, max(0, start - _BEFORE), start)
    if own >= 0:
        return rule.near if own >= other else 0.0
    attached = start > 0 and text[start - 1] in _JOINTS
    return 0.0 if attached or other >= 0 or _MONEY_AFTER.match(lower, end) else rule.alone


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
