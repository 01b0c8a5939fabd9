"""Annotated texts as numbers, for training: each token's features and label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ray_app.models.ner.columns import Columns, columns_of, tables
from ray_app.models.ner.corpus import Annotated
from ray_app.models.ner.crf import LABELS, labels_of
from ray_app.models.ner.lexicon import Lexicon
from ray_app.models.ner.model import keys_of
from ray_app.models.ner.tokens import Token
from ray_app.models.ner.words import LONGEST, OFFSETS, Word, word_of

# A feature that was seen on fewer tokens says nothing of others.
_LEAST = 3
_NUMBER = {label: at for at, label in enumerate(LABELS)}


@dataclass(frozen=True, slots=True)
class Examples:
    """`features` has the numbers of each row's features, shape (rows, features), 0 where there is none; `labels` each
    row's label. `spans` are the rows of each sequence. The first numbers, from 1, are words' features in the order of
    `keys` (their CRC-32); `tables` says at which number each table begins, and how many values it has.
    """

    features: NDArray[np.int32]
    labels: NDArray[np.int8]
    spans: list[tuple[int, int]]
    keys: NDArray[np.uint32]
    tables: dict[str, tuple[int, int]]


class _Words:
    """Numbers words from 1, over all texts; 0 is what stands around sequences."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.keys: list[list[list[int]]] = [[[] for _ in OFFSETS]]
        self._known: dict[tuple[str, bool], tuple[int, Word]] = {}

    def number(self, token: Token) -> tuple[int, Word]:
        key = (token.text[: LONGEST + 1], token.code)
        if key not in self._known:
            word = word_of(*key, self.lexicon)
            self._known[key] = (len(self.keys), word)
            self.keys.append(keys_of(word))
        return self._known[key]


def encode(texts: Sequence[Annotated], lexicon: Lexicon) -> Examples:
    """Numbers for all texts, in their order."""
    words = _Words(lexicon)
    columns = [columns_of(text.text, words.number, lexicon) for text in texts]
    labels = [_labels(text, one) for text, one in zip(texts, columns, strict=True)]
    keys = _common(columns, words)
    table_at, together = _tables(columns, first=len(keys) + 1)
    by_offset = [_matrix([word[at] for word in words.keys], keys) for at in range(len(OFFSETS))]
    rows = [
        np.concatenate(
            [matrix[np.roll(one.word, -offset)] for offset, matrix in zip(OFFSETS, by_offset, strict=True)], 1
        )
        for one in columns
    ]
    starts = np.cumsum([0, *(len(one.tokens) for one in columns)]).tolist()
    spans = [(at + begin, at + end) for at, one in zip(starts, columns, strict=False) for begin, end in one.spans]
    features = np.concatenate([np.concatenate(rows), together], axis=1)
    return Examples(features, np.concatenate(labels), spans, keys, table_at)


def _common(columns: Sequence[Columns], words: _Words) -> NDArray[np.uint32]:
    """The keys of features that enough tokens have, sorted."""
    tokens = Counter(number for one in columns for number in one.word.tolist())
    counts: Counter[int] = Counter()
    for number, times in tokens.items():
        for keys in words.keys[number]:
            counts.update(dict.fromkeys(keys, times))
    return np.array(sorted(key for key, times in counts.items() if times >= _LEAST), np.uint32)


def _matrix(features: Sequence[Sequence[int]], keys: NDArray[np.uint32]) -> NDArray[np.int32]:
    """Each word's features by number, shape (words, most features of a word), filled with 0."""
    matrix = np.zeros((len(features), max(map(len, features))), np.int32)
    for row, wanted in enumerate(features):
        at = np.minimum(np.searchsorted(keys, np.array(wanted, np.uint32)), len(keys) - 1)
        matrix[row, : len(wanted)] = np.where(keys[at] == np.array(wanted, np.uint32), at + 1, 0)
    return matrix


def _tables(columns: Sequence[Columns], first: int) -> tuple[dict[str, tuple[int, int]], NDArray[np.int32]]:
    """Where each table's numbers begin, with its size; and each row's numbers, shape (rows, tables)."""
    begins: dict[str, tuple[int, int]] = {}
    for name, size, _ in tables(columns[0]):
        begins[name] = (first, size)
        first += size
    rows = [np.stack([values + begins[name][0] for name, _, values in tables(one)], axis=1) for one in columns]
    return begins, np.concatenate(rows).astype(np.int32)


def _labels(text: Annotated, columns: Columns) -> NDArray[np.int8]:
    """Each row's label. A name that begins or ends within a token is left out."""
    begins = {token.start: row for row, token in enumerate(columns.tokens) if token}
    ends = {token.end: row for row, token in enumerate(columns.tokens) if token}
    labels = np.zeros(len(columns.tokens), np.int8)
    for name in text.judged:
        first, last = begins.get(name.start), ends.get(name.end)
        if first is not None and last is not None and all(columns.tokens[first : last + 1]):
            labels[first : last + 1] = [_NUMBER[label] for label in labels_of(name.kind, last + 1 - first)]
    return labels
