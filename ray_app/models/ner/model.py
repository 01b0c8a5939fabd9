"""The default model's weights: what they give each token of a text, and how they are kept on disk."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ray_app.errors import ModelError
from ray_app.models.ner.columns import AFTER_GAP, Columns, tables
from ray_app.models.ner.crf import LABELS, Floats
from ray_app.models.ner.lexicon import Lexicon, key_of
from ray_app.models.ner.words import COUNTS, OFFSETS, Word

_GOING_ON = np.array([-100 if label[0] in "IL" else 0 for label in LABELS], np.float32)


@dataclass(frozen=True, slots=True)
class Weights:
    """What training found; `keys` are sorted CRC-32 of words' features, `weights` has a row of labels for each.

    `transitions` has shape (labels, labels), each of `tables` (values, labels).
    """

    keys: NDArray[np.uint32]
    weights: Floats
    transitions: Floats
    tables: Mapping[str, Floats]
    lexicon: Lexicon


def keys_of(word: Word) -> list[list[int]]:
    """By offset, the keys under which the weights know a word's features."""
    return [[key_of(f"{offset}{feature}") for feature in word.features[: COUNTS[offset]]] for offset in OFFSETS]


def word_scores(words: Sequence[Word], weights: Weights) -> Floats:
    """What words give the labels of the tokens around them: shape (words, offsets, labels)."""
    keys = [of_offset for word in words for of_offset in keys_of(word)]
    wanted = np.array([key for of_offset in keys for key in of_offset], np.uint32)
    row = np.repeat(np.arange(len(keys)), [len(of_offset) for of_offset in keys])
    at = np.minimum(np.searchsorted(weights.keys, wanted), len(weights.keys) - 1)
    known = weights.keys[at] == wanted
    scores = np.zeros((len(keys), len(LABELS)), np.float32)
    np.add.at(scores, row[known], weights.weights[at[known]])
    return scores.reshape(len(words), len(OFFSETS), len(LABELS))


def token_scores(columns: Columns, words: Floats, weights: Weights) -> Floats:
    """Each row's scores, shape (rows, labels); `words` has `word_scores` by the columns' numbers of words."""
    total = np.zeros((len(columns.tokens), len(LABELS)), np.float32)
    for row, offset in enumerate(OFFSETS):
        total += words[np.roll(columns.word, -offset), row]
    for name, _, values in tables(columns):
        total += weights.tables[name][values]
    # What a column's edge parts is no single name, however much it looks like one.
    total[columns.position == AFTER_GAP] += _GOING_ON
    return total


def save_weights(weights: Weights, file: Path) -> None:
    """Half precision: the third digit of a weight changes no decision."""
    arrays = {
        "keys": weights.keys,
        "weights": weights.weights.astype(np.float16),
        "transitions": weights.transitions,
        **{f"table.{name}": table.astype(np.float16) for name, table in weights.tables.items()},
        **{f"lexicon.{name}": value for name, value in asdict(weights.lexicon).items()},
    }
    np.savez_compressed(file, allow_pickle=False, **arrays)


def load_weights(file: Path) -> Weights:
    """Raises ModelError where the file is missing or damaged."""
    try:
        with np.load(file, allow_pickle=False) as stored:
            arrays = dict(stored)
        return Weights(
            keys=arrays["keys"],
            weights=arrays["weights"].astype(np.float32),
            transitions=arrays["transitions"],
            tables={name[6:]: table.astype(np.float32) for name, table in arrays.items() if name.startswith("table.")},
            lexicon=Lexicon(**{name[8:]: value for name, value in arrays.items() if name.startswith("lexicon.")}),
        )
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise ModelError(f"{file} holds no readable weights ({error}); install ray-app again") from error
