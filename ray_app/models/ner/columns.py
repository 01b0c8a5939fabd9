"""A text as columns of small numbers, one row per token: what the model looks at in how words stand together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ray_app.models.ner.lexicon import PHRASE, Lexicon
from ray_app.models.ner.tokens import Token, sequences
from ray_app.models.ner.words import (
    BAR,
    CLASSES,
    COLON,
    DASH,
    EDGE,
    END,
    INITIAL,
    KINDS,
    LOWER,
    OPEN,
    TITLE,
    UPPER,
    Word,
)

Codes = NDArray[np.int32]

# Where a token stands: within a line; first of a sequence; first of a wrapped line; after a sentence's end; after a
# colon, dash or bracket; after a wide gap, as columns have.
_INSIDE, _FIRST, _WRAPPED, _AFTER_END, _AFTER_MARK, AFTER_GAP = range(6)
_POSITIONS = 6
# What a line looks like: prose; all in capitals; few words with capitals; columns; a label and a colon; else short.
_PROSE, _CAPITALS, _TITLE, _COLUMNS, _LABEL, _SHORT = range(6)
_LINES = 6
_GAP = re.compile(r"\t|\s{2,}")
_FEW_WORDS = 5
# Rows of EDGE around each sequence, as many as the model looks to each side.
MARGIN = 2
_CAPITAL_KINDS = frozenset((TITLE, UPPER, INITIAL))


@dataclass(frozen=True, slots=True)
class Columns:
    """One row per token, and `MARGIN` rows of EDGE before each sequence and after the last one.

    `word` numbers the distinct words, 0 is EDGE; the others are as in `words` and above. `spans` has sequences' rows.
    """

    tokens: list[Token | None]
    word: Codes
    kind: Codes
    lexical: Codes
    position: Codes
    line: Codes
    seen: Codes
    phrase: Codes
    spans: list[tuple[int, int]]


def columns_of(text: str, word: Callable[[Token], tuple[int, Word]], lexicon: Lexicon) -> Columns:
    """The text's columns; `word` gives a token's number (1 and more) and what is known of it."""
    rows = _Rows()
    rows.edge()
    for sequence in sequences(text):
        start = len(rows.tokens)
        for number, line in enumerate(sequence):
            rows.line(text, line, [word(token) for token in line], first=not number)
        rows.spans.append((start, len(rows.tokens)))
        rows.edge()
    return rows.columns(lexicon)


class _Rows:
    """Columns that grow."""

    def __init__(self) -> None:
        self.tokens: list[Token | None] = []
        self.spans: list[tuple[int, int]] = []
        self._numbers: list[int] = []
        self._positions: list[int] = []
        self._lines: list[int] = []
        self._kinds: list[int] = []
        self._lexicals: list[int] = []

    def edge(self) -> None:
        self.tokens += [None] * MARGIN
        self._numbers += [0] * MARGIN
        self._kinds += [EDGE] * MARGIN
        self._lexicals += [0] * MARGIN
        self._positions += [_INSIDE] * MARGIN
        self._lines += [_PROSE] * MARGIN

    def line(self, text: str, line: list[Token], words: list[tuple[int, Word]], *, first: bool) -> None:
        kinds = [word.kind for _, word in words]
        self.tokens += line
        self._numbers += [number for number, _ in words]
        self._kinds += kinds
        self._lexicals += [word.lexical for _, word in words]
        self._lines += [_look(text, line, kinds)] * len(line)
        self._positions.append(_FIRST if first else _WRAPPED)
        self._positions += [_position(text, *pair, kind) for pair, kind in zip(pairwise(line), kinds, strict=False)]

    def columns(self, lexicon: Lexicon) -> Columns:
        columns = (self._numbers, self._kinds, self._lexicals, self._positions, self._lines)
        word, kind, lexical, position, line = (np.array(column, np.int32) for column in columns)
        seen, phrase = _seen(self.tokens, kind), _phrases(self.tokens, kind, lexicon)
        return Columns(self.tokens, word, kind, lexical, position, line, seen, phrase, self.spans)


def _position(text: str, before: Token, token: Token, kind_before: int) -> int:
    if token.start - before.end > 1 and _GAP.search(text[before.end : min(token.start, before.end + 8)]):
        return AFTER_GAP
    if kind_before == BAR:
        return AFTER_GAP
    if kind_before == END:
        return _AFTER_END
    return _AFTER_MARK if kind_before in (COLON, DASH, OPEN) else _INSIDE


def _look(text: str, line: list[Token], kinds: list[int]) -> int:
    words = [kind for kind in kinds if LOWER <= kind < END]
    capital = sum(kind in _CAPITAL_KINDS for kind in words)
    if kinds.count(BAR) > 1 or (line and _gaps(text, line) > 1):
        return _COLUMNS
    if words and kinds.count(UPPER) * 2 > len(words):
        return _CAPITALS
    if COLON in kinds[:4]:
        return _LABEL
    if len(words) <= _FEW_WORDS:
        return _TITLE if words and capital * 3 > len(words) * 2 else _SHORT
    return _PROSE


def _gaps(text: str, line: list[Token]) -> int:
    return len(_GAP.findall(text[line[0].start : min(line[-1].end, line[0].start + 400)]))


def _seen(tokens: list[Token | None], kind: Codes) -> Codes:
    """1 where the text has the word in small letters too, as it has "aftale" for a heading's "Aftale"."""
    small = {token.text for at in np.flatnonzero(kind == LOWER).tolist() if (token := tokens[at])}
    seen = np.zeros(len(tokens), np.int32)
    for at in np.flatnonzero(np.isin(kind, (TITLE, UPPER))).tolist():
        token = tokens[at]
        seen[at] = token is not None and token.text.lower() in small
    return seen


def _phrases(tokens: list[Token | None], kind: Codes, lexicon: Lexicon) -> Codes:
    """1 at the first and 2 at the other words of places of two or three words, such as New York."""
    marks = np.zeros(len(tokens), np.int32)
    capital = np.isin(kind, (TITLE, UPPER))
    for length in (2, 3):
        both = capital[: 1 - length or None] & capital[length - 1 :]
        for at in np.flatnonzero(both).tolist():
            words = [token.text.lower() for token in tokens[at : at + length] if token]
            if len(words) == length and lexicon.find(" ".join(words)).flags & PHRASE:
                marks[at : at + length] = 2
                marks[at] = 1
    return marks


def tables(columns: Columns) -> Iterator[tuple[str, int, Codes]]:
    """Features of how tokens stand together: name, number of values, and each row's value; edges' are of no use."""
    kind, lexical, position = columns.kind, columns.lexical, columns.position
    before, after, before2 = _shift(kind, 1), _shift(kind, -1), _shift(kind, 2)
    yield "kk", KINDS**3, (before * KINDS + kind) * KINDS + after
    yield "k2", KINDS**3, (before2 * KINDS + before) * KINDS + kind
    yield "lb", CLASSES**2, _shift(lexical, 1) * CLASSES + lexical
    yield "la", CLASSES**2, lexical * CLASSES + _shift(lexical, -1)
    yield "po", _POSITIONS * KINDS * CLASSES * 2, ((position * KINDS + kind) * CLASSES + lexical) * 2 + columns.seen
    yield "li", _LINES * KINDS * CLASSES, (columns.line * KINDS + kind) * CLASSES + lexical
    yield "pn", _POSITIONS * KINDS * KINDS, (_shift(position, -1) * KINDS + kind) * KINDS + after
    yield "pp", _POSITIONS * KINDS * KINDS, (position * KINDS + before) * KINDS + kind
    yield "ph", 3 * KINDS, columns.phrase * KINDS + kind


def _shift(values: Codes, by: int) -> Codes:
    """Each row's neighbour, `by` rows before it."""
    return np.roll(values, by)
