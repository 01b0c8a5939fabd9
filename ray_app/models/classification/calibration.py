"""Logits to probabilities that can be taken at their word, and how far they can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel
from scipy.optimize import minimize
from scipy.special import expit, log_expit, log_softmax, softmax

Numbers = NDArray[np.float64]
Truth = NDArray[np.intp] | NDArray[np.bool_]
_BINS = 10
# The deviation of the logarithms of powers that are expected: two in three lie between 0.6 and 1.6.
_POWER_DEVIATION = 0.5


class ReliabilityBin(BaseModel):
    """Answers whose probability was about the same, and how many of them were right."""

    low: float
    high: float
    answers: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Scale:
    """Scores are `logits * factor + shift`, calibrated logits the scores, softened by `power`.

    One factor and power for all labels, or a factor and a shift for each label, whose scores are calibrated already.
    """

    factor: Numbers
    shift: Numbers
    power: float = 1.0

    def __call__(self, logits: Numbers) -> Numbers:
        return soften(logits * self.factor + self.shift, self.power)


def soften(scores: Numbers, power: float) -> Numbers:
    """How far each score (texts, labels) stands above or below its text's mean, to the power: the order stays."""
    if power == 1:
        return scores
    above = scores - scores.mean(axis=1, keepdims=True)
    return np.asarray(np.sign(above) * np.abs(above) ** power)


def find_scale(logits: Numbers, truth: Truth) -> Scale:
    """What makes held-out labels likeliest: logits (texts, labels), truth (texts,), or (texts, labels) of booleans."""
    if truth.ndim == 1:
        factor, power = _factor_and_power(logits, truth)
        return Scale(np.array(factor), np.array(0.0), power)
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


def _factor_and_power(logits: Numbers, truth: NDArray[Any]) -> tuple[float, float]:
    """The factor of the centred logits, and the power of that, that make held-out labels likeliest.

    A factor alone, the temperature of Guo et al. (2017, section 4.2), leaves linear models too sure of what they are
    surest of, and not sure enough of the rest: their margins grow faster than their certainty. One increasing map for
    all logits keeps their order (Rahimi et al. 2020, "Intra order-preserving functions"). Two parameters do not overfit
    where there are ten documents per label, the less as the power leans to 1 (a normal prior on its logarithm). That
    all of a few were right makes nothing certain: one text more would have been wrong (Laplace's rule), so targets
    stand off 1 as Platt's do.
    """
    above = logits - logits.mean(axis=1, keepdims=True)
    spread = max(float(above.std()), 1e-9)
    sizes = np.maximum(np.abs(above) / spread, 1e-12)
    signs, logs = np.sign(above), np.log(sizes)
    off = 1 / (len(truth) + 2)
    targets = np.full_like(above, off / (above.shape[1] - 1))
    targets[np.arange(len(truth)), truth] = 1 - off

    def loss(pair: Numbers) -> tuple[float, Numbers]:
        sharpness, power = np.exp(pair)
        softened = sharpness * signs * np.exp(power * logs)
        log_probabilities = log_softmax(softened, axis=1)
        wrong = (np.exp(log_probabilities) - targets) * softened
        value = -(targets * log_probabilities).sum() + (pair[1] / _POWER_DEVIATION) ** 2 / 2
        slope = np.array([wrong.sum(), power * (wrong * logs).sum() + pair[1] / _POWER_DEVIATION**2])
        return float(value) / len(truth), slope / len(truth)

    found = minimize(loss, np.zeros(2), jac=True, method="L-BFGS-B", bounds=[(-10.0, 10.0), (-1.5, 0.7)])
    sharpness, power = np.exp(found.x)
    return float(sharpness ** (1 / power) / spread), float(power)


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
