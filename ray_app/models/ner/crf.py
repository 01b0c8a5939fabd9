"""A linear-chain conditional random field: the likeliest labels, and how likely each span of them is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

KINDS = ("person", "organisation", "place")
# A name of one token is U; of more, B, then I, then L.
LABELS = ("O", *(f"{part}-{kind}" for kind in KINDS for part in "BILU"))
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Span:
    """Rows `start` to `end` (exclusive) of a sequence are a name of this kind, with this marginal probability."""

    kind: str
    start: int
    end: int
    probability: float


def _allowed() -> NDArray[np.bool_]:
    """Which label may follow which, shape (labels, labels)."""
    inside = [label[0] in "BI" for label in LABELS]
    going_on = [label[0] in "IL" for label in LABELS]
    same = [[a[1:] == b[1:] for b in LABELS] for a in LABELS]
    return np.array(
        [
            [
                (inside[i] and going_on[j] and same[i][j]) or (not inside[i] and not going_on[j])
                for j in range(len(LABELS))
            ]
            for i in range(len(LABELS))
        ]
    )


ALLOWED = _allowed()
STARTS = np.array([label[0] not in "IL" for label in LABELS])
ENDS = np.array([label[0] not in "BI" for label in LABELS])


def decode(scores: Sequence[Floats], transitions: Floats) -> list[list[Span]]:
    """The names in each sequence, by Viterbi's algorithm, with exact marginals (Rabiner 1989, sections III.A and B).

    `scores` has each sequence's shape (tokens, labels), `transitions` (labels, labels); both are logarithms. Sequences
    are worked on side by side, so that they should be of about one length.
    """
    lengths = np.array([len(one) for one in scores])
    padded = np.zeros((len(scores), int(lengths.max()), len(LABELS)), np.float64)
    for row, one in enumerate(scores):
        padded[row, : len(one)] = one
    path = _viterbi(padded, lengths, transitions)
    forward, backward, emitted, steps = _marginals(padded, lengths, transitions)
    spans = []
    for row, length in enumerate(lengths.tolist()):
        found = _spans(path[row, :length].tolist())
        spans.append(
            [
                Span(kind, start, end, _probability(row, start, end, kind, forward, backward, emitted, steps))
                for kind, start, end in found
            ]
        )
    return spans


def _viterbi(padded: NDArray[np.float64], lengths: NDArray[np.int64], transitions: Floats) -> NDArray[np.int64]:
    """The likeliest labels, shape (sequences, tokens); what lies beyond a sequence's length has no meaning."""
    count, longest, labels = padded.shape
    steps = np.where(ALLOWED, transitions, -np.inf)
    best = padded[:, 0] + np.where(STARTS, 0.0, -np.inf)
    origin = np.zeros((count, longest, labels), np.int8)
    final = np.where((lengths == 1)[:, None], best, 0.0)
    for at in range(1, longest):
        reached = best[:, None, :] + steps.T  # the label before last, so that what is compared lies side by side
        origin[:, at] = came = reached.argmax(axis=2)
        best = np.take_along_axis(reached, came[:, :, None], axis=2)[:, :, 0] + padded[:, at]
        final = np.where((lengths == at + 1)[:, None], best, final)
    path = np.zeros((count, longest), np.int64)
    current = (final + np.where(ENDS, 0.0, -np.inf)).argmax(axis=1)
    rows = np.arange(count)
    for at in range(longest - 1, -1, -1):
        path[:, at] = current
        current = np.where(at < lengths, origin[rows, at, current], current)
    return path


def _marginals(
    padded: NDArray[np.float64], lengths: NDArray[np.int64], transitions: Floats
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Forward and backward variables, scaled so that their product is a label's probability; scores over the scale;
    and the steps' factors."""
    emitted = np.exp(padded - padded.max(axis=2, keepdims=True))
    steps = np.where(ALLOWED, np.exp(transitions.astype(np.float64)), 0.0)
    forward, backward = np.empty_like(padded), np.empty_like(padded)
    for at in range(padded.shape[1]):
        reached = (forward[:, at - 1] @ steps if at else STARTS.astype(float)) * emitted[:, at]
        scale = reached.sum(axis=1, keepdims=True)
        forward[:, at] = reached / scale
        emitted[:, at] /= scale
    current = np.zeros_like(padded[:, 0])
    for at in range(padded.shape[1] - 1, -1, -1):
        if at + 1 < padded.shape[1]:
            current = (emitted[:, at + 1] * current) @ steps.T
        whole = (forward[:, at] * ENDS).sum(axis=1, keepdims=True)
        current = np.where((lengths == at + 1)[:, None], ENDS / whole, current)
        backward[:, at] = current
    return forward, backward, emitted, steps


def _probability(
    row: int,
    start: int,
    end: int,
    kind: str,
    forward: NDArray[np.float64],
    backward: NDArray[np.float64],
    emitted: NDArray[np.float64],
    steps: NDArray[np.float64],
) -> float:
    """How likely it is that exactly these rows are a name of this kind."""
    labels = [LABELS.index(label) for label in labels_of(kind, end - start)]
    product = forward[row, start, labels[0]] * backward[row, end - 1, labels[-1]]
    for at in range(1, end - start):
        product *= steps[labels[at - 1], labels[at]] * emitted[row, start + at, labels[at]]
    return float(min(product, 1.0))


def labels_of(kind: str, length: int) -> list[str]:
    """The labels of a name's tokens."""
    if length == 1:
        return [f"U-{kind}"]
    return [f"B-{kind}", *[f"I-{kind}"] * (length - 2), f"L-{kind}"]


def _spans(path: list[int]) -> list[tuple[str, int, int]]:
    """Kind, first row and row after the last of each name in a well-formed sequence of labels."""
    found, start = [], 0
    for at, number in enumerate(path):
        part, _, kind = LABELS[number].partition("-")
        start = at if part in "BU" else start
        if part in "LU":
            found.append((kind, start, at + 1))
    return found
