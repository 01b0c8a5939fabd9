"""Why a label: what each word, the title and the meaning of a document add to the label's score.

The score stands above or below the mean of the labels that compete, and the higher it is, the more probable is the
label (`calibration.soften` makes it the calibrated logit); on a path, it is the sum of the scores of its steps. As the
model is linear, the weights of all terms add up to the score: nothing is estimated.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ray_app.models.classification.features import Block, Features, read
from ray_app.models.classification.linear import Linear

if TYPE_CHECKING:
    from ray_app.models.classification.classifier import Classifier

# Terms that are no words: in brackets, which no word has.
MEANING = "[meaning]"
START = "[before reading]"
REST = "[other words]"
_TITLE = "[title] "
_EDGES = re.compile(r"^\W+|\W+$")


class Term(NamedTuple):
    """A word or two, or one of the terms in brackets; a positive weight speaks for the label."""

    term: str
    weight: float


def explain(
    classifier: Classifier, text: str, vector: NDArray[np.float32], title: str, name: str, label: str
) -> list[Term]:
    """The terms that moved the decision for or against the label, the weightiest first; their sum is its score.

    `vector` is the text's embedding. Where a document has no title its file's `name` stands for it, as in the index.
    Raises KeyError where the classifier does not know the label.
    """
    return classifier.explain(text, vector, title or PurePosixPath(name).stem, label)


def shortened(terms: Sequence[Term], most: int) -> list[Term]:
    """The weightiest terms, and what all others add together."""
    kept, others = list(terms[:most]), terms[most:]
    if others:
        kept.append(Term(REST, sum(one.weight for one in others)))
    return kept


def terms_of(
    features: Features, linear: Linear, text: str, vector: NDArray[np.float32], title: str, columns: Sequence[int]
) -> list[Term]:
    """What adds to the sum of these columns' logits."""
    row = features([text], vector[np.newaxis], [title])
    weights = linear.weights[row.indices][:, list(columns)].astype(np.float64).sum(axis=1)
    added = dict(zip(row.indices.tolist(), (row.data.astype(np.float64) * weights).tolist(), strict=True))
    found: dict[str, float] = defaultdict(float)
    start = 0
    for block in features.blocks:
        for term, weight in _of_block(block, read(block.name, [text], [title])[0], added, start):
            found[term] += weight
        start += block.size
    if features.dimension:
        found[MEANING] += sum(added.get(start + column, 0.0) for column in range(features.dimension))
    found[START] += float(linear.intercept[list(columns)].sum())
    return sorted((Term(*item) for item in found.items()), key=lambda term: (-abs(term.weight), term.term))


def _of_block(block: Block, text: str, added: dict[int, float], start: int) -> Iterable[tuple[str, float]]:
    analyze, vocabulary = block.vectorizer.build_analyzer(), block.vectorizer.vocabulary_
    if block.name == "parts":
        yield from _of_parts(block, text, added, start)
        return
    for term in set(analyze(text)):
        if term in vocabulary:
            yield (_TITLE if block.name == "title" else "") + term, added.get(start + vocabulary[term], 0.0)


def _of_parts(block: Block, text: str, added: dict[int, float], start: int) -> Iterable[tuple[str, float]]:
    """Parts of words, shared out among the words that they were counted in."""
    analyze, vocabulary = block.vectorizer.build_analyzer(), block.vectorizer.vocabulary_
    words = Counter(text.lower().split())
    parts = {word: Counter(part for part in analyze(word) if part in vocabulary) for word in words}
    total: Counter[str] = Counter()
    for word, times in words.items():
        for part, often in parts[word].items():
            total[part] += often * times
    for word, times in words.items():
        weight = sum(
            added.get(start + vocabulary[part], 0.0) * often * times / total[part]
            for part, often in parts[word].items()
        )
        yield _EDGES.sub("", word) or word, weight
