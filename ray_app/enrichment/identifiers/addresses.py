"""Identifiers inside a web address: `https://firma.dk/reset?email=anna@firma.dk&cpr=070761-4285` has two."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from ray_app.enrichment.identifiers.context import BEFORE
from ray_app.enrichment.identifiers.rule import CERTAIN, Found

# The scheme and the user, then the host with its port.
_HOST = re.compile(r"(?:[a-zA-Z]+://)?(?:[^/?#\s]*@)?([\w.:\[\]-]*)")
# What a value is called, right before it: `?cpr=`, `/cpr/`.
_NAME = re.compile(r"([^/?&;#,=]*)([/=])$")
_LONGEST_NAME = 64


def inside(found: Iterable[Found], addresses: Iterable[Found], text: str) -> Iterator[Found]:
    """Those that lie in one of the addresses, which do not overlap: before its host, or behind it.

    A path is full of words and of numbers that are nobody's: a number of weak form counts only where the word for it
    is the name of its parameter. As a step of the path it does for checked numbers, not for `/contact/20123456`.
    """
    around = sorted((one.start, one.end) for one in addresses)
    hosts = {start: match.span(1) for start, _ in around if (match := _HOST.match(text, start))}
    for one in found:
        place = bisect_right(around, (one.start, one.end)) - 1
        if place < 0 or (one.start, one.end) == around[place] or one.end > around[place][1]:
            continue
        if not _is_host(one, *hosts[around[place][0]], text) and (one.rule.alone >= CERTAIN or _is_named(one, text)):
            yield one


def _is_host(one: Found, start: int, end: int, text: str) -> bool:
    """Whether it has a part of the host, as a password before it has, and `https://anna@firma.dk` has not."""
    return one.start < end and one.end > start and not (one.start < start and text[one.start - 1] == "/")


def _is_named(one: Found, text: str) -> bool:
    """Whether a word of the rule stands right before it; one with a short reach is trusted less."""
    name = _NAME.search(text[max(0, one.start - _LONGEST_NAME) : one.start])
    if not name or not one.rule.words or (name[2] == "/" and one.rule.reach < BEFORE):
        return False
    return bool(one.rule.words.search(name[1].lower()))
