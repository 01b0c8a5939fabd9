"""Telephone numbers: by the numbering plans of all countries, and near words for a telephone by their form alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, partial

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

from ray_app.enrichment.identifiers.rule import Rule, form, words

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
    *("handy", "fax", "telefax", "call", "calls", "calling", "dial", "ring", "opkald", "sms", "text me", "whatsapp"),
    *(
        "hotline",
        "direct",
        "direkte",
        "office",
        "switchboard",
        "omstilling",
        "answering",
        "answer at",
        "reach",
        "voicemail",
    ),
)
# Groups of digits, with at most a bracket, a hyphen and spaces between them, never over the end of a line.
_GROUPS = r"(?:[ ./()-]{0,3}[0-9])"
_NATIONAL_GROUPS = r"(?:(?:[ ./-]|\) ?-?| \()?[0-9])"
_EXTENSION = r"(?: ?(?:x|ext\.?|lok\.?|EXT) ?[0-9]{1,6})?"
_PLUS = re.compile(rf"\+(?<![\w+]\+) ?\(?[1-9]{_GROUPS}{{6,15}}{_EXTENSION}(?![0-9A-Za-z])")
_ZEROS = form("0", rf"0[ -]?[1-9][0-9]{{0,2}}[ ./()-]{_GROUPS}{{6,14}}{_EXTENSION}", before="[+(]")
_NATIONAL = re.compile(
    rf"[0-9(](?<![\w+(][0-9(])(?<![0-9][-./:,][0-9(]){_NATIONAL_GROUPS}{{5,14}}{_EXTENSION}(?!\w|[-./:][0-9]|,[0-9]|\))"
)
_SEPARATE = form("[0-9(]", r"[0-9]{0,4}(?:[) -]{1,2}[0-9]{2,4}){2,4}", before="[0-9] ", after="[ -]{1,2}[0-9]")
_DATES = re.compile(
    r"(?:19|20)\d\d[-./ ]?(?:0?\d|1[0-2])[-./ ]?[0-3]?\d(?:[ T]\d.*)?"
    r"|[0-3]?\d[-./ ][01]?\d[-./ ](?:19|20)\d\d(?: \d.*)?"
)
_LEAST, _MOST = 7, 15
# Six digits, as in the Faroes, in Greenland and in old numbers, are written in pairs.
_PAIRS = re.compile(r"[0-9]{2}([ .-])[0-9]{2}\1[0-9]{2}")


def _parse(candidate: str, region: str | None) -> PhoneNumber | None:
    """A number that the region's (or its own country's) numbering plan has."""
    if candidate.count("(") != candidate.count(")"):
        return None
    try:
        number = phonenumbers.parse(candidate, region)
    except NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _read(candidate: str, region: str | None = None) -> str | None:
    """E.164, without an extension."""
    number = _parse(candidate, region)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if number else None


def _read_zeros(candidate: str) -> str | None:
    return _read(re.sub(r"^00[ -]?", "+", candidate))


def _read_as_printed(candidate: str, region: str) -> str | None:
    """Only grouped in the way of its country, three groups or more: `20 12 34 56`, `(650) 253-0000`."""
    number = _parse(candidate, region)
    if not number:
        return None
    printed = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    same = re.findall("[0-9]+", printed) == re.findall("[0-9]+", candidate)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if same else None


def _read_any(candidate: str) -> str | None:
    """Digits as many as a telephone number may have, no date, no second bracket; a plus is kept."""
    bare = re.split("[A-Za-z]", candidate)[0]
    digits = "".join(filter(str.isdigit, bare))
    many = _LEAST <= len(digits) <= _MOST or _PAIRS.fullmatch(candidate)
    fits = many and candidate.count("(") == candidate.count(")") <= 1 and not _DATES.fullmatch(candidate)
    return ("+" if bare[0] == "+" else "") + digits if fits else None


@cache
def phone_rules(regions: Sequence[str]) -> tuple[Rule, ...]:
    """`regions` are the countries (ISO 3166) whose national numbers are known."""

    return (
        Rule("phone", "international", _PLUS, _read, 0.98, 0.99, _WORDS, cut=True),
        Rule("phone", "international", _ZEROS, _read_zeros, 0.7, 0.97, _WORDS, cut=True),
        *(
            Rule("phone", f"national {region}", _NATIONAL, partial(_read, region=region), 0.0, 0.95, _WORDS, reach=40)
            for region in regions
        ),
        *(
            Rule("phone", f"national {region}", _SEPARATE, partial(_read_as_printed, region=region), 0.7, 0.96, _WORDS)
            for region in regions
        ),
        *(Rule("phone", "word", shape, _read_any, 0.0, 0.6, _WORDS, reach=30) for shape in (_PLUS, _NATIONAL)),
    )
