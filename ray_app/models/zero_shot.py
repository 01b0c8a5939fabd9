"""Classification without training: how near a text's meaning is to the labels' descriptions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ray_app.models.classification.classifier import Step, ranked
from ray_app.models.classification.explanation import MEANING, Term
from ray_app.models.embedder import Embedder
from ray_app.records import Label
from ray_app.settings import ClassificationSettings


class ZeroShotClassifier:
    """Softmax over cosine similarities; the probabilities are plausible, not calibrated."""

    method = "zero-shot"
    languages: frozenset[str] = frozenset()

    def __init__(self, embedder: Embedder, settings: ClassificationSettings) -> None:
        self._labels = list(settings.descriptions)
        self._temperature = settings.zero_shot_temperature
        self._descriptions = embedder.embed_queries(list(settings.descriptions.values()))

    def classify(
        self,
        texts: Sequence[str],
        vectors: NDArray[np.float32],
        titles: Sequence[str] = (),
        languages: Sequence[str] = (),
    ) -> list[tuple[Label, ...]]:
        logits = vectors @ self._descriptions.T / self._temperature
        weights = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities = weights / weights.sum(axis=1, keepdims=True)
        return [ranked(self._labels, row, self.method) for row in probabilities]

    def explain(self, text: str, vector: NDArray[np.float32], title: str, label: str, language: str = "") -> list[Term]:
        """The meaning is all that speaks for a label: its likeness to the description."""
        if label not in self._labels:
            raise KeyError(label)
        likeness = float(vector @ self._descriptions[self._labels.index(label)])
        return [Term(MEANING, likeness / self._temperature)]

    def path(self, labels: Sequence[Label]) -> tuple[Step, ...]:
        return ()
