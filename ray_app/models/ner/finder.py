"""The default finder of names: a conditional random field that ships with ray-app and runs on one core."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np

from ray_app.models.ner.columns import Columns, columns_of
from ray_app.models.ner.crf import LABELS, Floats, Span, decode
from ray_app.models.ner.model import Weights, token_scores, word_scores
from ray_app.models.ner.tokens import Token
from ray_app.models.ner.words import LONGEST, OFFSETS, Word, word_of
from ray_app.records import Mention

_KEPT_WORDS = 50_000
# What is worked on side by side: characters as tokens with their features, some 100 bytes each, and tokens as labels.
_GROUP_CHARS = 500_000
_BATCH_TOKENS = 16_384

# A token's text, and whether it is code.
Key = tuple[str, bool]
# A name's first character, the one after its last, and what the field says of it.
Placed = tuple[int, int, Span]


class NameFinder(Protocol):
    """`name` says which model it is: it goes into each mention's `found_by`."""

    @property
    def name(self) -> str: ...

    def find(self, texts: Sequence[str]) -> list[list[Mention]]:
        """Each text's people, organisations and places, in their order and without overlaps.

        Every mention has page 1: the caller knows which page the text is. `value` is the text with its white space
        collapsed.
        """
        ...


class DefaultFinder:
    """Finds names with weights in memory. May be shared by threads."""

    def __init__(self, weights: Weights, name: str, min_confidence: float) -> None:
        self._weights = weights
        self._name = name
        self._least = min_confidence
        self._word = lru_cache(_KEPT_WORDS)(self._look_up)
        self._scores: dict[Key, Floats] = {}

    @property
    def name(self) -> str:
        return self._name

    def find(self, texts: Sequence[str]) -> list[list[Mention]]:
        return [self._mentions(text, spans) for text, spans in zip(texts, self.spans(texts), strict=True)]

    def _mentions(self, text: str, spans: Sequence[Placed]) -> list[Mention]:
        found = []
        for start, end, span in spans:
            if span.probability >= self._least:
                found.append(mention(text, span.kind, start, end, span.probability, self._name))
        return found

    def spans(self, texts: Sequence[str]) -> list[list[Placed]]:
        """Each text's names with their places, in their order."""
        found: list[list[Placed]] = [[] for _ in texts]
        for some in _groups(texts):
            for piece, spans in zip(some, self._together([one.text for one in some]), strict=True):
                found[piece.number] += [(piece.start + start, piece.start + end, span) for start, end, span in spans]
        return found

    def _together(self, texts: Sequence[str]) -> list[list[Placed]]:
        encoded = [self._encoded(text) for text in texts]
        sequences = [scores[start:end] for columns, scores in encoded for start, end in columns.spans]
        decoded = iter(_decoded(sequences, self._weights.transitions))
        return [
            [
                placed
                for start, end in columns.spans
                for placed in _placed(text, columns.tokens[start:end], next(decoded))
            ]
            for text, (columns, _) in zip(texts, encoded, strict=True)
        ]

    def _encoded(self, text: str) -> tuple[Columns, Floats]:
        vocabulary = _Vocabulary(self._word)
        columns = columns_of(text, vocabulary.number, self._weights.lexicon)
        return columns, token_scores(columns, self._scored(vocabulary.words), self._weights)

    def _look_up(self, text: str, code: bool) -> Word:
        return word_of(text, code, self._weights.lexicon)

    def _scored(self, words: Mapping[Key, Word]) -> Floats:
        """Words' scores by number. Those of new words are worked out at once; most words come again."""
        scores = {key: self._scores.get(key) for key in words}
        new = [key for key, known in scores.items() if known is None]
        if new:
            scores |= zip(new, word_scores([words[key] for key in new], self._weights), strict=True)
            if len(self._scores) > _KEPT_WORDS:
                self._scores.clear()
            self._scores.update((key, found) for key in new if (found := scores[key]) is not None)
        edge = np.zeros((len(OFFSETS), len(LABELS)), np.float32)
        return np.stack([edge, *(found for found in scores.values() if found is not None)])


class _Vocabulary:
    """Numbers the distinct words of one text from 1, in the order of `words`; 0 is what stands around sequences."""

    def __init__(self, look_up: Callable[[str, bool], Word]) -> None:
        self._look_up = look_up
        self._known: dict[Key, tuple[int, Word]] = {}
        self.words: dict[Key, Word] = {}

    def number(self, token: Token) -> tuple[int, Word]:
        key = (token.text[: LONGEST + 1], token.code)
        known = self._known.get(key)
        if known is None:
            word = self.words[key] = self._look_up(*key)
            known = self._known[key] = (len(self.words), word)
        return known


def _placed(text: str, tokens: Sequence[Token | None], spans: Sequence[Span]) -> Iterator[Placed]:
    """Where the text has the names; marks and figures alone are none."""
    for span in spans:
        first, last = tokens[span.start], tokens[span.end - 1]
        if first and last and any(character.isalpha() for character in text[first.start : last.end]):
            yield first.start, last.end, span


class _Piece(NamedTuple):
    """A stretch of text number `number` from its character `start` on."""

    number: int
    start: int
    text: str


def _pieces(texts: Sequence[str]) -> Iterator[_Piece]:
    """The texts in their order; long ones in several, cut behind a paragraph, a line or a word."""
    for number, text in enumerate(texts):
        start = 0
        while (end := start + _GROUP_CHARS) < len(text):
            cut = next((at + 1 for mark in ("\n\n", "\n", " ") if (at := text.rfind(mark, start, end)) >= start), end)
            yield _Piece(number, start, text[start:cut])
            start = cut
        yield _Piece(number, start, text[start:])


def _groups(texts: Sequence[str]) -> Iterator[list[_Piece]]:
    """Pieces in their order, with at most so many characters together."""
    group: list[_Piece] = []
    size = 0
    for piece in _pieces(texts):
        if group and size + len(piece.text) > _GROUP_CHARS:
            yield group
            group, size = [], 0
        group.append(piece)
        size += len(piece.text)
    if group:
        yield group


def _decoded(sequences: Sequence[Floats], transitions: Floats) -> list[list[Span]]:
    """Each sequence's names. Sequences of about one length are worked on together."""
    found: list[list[Span]] = [[] for _ in sequences]
    for batch in _batches([len(one) for one in sequences]):
        for number, spans in zip(batch, decode([sequences[one] for one in batch], transitions), strict=True):
            found[number] = spans
    return found


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Numbers of sequences, alike in length, with at most so many tokens together, or one sequence."""
    batch: list[int] = []
    for number in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[number] > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def mention(text: str, kind: str, start: int, end: int, confidence: float, found_by: str) -> Mention:
    """A mention on page 1."""
    value = " ".join(text[start:end].split())
    return Mention(kind, 1, start, end, value, round(confidence, 4), found_by)
