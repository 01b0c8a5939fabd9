"""Passports: a number near a word for it, or the two lines that machines read (ICAO Doc 9303, part 4)."""

from __future__ import annotations

from itertools import cycle

from ray_app.enrichment.identifiers.context import words
from ray_app.enrichment.identifiers.rule import Rule, form

_WORDS = words(
    *("passport", "pasnr", "pasnummer", "pas nr", "pas-nr", "pas nummer", "reisepass", "passnr", "passnummer"),
    *("passeport", "pasaporte", "passaporto", "paspoort", "passi"),
)
_LEAST_DIGITS = 5
_NUMBER = form("[A-Z0-9]", "[A-Z0-9]{6,8}")
_SECOND = "[0-9<A-Z]{8}[0-9][A-Z<]{3}[0-9]{7}[MFX<][0-9]{7}[A-Z0-9<]{14}[0-9<][0-9]"
_VALUES = {character: value for value, character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {"<": 0}


def _read_number(candidate: str) -> str | None:
    return candidate if sum(map(str.isdigit, candidate)) >= _LEAST_DIGITS else None


def _read_lines(candidate: str) -> str | None:
    """The passport's number, where all of its check digits are right."""
    line = candidate[-44:]
    checked = (line[:10], line[13:20], line[21:28], line[:10] + line[13:20] + line[21:44])
    return line[:9].rstrip("<") if all(map(_checks, checked)) else None


def _checks(field: str) -> bool:
    total = sum(_VALUES[character] * weight for character, weight in zip(field[:-1], cycle((7, 3, 1)), strict=False))
    return total % 10 == _VALUES[field[-1]]


RULES = (
    Rule("passport", "word", _NUMBER, _read_number, 0.0, 0.8, _WORDS, reach=35),
    Rule("passport", "check digits", form("P", rf"[A-Z<]{{43}} ?\n ?[A-Z0-9]{_SECOND}"), _read_lines, 0.99, 0.99),
    Rule("passport", "check digits", form("[A-Z0-9]", _SECOND), _read_lines, 0.98, 0.98),
)
