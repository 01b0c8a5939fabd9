"""What held-out probabilities say of a classifier: scores, thresholds, and documents whose label is doubtful."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ray_app.models.classification.calibration import ReliabilityBin, expected_calibration_error, reliability
from ray_app.models.classification.classifier import is_sure
from ray_app.models.classification.manifest import Confusion, LabelScore, SureScore

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
# A label's own answers count from so many on more than those of all labels: ten answers are soon all right by chance.
_WEIGHT_OF_ALL = 10
# What is likelier wrong than right is not sure, whatever its company: a text of no label at all comes out so.
_LEAST = 0.5
_DOUBTFUL = 25


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Probabilities by models that did not see the documents, and what is true: shapes (documents, labels).

    With `each`, labels do not exclude each other.
    """

    labels: Sequence[str]
    probabilities: Numbers
    truth: Flags
    each: bool

    @property
    def told(self) -> Flags:
        """The labels that are answered: the likeliest one, or all that are likelier than not."""
        if self.each:
            return self.probabilities >= 0.5
        return np.asarray(np.arange(len(self.labels)) == self.probabilities.argmax(axis=1)[:, np.newaxis])

    def answers(self) -> tuple[Numbers, Flags]:
        """The probabilities that calibration is judged by, and which of these answers are right."""
        if self.each:
            return self.probabilities.ravel(), self.truth.ravel()
        return self.probabilities.max(axis=1), np.asarray((self.truth & self.told).any(axis=1))


class Doubt(NamedTuple):
    """A document whose given label is unlikely; `likelier` is what the other documents suggest."""

    name: str
    given: str
    probability: float
    likelier: str
    its_probability: float


def confusions(held_out: HeldOut) -> list[Confusion]:
    """Documents by the label given and the label told; none where a document may have several."""
    if held_out.each:
        return []
    pairs = np.column_stack((held_out.truth.argmax(axis=1), held_out.told.argmax(axis=1)))
    found, times = np.unique(pairs, axis=0, return_counts=True)
    names = held_out.labels
    return [
        Confusion(given=names[given], told=names[told], documents=count)
        for (given, told), count in zip(found.tolist(), times.tolist(), strict=True)
    ]


def macro_f1(held_out: HeldOut, rows: NDArray[np.intp] | slice = slice(None)) -> float:
    """The mean F1 of the labels that some of these documents have."""
    f1 = _f1(held_out.truth[rows], held_out.told[rows])
    present = held_out.truth[rows].any(axis=0)
    return float(f1[present].mean()) if present.any() else 0.0


def accuracy(held_out: HeldOut) -> float:
    """The share of documents whose labels are exactly those told."""
    return float((held_out.truth == held_out.told).all(axis=1).mean())


def calibration(held_out: HeldOut) -> tuple[float, list[ReliabilityBin]]:
    """The expected calibration error, and the bins that it was taken from."""
    answers = held_out.answers()
    return expected_calibration_error(*answers), reliability(*answers)


def label_scores(held_out: HeldOut, thresholds: Numbers) -> dict[str, LabelScore]:
    """Label by label, in order."""
    truth, told = held_out.truth, held_out.told
    right = (truth & told).sum(axis=0)
    f1 = _f1(truth, told)
    return {
        label: LabelScore(
            documents=int(truth[:, at].sum()),
            precision=float(right[at] / max(told[:, at].sum(), 1)),
            recall=float(right[at] / max(truth[:, at].sum(), 1)),
            f1=float(f1[at]),
            threshold=float(thresholds[at]),
        )
        for at, label in enumerate(held_out.labels)
    }


def find_thresholds(held_out: HeldOut, *, precision: float) -> Numbers:
    """For each label the lowest probability from which on `precision` of its answers were right, 1 where none is.

    It is 0.5 at least. Where a label has few answers, those of all labels at the same probability count with them.
    """
    asked = np.ones_like(held_out.truth) if held_out.each else held_out.told
    probabilities, right = held_out.probabilities[asked], held_out.truth[asked]
    everywhere = _lowest(probabilities, right, precision, np.zeros_like(probabilities), 0)
    order = np.argsort(probabilities)
    ascending, right_from = probabilities[order], np.cumsum(right[order][::-1])[::-1]
    found = []
    for label in range(len(held_out.labels)):
        rows = asked[:, label]
        own, own_right = held_out.probabilities[rows, label], held_out.truth[rows, label]
        first = np.searchsorted(ascending, own, side="left")  # of all the answers that are as probable
        shared = right_from[first] / (len(ascending) - first)
        found.append(_lowest(own, own_right, precision, shared, _WEIGHT_OF_ALL) if len(own) else everywhere)
    return np.maximum(found, _LEAST)


def sure_score(held_out: HeldOut, thresholds: Numbers, *, precision: float) -> SureScore:
    """What the thresholds give. They were chosen on these documents: new ones come out a little worse."""
    sure = np.stack([is_sure(row, thresholds, each=held_out.each) for row in held_out.probabilities])
    asked = held_out.truth if held_out.each else held_out.told
    return SureScore(
        wanted_precision=precision,
        share=float((sure & asked).sum() / max(asked.sum(), 1)),
        precision=float(held_out.truth[sure].mean()) if sure.any() else 1.0,
    )


def doubtful(held_out: HeldOut, names: Sequence[str]) -> list[Doubt]:
    """The documents most likely mislabelled: those whose given label has the lowest held-out probability."""
    given = np.where(held_out.truth, held_out.probabilities, np.inf)
    lowest = given.min(axis=1)
    found = []
    for row in np.argsort(lowest, kind="stable")[:_DOUBTFUL]:
        others = np.where(held_out.truth[row], -1.0, held_out.probabilities[row])
        likelier = int(others.argmax())
        if others[likelier] > lowest[row]:
            label = held_out.labels[int(given[row].argmin())]
            found.append(
                Doubt(names[row], label, float(lowest[row]), held_out.labels[likelier], float(others[likelier]))
            )
    return found


def _lowest(probabilities: Numbers, right: Flags, precision: float, shared: Numbers, weight: int) -> float:
    """The lowest of the probabilities at and above which enough answers are right, `shared` counting `weight` times."""
    order = np.argsort(-probabilities, kind="stable")
    answers = np.arange(1, len(order) + 1)
    smoothed = (np.cumsum(right[order]) + weight * shared[order]) / (answers + weight)
    enough = np.flatnonzero(smoothed >= precision)
    if not len(enough):
        return 1.0
    lowest = float(probabilities[order][enough[-1]])
    # Where all are right enough, the lowest one seen is no limit: a probability is as good as its word below it too.
    return min(lowest, precision) if enough[-1] == len(order) - 1 else lowest


def _f1(truth: Flags, told: Flags) -> Numbers:
    both = (truth & told).sum(axis=0)
    return np.asarray(2 * both / np.maximum(truth.sum(axis=0) + told.sum(axis=0), 1))
