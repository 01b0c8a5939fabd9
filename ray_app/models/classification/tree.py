"""The decisions that lead to a label: one, one for each label, or one at each fork of a path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from ray_app.models.classification.calibration import to_probabilities
from ray_app.models.classification.examples import STEP, Kind

Numbers = NDArray[np.float64]


class Fork(BaseModel):
    """Where a decision is taken: below `path` ("" at the root), between `labels`.

    Among them may be the path itself, of documents that belong to none of those below it.
    """

    path: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """A fork, the rows of the examples that stand below it, and which of its labels those have.

    `truth` has a number for each of `rows`, or for kind "multi" a row of booleans.
    """

    fork: Fork
    rows: NDArray[np.intp]
    truth: NDArray[np.intp] | NDArray[np.bool_]

    @property
    def each(self) -> bool:
        """Its labels do not exclude each other."""
        return self.truth.ndim == 2


def find_decisions(labels: Sequence[tuple[str, ...]], kind: Kind) -> list[Decision]:
    """The decisions that the labels of examples ask for, the root first."""
    known = sorted({one for some in labels for one in some})
    if kind == "multi":
        truth = np.array([[one in some for one in known] for some in labels])
        return [Decision(Fork(path="", labels=tuple(known)), np.arange(len(labels)), truth)]
    forks = find_forks(known) if kind == "hierarchy" else [Fork(path="", labels=tuple(known))]
    return [_decision(fork, [some[0] for some in labels]) for fork in forks]


def find_forks(labels: Sequence[str]) -> list[Fork]:
    """The forks of paths `a/b/c`, the root first; where there is one way on there is nothing to decide."""
    ways: dict[str, set[str]] = {}
    for label in labels:
        steps = prefixes(label)
        for above, below in zip(["", *steps], steps, strict=False):
            ways.setdefault(above, set()).add(below)
    for label in labels:
        if label in ways:
            ways[label].add(label)
    return [Fork(path=path, labels=tuple(sorted(below))) for path, below in sorted(ways.items()) if len(below) > 1]


def prefixes(label: str) -> list[str]:
    """`a/b/c` to a, a/b and a/b/c."""
    steps = label.split(STEP)
    return [STEP.join(steps[:count]) for count in range(1, len(steps) + 1)]


def routes(forks: Sequence[Fork], labels: Sequence[str], kind: Kind) -> list[list[int]]:
    """For each label the columns of the decisions that lead to it, the forks' labels standing side by side."""
    column = {(fork.path, label): 0 for fork in forks for label in fork.labels}
    for number, key in enumerate(column):
        column[key] = number
    found = []
    for label in labels:
        steps = prefixes(label) if kind == "hierarchy" else [label]
        ways = [*zip(["", *steps], steps, strict=False), *([(label, label)] if kind == "hierarchy" else [])]
        found.append([column[way] for way in ways if way in column])
    return found


def by_fork(columns: Numbers, forks: Sequence[Fork]) -> list[Numbers]:
    """Columns of all forks, side by side, to those of each: (texts, labels of the fork)."""
    return np.split(columns, np.cumsum([len(fork.labels) for fork in forks])[:-1], axis=1)


def label_probabilities(logits: Numbers, forks: Sequence[Fork], labels: Sequence[str], kind: Kind) -> Numbers:
    """Calibrated logits of all forks, side by side, to the probabilities of the labels: (texts, labels)."""
    steps = np.hstack([to_probabilities(part, each=kind == "multi") for part in by_fork(logits, forks)])
    return np.stack([steps[:, route].prod(axis=1) for route in routes(forks, labels, kind)], axis=1)


def _decision(fork: Fork, labels: Sequence[str]) -> Decision:
    number = {label: place for place, label in enumerate(fork.labels)}
    rows, truth = [], []
    for row, label in enumerate(labels):
        chosen = _chosen(fork, label)
        if chosen in number:
            rows.append(row)
            truth.append(number[chosen])
    return Decision(fork, np.array(rows, np.intp), np.array(truth, np.intp))


def _chosen(fork: Fork, label: str) -> str | None:
    """Which way on from the fork leads to the label; None where none does."""
    if label in fork.labels:  # it ends here, or one step on
        return label
    return next((way for way in fork.labels if way != fork.path and label.startswith(way + STEP)), None)
