"""Cross-validation: what is learnt from some of the examples is tried on the others."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ray_app.models.classification.examples import Examples
from ray_app.models.classification.features import Features, count, fit_weights, weigh
from ray_app.models.classification.linear import Candidate, Linear, fit, fit_each
from ray_app.models.classification.tree import Decision

Rows = NDArray[np.intp]
Numbers = NDArray[np.float64]
# Beyond so many examples three parts tell as much as five, in half the time, and candidates are compared on so many.
MANY = 3_000
# Labels with fewer examples are not thinned out.
_FEW = 20


@dataclass(frozen=True, slots=True)
class Fold:
    """One part of the examples (`unseen`) and all others (`seen`): rows, and features weighed by what was seen."""

    seen: Rows
    unseen: Rows
    features: csr_matrix
    asked: csr_matrix
    terms: int


@dataclass(frozen=True, slots=True)
class Job:
    """Learn one decision as one candidate does from one fold's seen part."""

    fold: int
    decision: Decision
    candidate: Candidate


# Does jobs, here or elsewhere, and gives their answers in order: logits (unseen examples, labels of the decision).
Run = Callable[[Sequence[Fold], Sequence[Job]], Iterator[Numbers]]


def in_process(folds: Sequence[Fold], jobs: Sequence[Job]) -> Iterator[Numbers]:
    """One job after the other."""
    for job in jobs:
        yield do(folds[job.fold], job)


def do(fold: Fold, job: Job) -> Numbers:
    """The logits of the fold's unseen examples, also of those that the decision is not about."""
    return learn(job.candidate, job.decision, fold.features, fold.seen, terms=fold.terms).logits(fold.asked)


def learn(candidate: Candidate, decision: Decision, features: csr_matrix, rows: Rows, *, terms: int) -> Linear:
    """One decision learnt from the examples `rows`, whose features are given, as far as it is about them."""
    _, here, there = np.intersect1d(rows, decision.rows, assume_unique=True, return_indices=True)
    truth = decision.truth[there]
    if decision.each:
        return fit_each(candidate, features[here], truth.astype(np.bool_), terms=terms)
    labels = len(decision.fork.labels)
    return fit(candidate, features[here], truth.astype(np.intp), labels=labels, terms=terms)


def make_folds(examples: Examples, features: Features, *, seed: int) -> list[Fold]:
    """Parts with all labels in the same shares, near-duplicates never in two of them."""
    counts = count(features, examples.texts, examples.titles)
    folds = []
    for seen, unseen in _split(examples, seed):
        fitted = fit_weights(features, [part[seen] for part in counts])
        matrix = weigh(fitted, counts, examples.vectors)
        folds.append(Fold(seen, unseen, matrix[seen], matrix[unseen], features.terms))
    return folds


def sample(examples: Examples, *, seed: int) -> Examples:
    """So many of the examples that candidates can be told apart, labels in the same shares."""
    from sklearn.model_selection import train_test_split

    strata = _strata(examples)
    rows = np.arange(len(strata))
    if len(rows) <= MANY:
        return examples
    rare = np.bincount(strata)[strata] < _FEW  # all of them: two in three tell nothing
    often = rows[~rare]
    most = max(MANY - int(rare.sum()), len(set(strata[often].tolist())))
    if most < len(often) - len(set(strata[often].tolist())):
        often, _ = train_test_split(often, train_size=most, stratify=strata[often], random_state=seed)
    return examples.take(np.sort(np.concatenate([rows[rare], often])).tolist())


def _split(examples: Examples, seed: int) -> list[tuple[Rows, Rows]]:
    from sklearn.model_selection import StratifiedGroupKFold

    strata = _strata(examples)
    distinct = len(set(examples.groups.tolist()))
    parts = min(3 if len(strata) >= MANY else 5, distinct, int(np.bincount(strata).max()))
    splitter = StratifiedGroupKFold(max(parts, 2), shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        return list(splitter.split(strata, strata, examples.groups))


def _strata(examples: Examples) -> NDArray[np.intp]:
    """A number for each label; of several labels the rarest, which is the hardest to spread."""
    known, how_many = np.unique([one for some in examples.labels for one in some], return_counts=True)
    often = dict(zip(known.tolist(), how_many.tolist(), strict=True))
    rarest = [min(some, key=lambda one: (often[one], one), default="") for some in examples.labels]
    return np.asarray(np.unique(rarest, return_inverse=True)[1], np.intp)
