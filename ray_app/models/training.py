"""Trains the classifier: regularisation by cross-validation, probabilities calibrated, scores held out."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import classification_report, log_loss
from sklearn.model_selection import StratifiedKFold

from ray_app.errors import ConfigurationError
from ray_app.models.classifier import MAX_CHARS, ClassifierManifest, LabelScore, TrainedClassifier, features

Logits = NDArray[np.float64]
Split = tuple[NDArray[np.intp], NDArray[np.intp]]

_STRENGTHS = (1.0, 10.0, 100.0)
# Bounds the model's size: 100 labels then take 16 MB. More words changed no score on the sets we tried.
_MAX_WORDS = 20_000
_MIN_PER_LABEL = 3
_SEED = 0


@dataclass(frozen=True, slots=True)
class Examples:
    """Documents with the label that a person gave: texts, embeddings (texts, dimension), labels."""

    texts: Sequence[str]
    vectors: NDArray[np.float32]
    labels: NDArray[np.str_]

    def take(self, rows: NDArray[np.intp]) -> Examples:
        return Examples([self.texts[i] for i in rows], self.vectors[rows], self.labels[rows])


def train(examples: Examples, *, embedding: str) -> TrainedClassifier:
    """The classifier of all examples; its manifest tells scores on held-out ones.

    `embedding` is the fingerprint of the model that made the vectors. Raises ConfigurationError where
    there are fewer than two labels, or fewer than three documents of one.
    """
    counts = Counter(examples.labels.tolist())
    _check(counts)
    classes = np.array(sorted(counts))
    truth = np.searchsorted(classes, examples.labels)
    folds = StratifiedKFold(min(5, min(counts.values())), shuffle=True, random_state=_SEED)
    splits = list(folds.split(truth, truth))
    logits = {strength: _held_out(examples, splits, strength) for strength in _STRENGTHS}
    calibrated = {strength: _calibrated_apart(logits[strength], truth, splits) for strength in _STRENGTHS}
    best = min(_STRENGTHS, key=lambda strength: log_loss(truth, calibrated[strength], labels=range(len(classes))))
    vectorizer, model = _fit(examples, best)
    temperature = _temperature(logits[best], truth)
    model.coef_ /= temperature  # the model itself then gives calibrated probabilities
    model.intercept_ /= temperature
    manifest = _manifest(examples, classes, calibrated[best], best, len(splits), embedding)
    return TrainedClassifier(vectorizer, model, manifest)


def expected_calibration_error(
    probabilities: NDArray[np.floating[Any]], correct: NDArray[np.bool_], *, bins: int = 10
) -> float:
    """Mean distance of confidence from accuracy over equally wide bins (Guo et al. 2017, equation 3)."""
    bin_of = np.minimum((probabilities * bins).astype(int), bins - 1)
    weighted = [
        abs(probabilities[bin_of == i].mean() - correct[bin_of == i].mean()) * (bin_of == i).mean()
        for i in range(bins)
        if (bin_of == i).any()
    ]
    return float(sum(weighted))


def _check(counts: Counter[str]) -> None:
    if len(counts) < 2:
        raise ConfigurationError(f"a classifier needs documents of at least two labels, there are {len(counts)}")
    rare = sorted(label for label, count in counts.items() if count < _MIN_PER_LABEL)
    if rare:
        raise ConfigurationError(
            f"each label needs at least {_MIN_PER_LABEL} documents that can be read; fewer have: {', '.join(rare)}"
        )


def _fit(examples: Examples, strength: float) -> tuple[Any, Any]:
    """Vectorizer and model; the model's probabilities are not calibrated yet."""
    vectorizer = TfidfVectorizer(sublinear_tf=True, max_features=_MAX_WORDS)
    vectorizer.fit([text[:MAX_CHARS] for text in examples.texts])
    model = LogisticRegression(C=strength, solver="newton-cg", max_iter=500)
    return vectorizer, model.fit(features(vectorizer, examples.texts, examples.vectors), examples.labels)


def _held_out(examples: Examples, splits: Sequence[Split], strength: float) -> Logits:
    """Logits (examples, labels in sorted order) of each example from a model that did not see it."""
    logits = np.empty((len(examples.labels), len(set(examples.labels.tolist()))))
    for seen, unseen in splits:
        vectorizer, model = _fit(examples.take(seen), strength)
        rows = examples.take(unseen)
        logits[unseen] = model.predict_log_proba(features(vectorizer, rows.texts, rows.vectors))
    return logits


def _temperature(logits: Logits, truth: NDArray[np.intp]) -> float:
    """The one divisor of the logits that makes held-out labels likeliest (Guo et al. 2017, section 4.2).

    A single parameter does not overfit where there are ten documents per label.
    """

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -float(scaled[np.arange(len(truth)), truth].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded").x))


def _calibrated_apart(logits: Logits, truth: NDArray[np.intp], splits: Sequence[Split]) -> NDArray[np.float64]:
    """Probabilities whose temperature was found on the other folds: fit for judging calibration."""
    probabilities = np.empty_like(logits)
    for seen, unseen in splits:
        probabilities[unseen] = softmax(logits[unseen] / _temperature(logits[seen], truth[seen]), axis=1)
    return probabilities


def _manifest(
    examples: Examples,
    classes: NDArray[np.str_],
    probabilities: NDArray[np.float64],
    strength: float,
    folds: int,
    embedding: str,
) -> ClassifierManifest:
    predicted = classes[probabilities.argmax(axis=1)]
    report = classification_report(examples.labels, predicted, output_dict=True, zero_division=0.0)
    digest = hashlib.sha256()
    for text, label in sorted(zip(examples.texts, examples.labels.tolist(), strict=True)):
        digest.update(f"{label}\n{hashlib.sha256(text.encode()).hexdigest()}\n".encode())
    now = datetime.now(UTC)
    return ClassifierManifest(
        version=f"{now:%Y%m%d-%H%M%S}-{digest.hexdigest()[:8]}",
        created=now.isoformat(timespec="seconds"),
        documents=len(examples.labels),
        labels={
            label: LabelScore(
                documents=int(report[label]["support"]),
                precision=report[label]["precision"],
                recall=report[label]["recall"],
                f1=report[label]["f1-score"],
            )
            for label in classes.tolist()
        },
        accuracy=float((predicted == examples.labels).mean()),
        macro_f1=report["macro avg"]["f1-score"],
        expected_calibration_error=expected_calibration_error(probabilities.max(axis=1), predicted == examples.labels),
        regularization=strength,
        folds=folds,
        data_sha256=digest.hexdigest(),
        embedding=embedding,
        libraries={name: installed_version(name) for name in ("scikit-learn", "skops", "numpy")},
    )
