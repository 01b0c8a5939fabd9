"""Danish CPR and CVR numbers.

A CPR number is a date of birth, a digit that with the year tells the century, and a running number. Until October
2007 all fulfilled a check modulo 11; since then some do not, so far only for the first of January of certain years
(cpr.dk, "Personnumre uden kontrolciffer", as of 2023-05-10).
"""

from __future__ import annotations

import datetime
from collections.abc import Callable

from stdnum.dk import cpr
from stdnum.exceptions import InvalidComponent

from ray_app.enrichment.identifiers.context import words
from ray_app.enrichment.identifiers.rule import Rule, by, compact, form

_UNCHECKED_YEARS = {
    *(1960, 1962, 1964, 1965, 1966, 1967, 1969, 1970, 1974, 1975, 1978),
    *range(1980, 1993),
    *(1994, 1995),
}
_WORDS = words("cpr", "personnummer", "personnr", "personal identification", "civil registration", "født", "fødselsd")
_CVR_WORDS = words("cvr", "moms", "momsnr", "se-nr", "se nr", "vat", "company reg", "company no", "virksomhedsnr")

HYPHEN = form("[0-9]", "[0-9]{5} ?- ?[0-9]{4}")
_SPACE = form("[0-9]", "[0-9]{5} [0-9]{4}", before="[0-9] ", after=" [0-9]")
_PAIRS = form("[0-9]", "[0-9] [0-9]{2} [0-9]{2} ?[- ] ?[0-9]{4}", before="[0-9] ", after=" [0-9]")
PLAIN = form("[0-9]", "[0-9]{9}")
_SPLIT = form("[0-9]", "[0-9]{5}(?:-?\n-?)[0-9]{4}")


def _reader(wanted: Callable[[str, datetime.date], bool]) -> Callable[[str], str | None]:
    def read(candidate: str) -> str | None:
        number = compact(candidate)
        born = _born(number)
        return number if born and number[6:] != "0000" and wanted(number, born) else None

    return read


def _born(number: str) -> datetime.date | None:
    try:
        return cpr.get_birth_date(number)
    except InvalidComponent:
        return None


def _past(born: datetime.date) -> bool:
    return born <= datetime.date.today()


def _known_unchecked(born: datetime.date) -> bool:
    return born.year in _UNCHECKED_YEARS and (born.month, born.day) == (1, 1)


def _replacement(candidate: str) -> str | None:
    """Hospitals number people without a CPR number by a date of birth whose day is 60 more."""
    number = compact(candidate)
    day = int(number[:2])
    return number if 61 <= day <= 91 and (born := _born(f"{day - 60:02}{number[2:]}")) and _past(born) else None


_checked = _reader(lambda number, born: cpr.checksum(number) == 0 and _past(born))
_first_of_january = _reader(lambda number, born: _known_unchecked(born) and _past(born))
_possible = _reader(lambda number, born: _past(born))
# Nobody has such a number yet, but it is written like one: a slip of the pen, or test data.
_ahead = _reader(lambda number, born: not _past(born))

# By form: alone and near for a number with check digits, one that may lack them, any possible one, one to come.
_SURENESS = {
    HYPHEN: ((0.95, 0.99), (0.8, 0.97), (0.5, 0.9), (0.0, 0.5)),
    _PAIRS: ((0.6, 0.98), (0.0, 0.95), (0.0, 0.85), (0.0, 0.5)),
    _SPACE: ((0.6, 0.98), (0.5, 0.95), (0.0, 0.85), (0.0, 0.5)),
    PLAIN: ((0.6, 0.98), (0.5, 0.95), (0.0, 0.8), (0.0, 0.0)),
    _SPLIT: ((0.6, 0.98), (0.0, 0.95), (0.0, 0.8), (0.0, 0.0)),
}
_READERS = (
    ("check digit", _checked),
    ("unchecked date", _first_of_january),
    ("date", _possible),
    ("date ahead", _ahead),
)

RULES = (
    *(
        Rule("dk.cpr", how, shape, read, alone, near, _WORDS)
        for shape, sureness in _SURENESS.items()
        for (how, read), (alone, near) in zip(_READERS, sureness, strict=True)
        if near
    ),
    *(Rule("dk.cpr", "replacement", shape, _replacement, 0.0, 0.7, _WORDS) for shape in (HYPHEN, PLAIN)),
    Rule("dk.cvr", "check digit", form("D", "K[- ]?[0-9]{2}(?: ?[0-9]{2}){3}"), by("dk", "cvr"), 0.6, 0.98, _CVR_WORDS),
    Rule("dk.cvr", "check digit", form("[1-9]", "[0-9](?: ?[0-9]{2}){3}"), by("dk", "cvr"), 0.0, 0.97, _CVR_WORDS),
)
