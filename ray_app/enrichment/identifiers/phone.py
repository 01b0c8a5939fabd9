"""Telephone numbers: by the numbering plans of all countries, and near words for a telephone by their form alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, partial

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

from ray_app.enrichment.identifiers.context import LONG, words
from ray_app.enrichment.identifiers.rule import Rule, form

_WORDS = words(
    *(
        "tlf",
        "tlfnr",
        "tel",
        "telefon",
        "téléphone",
        "teléfono",
        "telephone",
        "phone",
        "mob",
        "mobil",
        "mobile",
        "cell",
    ),
    *(
        "handy",
        "fax",
        "telefax",
        "call",
        "calls",
        "calling",
        "dial",
        "ring til",
        "ring på",
        "opkald",
        "sms",
        "text me",
        "whatsapp",
    ),
    *("hotline", "direct", "direkte", "office", "switchboard", "omstilling", "answering", "answer at", "reach"),
    *("voicemail", "landline", "fastnet", "contact", "kontakt", "my number", "your number", "his number", "her number"),
    *("their number", "mit nummer", "dit nummer", "t:", "m:", "p:", "ph", "ph:"),
)
# Groups of digits, with at most a bracket, a hyphen and spaces between them; only after a plus over a line's end.
_GROUPS = r"(?:[ ./()-]{0,3}[0-9])"
# A slash stands after an area code, or between two numbers: `33 12 34 56/20 12 34 56`.
_SLASH = f"/(?:(?<!{LONG}/)|(?!{LONG}))"
_NATIONAL_GROUPS = rf"(?:(?:[ .-]|{_SLASH}|\) ?-?| \()?[0-9])"
_EXTENSION = r"(?: ?(?:x|ext\.?|lok\.?|EXT) ?[0-9]{1,6})?"
_PLUS = re.compile(
    r"(?:\+(?<![\w+]\+)|\(\+(?=[1-9][0-9]{0,2}\)))"
    rf"\(?[1-9](?:(?:[ ./()-]{{0,3}}|\n)[0-9]){{6,15}}{_EXTENSION}(?![0-9A-Za-z])"
)
_ZEROS = form(
    "[0(]",
    rf"(?:(?<=0)|(?<=\()0(?=0[1-9][0-9]{{0,2}}\)))0[ -]?[1-9][0-9]{{0,2}}[ ./()-]{_GROUPS}{{6,14}}{_EXTENSION}",
    before=r"\+",
)
_NATIONAL = re.compile(
    rf"[0-9(](?<![\w+()][0-9(])(?:(?<![0-9)+][ ./:,-][0-9(])|(?<={LONG}[/,][0-9(])){_NATIONAL_GROUPS}{{5,14}}"
    rf"{_EXTENSION}(?!\w|[-.:][0-9]|/(?!{LONG})[0-9]|\))"
)
# Set apart by punctuation or by the line's ends: four figures in a row of a table follow a word.
_SEPARATE = re.compile(
    r"[0-9(](?<![\w+)#][0-9(])(?<![^,;:|·•\n( ] [0-9(])(?<![0-9)][ ./:-][0-9(])[0-9]{0,4}(?:[) -]{1,2}[0-9]{2,4}){2,4}"
    r"(?!\w|[ ./:()-]{1,2}[0-9]| [^\W_])"
)
_TIMES = re.compile(
    r"(?:19|20)\d\d[-./ ]?(?:0?\d|1[0-2])[-./ ]?[0-3]?\d(?:[ T]\d.*)?"
    r"|[0-3]?\d[-./ ][0-3]?\d[-./ ](?:19|20)\d\d(?: \d.*)?"
    r"|\d{1,2}\.\d\d ?- ?\d{1,2}\.\d\d"
)
# Two figures with decimals.
_AMOUNTS = re.compile(r"[0-9]\.[0-9]+ [0-9]+\.[0-9]")
_FIGURE = re.compile("[0-9]{1,3}(?: [0-9]{3})+")
_LEAST, _MOST = 7, 15
# Six digits, as in the Faroes, in Greenland and in old numbers, are written in pairs.
_PAIRS = re.compile(r"[0-9]{2}([ .-])[0-9]{2}\1[0-9]{2}")


def _parse(candidate: str, region: str | None) -> PhoneNumber | None:
    if _is_odd(candidate):
        return None
    try:
        return phonenumbers.parse(candidate.replace("\n", " "), region)
    except NumberParseException:
        return None


def _valid(candidate: str, region: str | None) -> PhoneNumber | None:
    """A number that the numbering plan of the region, or of its own country, has."""
    number = _parse(candidate, region)
    return number if number and phonenumbers.is_valid_number(number) else None


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _read(candidate: str, region: str | None = None) -> str | None:
    """E.164, without an extension."""
    number = _valid(candidate, region)
    return _e164(number) if number else None


def _read_national(candidate: str, regions: Sequence[str]) -> str | None:
    """Of the first region that has it. Some plans have numbers of any length: short ones are taken by their form."""
    if sum(map(str.isdigit, candidate)) < _LEAST:
        return None
    return next((found for region in regions if (found := _read(candidate, region))), None)


def _read_possible(candidate: str) -> str | None:
    """As many digits as the country's numbers have: numbering plans change, and drama has ranges of its own."""
    number = _parse(candidate, None)
    return _e164(number) if number and phonenumbers.is_possible_number(number) else None


def _read_zeros(candidate: str) -> str | None:
    return _read(re.sub(r"^(\(?)00[ -]?", r"\1+", candidate))


def _read_as_printed(candidate: str, regions: Sequence[str]) -> str | None:
    """Only grouped in the way of its country, three groups or more: `20 12 34 56`, `(650) 253-0000`."""
    if _FIGURE.fullmatch(candidate):
        return None
    for number in filter(None, (_valid(candidate, region) for region in regions)):
        if _groups(phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)) == _groups(candidate):
            return _e164(number)
    return None


def _groups(number: str) -> list[str]:
    return re.findall("[0-9]+", number)


def _read_any(candidate: str) -> str | None:
    """Digits as many as a telephone number may have, no date, no amounts; a plus is kept."""
    bare = re.split("[A-Za-z]", candidate)[0]
    digits = "".join(filter(str.isdigit, bare))
    many = _LEAST <= len(digits) <= _MOST or _PAIRS.fullmatch(candidate)
    return ("+" if bare.startswith(("+", "(+")) else "") + digits if many and not _is_odd(candidate) else None


def _is_odd(candidate: str) -> bool:
    """Written as a telephone number is not: brackets that do not close, amounts, dates and times."""
    brackets = candidate.count("(") != candidate.count(")")
    return bool(brackets or _AMOUNTS.search(candidate) or _TIMES.fullmatch(candidate))


@cache
def phone_rules(regions: Sequence[str]) -> tuple[Rule, ...]:
    """`regions` are the countries (ISO 3166) whose national numbers are known."""
    return (
        Rule("phone", "international", _PLUS, _read, 0.98, 0.99, _WORDS, cut=True),
        Rule("phone", "possible", _PLUS, _read_possible, 0.6, 0.8, _WORDS),
        Rule("phone", "international", _ZEROS, _read_zeros, 0.7, 0.97, _WORDS, cut=True),
        Rule("phone", "national", _NATIONAL, partial(_read_national, regions=regions), 0.0, 0.95, _WORDS, reach=40),
        Rule("phone", "as printed", _SEPARATE, partial(_read_as_printed, regions=regions), 0.6, 0.96, _WORDS),
        *(Rule("phone", "word", shape, _read_any, 0.0, 0.6, _WORDS, reach=30) for shape in (_PLUS, _NATIONAL)),
    )
