"""What the model looks at in a word by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ray_app.models.ner.lexicon import CITY, COUNTRY, FIRST, INFLECTED_DA, INFLECTED_EN, LAST, NAMES, Lexicon

# Kinds of tokens. EDGE stands before and after each sequence.
EDGE, LOWER, TITLE, UPPER, INITIAL, MIXED, NUMBER, CODE, END, COMMA, COLON, DASH, OPEN, CLOSE, BAR, MARK = range(16)
KINDS = 16
_MARKS = dict.fromkeys(".!?…", END) | dict.fromkeys(",;", COMMA) | {":": COLON} | dict.fromkeys("-–—", DASH)
_MARKS |= dict.fromkeys("([{<\"'“«„", OPEN) | dict.fromkeys(")]}>”»", CLOSE) | dict.fromkeys("|•*#>", BAR)
# A coarse class of a word: 16 by the kinds of names that it may be, times whether it is a common word.
CLASSES = 33
LONGEST = 40
# How far around a word its neighbours' features count; the farther, the fewer of them.
OFFSETS = (-2, -1, 0, 1, 2)
_FEW, _SOME = 6, 12
COUNTS = {-2: _FEW, -1: _SOME, 0: 99, 1: _SOME, 2: _FEW}


@dataclass(frozen=True, slots=True)
class Word:
    """What is to be known of one token by itself: its kind, its class, and its features, the telling ones first."""

    kind: int
    lexical: int
    features: tuple[str, ...]


def word_of(text: str, code: bool, lexicon: Lexicon) -> Word:
    """One token's word."""
    kind = kind_of(text, code)
    if kind in (CODE, EDGE) or len(text) > LONGEST:
        return Word(CODE, 0, (f"k{CODE}",))
    if kind == NUMBER or kind >= END:
        return Word(kind, 0, (f"k{kind}", "w=" + re.sub(r"\d", "0", text)[:8]))
    low = text.lower()
    entry, genitive = lexicon.find(low), ""
    if not entry.flags and low.endswith("s"):
        base = lexicon.find(low[:-1])
        if base.flags & NAMES:
            entry, genitive = base, "'s"
    names, inflected = entry.flags & NAMES, (entry.flags & (INFLECTED_DA | INFLECTED_EN)) >> 5
    common = bool(inflected) or max(entry.danish, entry.english) >= 5
    case = "x" if kind == LOWER else "X"
    # A name stands for its kind, never for itself: the model knows no person.
    itself = f"w={low}" if common or not names else f"n={names}"
    coarse = int(lexicon.coarse[entry.cluster]) if entry.cluster else 0
    features = (
        itself,
        f"k{kind}",
        f"{case}n{names}{genitive}",
        f"{case}f{entry.danish}{inflected & 1}",
        f"{case}e{entry.english}{inflected >> 1}",
        f"c{coarse}",
        f"{case}C{entry.cluster}",
        f"s{low[-3:]}",
        f"{case}n{names}i{inflected}f{max(entry.danish, entry.english)}",
        f"{case}c{coarse}",
        f"k{kind}l{min(len(low), 8)}",
        f"s{low[-2:]}",
        # from here on of the word itself only
        f"{case}s4{low[-4:]}",
        f"{case}s5{low[-5:]}",
        f"p3{low[:3]}",
        f"{case}p4{low[:4]}",
        f"sh{shape(text)}",
        *(f"{case}b{bit}" for bit in (FIRST, LAST, CITY, COUNTRY) if names & bit),
    )
    return Word(kind, 1 + names + 16 * common, features)


def kind_of(text: str, code: bool) -> int:
    """One of the kinds above."""
    if code:
        return CODE
    first = text[0]
    if not first.isalnum():
        return _MARKS.get(first, MARK)
    if first.isdigit():
        return NUMBER if not any(c.isalpha() for c in text) else CODE
    if any(c.isdigit() for c in text):
        return CODE
    if text.islower():
        return LOWER
    if len(text) == 1 or text.endswith("."):
        return INITIAL
    if text.isupper():
        return UPPER
    return (
        TITLE if first.isupper() and text[1:].islower() else (MIXED if first.isupper() or not text.islower() else LOWER)
    )


def shape(text: str) -> str:
    """Letters' cases in short: "McDonald" is XxXx, "A/S" is X/X."""
    letters = "".join("X" if c.isupper() else "x" if c.isalpha() else "0" if c.isdigit() else c for c in text)
    return re.sub(r"(.)\1+", r"\1", letters)[:8]
