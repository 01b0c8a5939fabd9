"""Names reduced to what they have in common however they are spelt."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import product
from math import prod

# Letters with the accents that follow them, and apostrophes within; hyphens part words, as blanks do.
NAME_WORD = re.compile(r"[^\W\d_]+(?:[\u0300-\u036f]+[^\W\d_]*|['’][^\W\d_]+)*")
_LETTERS = str.maketrans(
    {"å": "aa", "ä": "ae", "æ": "ae", "ü": "ue", "ø": "o", "ö": "o", "œ": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"}
)
_APOSTROPHES = str.maketrans("", "", "'’")
_OE = re.compile("oe+")
# What a letter, or two, may also be written as.
_SPELLINGS = {
    **dict.fromkeys(("å", "aa"), ("å", "aa")),
    **dict.fromkeys(("æ", "ä", "ae"), ("æ", "ä", "ae")),
    **dict.fromkeys(("ø", "ö", "œ", "oe", "o"), ("ø", "ö", "oe", "o")),
    **dict.fromkeys(("ü", "ue"), ("ü", "ue")),
    "ss": ("ß", "ss"),
}
_UNIT = re.compile("aa|ae|oe|ue|ss|.", re.DOTALL)
# A name of five o's has a thousand spellings, most of which nobody ever wrote.
_MOST_SPELLINGS = 256


def fold(word: str) -> str:
    """A word of a name without case, accents and apostrophes; å is aa, æ and ä are ae, ø, ö and oe are o, ü is ue."""
    plain = unicodedata.normalize("NFC", word).casefold().translate(_LETTERS)
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c))
    return _OE.sub("o", plain.translate(_APOSTROPHES))


def spellings(word: str) -> frozenset[str]:
    """The ways in lower case that a word of a name may be written in, all with the same fold.

    The word as it stands, without accents, and with each of å and aa, æ, ä and ae, ø, ö, oe and o, ü and ue for the
    other. Accents that it does not have itself are left out.
    """
    lower = unicodedata.normalize("NFC", word).casefold()
    units = [_alternatives(unit) for unit in _UNIT.findall(lower)]
    written = {lower, word.lower(), fold(lower)}
    if prod(map(len, units)) <= _MOST_SPELLINGS:
        written |= {"".join(choice) for choice in product(*units)}
    return frozenset(written)


def deletions(word: str, most: int) -> Iterator[str]:
    """The word with up to `most` letters left out, itself included; some come more than once."""
    yield word
    if most:
        for index in range(len(word)):
            yield from deletions(word[:index] + word[index + 1 :], most - 1)


def _alternatives(unit: str) -> tuple[str, ...]:
    if unit in _SPELLINGS:
        return _SPELLINGS[unit]
    plain = fold(unit)
    return (unit,) if plain == unit or not plain else (unit, plain)
