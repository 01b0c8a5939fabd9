"""Logits to probabilities that can be taken at their word, and how far they can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_expit, log_softmax, softmax

Numbers = NDArray[np.float64]
Truth = NDArray[np.intp] | NDArray[np.bool_]
_BINS = 10


class ReliabilityBin(BaseModel):
    """Answers whose probability was about the same, and how many of them were right."""

    low: float
    high: float
    answers: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Scale:
    """Calibrated logits are `logits * factor + shift`: one factor for all labels, or both for each label."""

    factor: Numbers
    shift: Numbers

    def __call__(self, logits: Numbers) -> Numbers:
        return logits * self.factor + self.shift


def find_scale(logits: Numbers, truth: Truth) -> Scale:
    """What makes held-out labels likeliest: logits (texts, labels), truth (texts,), or (texts, labels) of booleans."""
    if truth.ndim == 1:
        return Scale(np.array(1 / _temperature(logits, truth)), np.array(0.0))
    pairs = np.array([_sigmoid(logits[:, label], truth[:, label].astype(np.bool_)) for label in range(truth.shape[1])])
    return Scale(pairs[:, 0], pairs[:, 1])


def to_probabilities(logits: Numbers, *, each: bool) -> Numbers:
    """Of calibrated logits: of each label for itself, or such that they sum to 1."""
    return np.asarray(expit(logits) if each else softmax(logits, axis=1))


def losses(logits: Numbers, truth: Truth) -> Numbers:
    """The log loss of each text: how surprising its label is; with labels for themselves, the mean over labels."""
    if truth.ndim == 1:
        return np.asarray(-log_softmax(logits, axis=1)[np.arange(len(truth)), truth])
    return np.asarray(-np.where(truth, log_expit(logits), log_expit(-logits)).mean(axis=1))


def reliability(probabilities: NDArray[np.floating[Any]], correct: NDArray[np.bool_]) -> list[ReliabilityBin]:
    """Answers in ten equally wide bins of probability; empty bins are left out."""
    bin_of = np.minimum((probabilities * _BINS).astype(int), _BINS - 1)
    return [
        ReliabilityBin(
            low=number / _BINS,
            high=(number + 1) / _BINS,
            answers=int((bin_of == number).sum()),
            confidence=float(probabilities[bin_of == number].mean()),
            accuracy=float(correct[bin_of == number].mean()),
        )
        for number in range(_BINS)
        if (bin_of == number).any()
    ]


def expected_calibration_error(probabilities: NDArray[np.floating[Any]], correct: NDArray[np.bool_]) -> float:
    """Mean distance of confidence from accuracy over equally wide bins (Guo et al. 2017, equation 3)."""
    bins = reliability(probabilities, correct)
    return sum(one.answers * abs(one.confidence - one.accuracy) for one in bins) / max(len(correct), 1)


def _temperature(logits: Numbers, truth: NDArray[Any]) -> float:
    """The one divisor of the logits that makes held-out labels likeliest (Guo et al. 2017, section 4.2).

    A single parameter does not overfit where there are ten documents per label. That all of a few were right makes
    nothing certain: one text more would have been wrong (Laplace's rule), so targets stand off 1 as Platt's do.
    """
    off = 1 / (len(truth) + 2)

    def loss(log_temperature: float) -> float:
        logs = log_softmax(logits / np.exp(log_temperature), axis=1)
        right = logs[np.arange(len(truth)), truth]
        wrong = (logs.sum(axis=1) - right) / (logs.shape[1] - 1)
        return float(-((1 - off) * right + off * wrong).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-5.0, 5.0), method="bounded").x))


def _sigmoid(logits: Numbers, truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Factor and shift by Platt's method: targets stand off 0 and 1 the farther, the fewer texts there are."""
    having, lacking = int(truth.sum()), int((~truth).sum())
    targets = np.where(truth, (having + 1) / (having + 2), 1 / (lacking + 2))
    spread = max(float(logits.std()), 1e-9)

    def loss(pair: Numbers) -> tuple[float, Numbers]:
        scaled = logits / spread * pair[0] + pair[1]
        wrong = expit(scaled) - targets
        value = -(targets * log_expit(scaled) + (1 - targets) * log_expit(-scaled)).mean()
        return float(value), np.array([(wrong * logits / spread).mean(), wrong.mean()])

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(0.0, None), (None, None)])
    return float(found.x[0]) / spread, float(found.x[1])
