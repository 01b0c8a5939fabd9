"""A trained classifier: words and meaning of a text to labels with calibrated probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ray_app.models.classification.calibration import soften
from ray_app.models.classification.examples import STEP
from ray_app.models.classification.explanation import Term, terms_of
from ray_app.models.classification.features import Features
from ray_app.models.classification.linear import Linear
from ray_app.models.classification.manifest import ClassifierManifest
from ray_app.models.classification.tree import by_fork, label_probabilities, prefixes, routes
from ray_app.records import Label


class Step(NamedTuple):
    """A step of a path, a/b of a/b/c, and the probability that the document belongs there."""

    label: str
    probability: float


class Classifier(Protocol):
    """`method` is what a label says of its origin: a version, or "zero-shot"."""

    @property
    def method(self) -> str: ...

    @property
    def languages(self) -> frozenset[str]:
        """Those whose texts it judges by rules of their own, so that it is to be told of them."""
        ...

    def classify(
        self,
        texts: Sequence[str],
        vectors: NDArray[np.float32],
        titles: Sequence[str] = (),
        languages: Sequence[str] = (),
    ) -> list[tuple[Label, ...]]:
        """Labels for each text, the most probable first; probabilities sum to 1 where one label excludes another.

        `vectors` has the texts' embeddings: shape (texts, dimension), rows of length 1. `titles` are the documents'
        own, or their files' names; none where the texts have none. `languages` are ISO 639-1 codes, or nothing.
        """
        ...

    def explain(self, text: str, vector: NDArray[np.float32], title: str, label: str, language: str = "") -> list[Term]:
        """What speaks for the label and against it: see `explanation`. Raises KeyError where it is unknown."""
        ...

    def path(self, labels: Sequence[Label]) -> tuple[Step, ...]:
        """The steps to the first of these labels, which are all of a text; none where labels are no paths."""
        ...


@dataclass(frozen=True, slots=True)
class TrainedClassifier:
    """One linear model over all features; its columns are the labels' scores in all decisions, side by side.

    `own` has another one for each language whose texts are not for this one.
    """

    features: Features
    linear: Linear
    manifest: ClassifierManifest
    own: Mapping[str, TrainedClassifier] = field(default_factory=dict)

    @property
    def method(self) -> str:
        return self.manifest.version

    @property
    def languages(self) -> frozenset[str]:
        return frozenset(self.own)

    def classify(
        self,
        texts: Sequence[str],
        vectors: NDArray[np.float32],
        titles: Sequence[str] = (),
        languages: Sequence[str] = (),
    ) -> list[tuple[Label, ...]]:
        if not len(texts):
            return []
        if self.own and languages:
            return self._by_language(texts, vectors, titles or [""] * len(texts), languages)
        labels = list(self.manifest.labels)
        kind = self.manifest.kind
        thresholds = np.array([score.threshold for score in self.manifest.labels.values()])
        logits = self._logits(self.scores(texts, vectors, titles))
        found = label_probabilities(logits, self.manifest.forks, labels, kind)
        return [ranked(labels, row, self.method, sure=is_sure(row, thresholds, each=kind == "multi")) for row in found]

    def _by_language(
        self, texts: Sequence[str], vectors: NDArray[np.float32], titles: Sequence[str], languages: Sequence[str]
    ) -> list[tuple[Label, ...]]:
        """Each text by the classifier of its language, all texts of a language at once."""
        found: dict[int, tuple[Label, ...]] = {}
        whose = [language if language in self.own else "" for language in languages]
        for language in sorted(set(whose)):
            rows = [row for row, one in enumerate(whose) if one == language]
            classifier = self.own.get(language, self)
            labels = classifier.classify([texts[row] for row in rows], vectors[rows], [titles[row] for row in rows])
            found |= zip(rows, labels, strict=True)
        return [found[row] for row in range(len(texts))]

    def scores(
        self, texts: Sequence[str], vectors: NDArray[np.float32], titles: Sequence[str] = ()
    ) -> NDArray[np.float64]:
        """The scores of the decisions' labels, which explanations add up to, side by side: shape (texts, columns)."""
        return self.linear.logits(self.features(texts, vectors, titles or [""] * len(texts)))

    def _logits(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scores to calibrated logits, decision by decision."""
        parts = zip(by_fork(scores, self.manifest.forks), self.manifest.decisions, strict=True)
        return np.hstack([soften(part, decision.power) for part, decision in parts])

    def explain(self, text: str, vector: NDArray[np.float32], title: str, label: str, language: str = "") -> list[Term]:
        if language in self.own:
            return self.own[language].explain(text, vector, title, label)
        labels = list(self.manifest.labels)
        route = routes(self.manifest.forks, labels, self.manifest.kind)
        return terms_of(self.features, self.linear, text, vector, title, dict(zip(labels, route, strict=True))[label])

    def path(self, labels: Sequence[Label]) -> tuple[Step, ...]:
        return path_of(labels) if self.manifest.kind == "hierarchy" and labels else ()


class Judgement(NamedTuple):
    """A text's labels, the most probable first; the steps of the first one's path; what spoke for it, where asked."""

    labels: tuple[Label, ...]
    path: tuple[Step, ...]
    terms: list[Term]


def judge(
    classifier: Classifier,
    texts: Sequence[str],
    vectors: NDArray[np.float32],
    titles: Sequence[str] = (),
    languages: Sequence[str] = (),
    *,
    explain: bool = False,
) -> list[Judgement]:
    """What is to be told of texts, with titles or without; `explain` adds the terms of each text's first label."""
    found = []
    none = [""] * len(texts)
    named, spoken = titles or none, languages or none
    labelled = classifier.classify(texts, vectors, named, spoken)
    for text, vector, title, language, labels in zip(texts, vectors, named, spoken, labelled, strict=True):
        terms = classifier.explain(text, vector, title, labels[0].label, language) if explain and labels else []
        found.append(Judgement(labels, classifier.path(labels), terms))
    return found


def path_of(labels: Sequence[Label]) -> tuple[Step, ...]:
    """The steps of the first label's path a/b/c, each with the probability of all labels at or below it."""
    return tuple(
        Step(
            step,
            round(sum(one.probability for one in labels if one.label == step or one.label.startswith(step + STEP)), 6),
        )
        for step in prefixes(labels[0].label)
    )


def is_sure(row: NDArray[np.float64], thresholds: NDArray[np.float64], *, each: bool) -> NDArray[np.bool_]:
    """Which labels can be relied on; where they exclude each other, at most the likeliest."""
    reached = row >= thresholds
    return reached if each else reached & (np.arange(len(row)) == row.argmax())


def ranked(
    classes: Sequence[str],
    probabilities: NDArray[np.floating[Any]],
    method: str,
    *,
    sure: NDArray[np.bool_] | None = None,
) -> tuple[Label, ...]:
    """Labels in falling order of probability; where nobody knows, they are not told as unsure."""
    order = np.argsort(-probabilities, kind="stable")
    told = np.ones(len(classes), np.bool_) if sure is None else sure
    return tuple(Label(str(classes[i]), round(float(probabilities[i]), 6), method, bool(told[i])) for i in order)
