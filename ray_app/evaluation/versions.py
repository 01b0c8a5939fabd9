"""Whether one version of the classifier is better than another, on the same labelled documents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ray_app.errors import ConfigurationError
from ray_app.evaluation.significance import Difference, compare
from ray_app.models.classification.classifier import TrainedClassifier
from ray_app.models.classification.examples import Examples


@dataclass(frozen=True, slots=True)
class Compared:
    """The share of documents whose labels are all right, of the old and the new version, and their difference.

    `only_old` and `only_new` count the documents that one of the two got right: what the test is about.
    """

    old: float
    new: float
    only_old: int
    only_new: int
    difference: Difference


def compare_versions(old: TrainedClassifier, new: TrainedClassifier, examples: Examples) -> Compared:
    """A paired permutation test, document by document; where answers are right or wrong it asks what McNemar's does.

    Raises ConfigurationError where the two do not answer the same question.
    """
    if (old.manifest.kind, old.manifest.embedding) != (new.manifest.kind, new.manifest.embedding):
        raise ConfigurationError("the two versions differ in kind or in embedding model: they cannot be compared")
    before, after = right(old, examples), right(new, examples)
    names = [str(row) for row in range(len(before))]
    return Compared(
        old=float(before.mean()),
        new=float(after.mean()),
        only_old=int((before & ~after).sum()),
        only_new=int((after & ~before).sum()),
        difference=compare(
            dict(zip(names, before.astype(float).tolist(), strict=True)),
            dict(zip(names, after.astype(float).tolist(), strict=True)),
        ),
    )


def right(classifier: TrainedClassifier, examples: Examples) -> NDArray[np.bool_]:
    """Of which examples all labels are right: the likeliest one, or all that are likelier than not."""
    several = classifier.manifest.kind == "multi"
    answers = classifier.classify(examples.texts, examples.vectors, examples.titles, examples.languages)
    told = [
        {one.label for one in labels if one.probability >= 0.5} if several else {labels[0].label} for labels in answers
    ]
    return np.array([set(given) == one for given, one in zip(examples.labels, told, strict=True)])
