"""Which candidate decides: compared on held-out examples, the simplest of those that are as good as the best.

The score is the log loss of calibrated probabilities. It is what people use the probabilities for (thresholds, sorting,
sums), it hears of every document and not only of those near a border, and so tells candidates apart on few of them;
macro-F1 is told beside it. A candidate is as good as the best where its mean loss is within one standard error of the
difference, document by document (Breiman et al. 1984, section 3.4.3, for pairs).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from ray_app.models.classification.calibration import Scale, find_scale, losses
from ray_app.models.classification.features import Features
from ray_app.models.classification.folds import Fold
from ray_app.models.classification.linear import Candidate
from ray_app.models.classification.tree import Decision

Numbers = NDArray[np.float64]
# From simple to less so: counting; one system of equations; an optimisation of the probability; an optimisation of the
# margin, whose numbers are no probabilities. Within a family, from smooth to less so.
CANDIDATES = (
    Candidate("bayes", 1.0),
    Candidate("bayes", 0.1),
    Candidate("ridge", 3.0),
    Candidate("ridge", 1.0),
    Candidate("ridge", 0.1),
    Candidate("logistic", 10.0),
    Candidate("logistic", 100.0),
    Candidate("svm", 0.1),
    Candidate("svm", 1.0),
    Candidate("svm", 10.0),
)
_BALANCED = (
    Candidate("ridge", 1.0, balanced=True),
    Candidate("logistic", 10.0, balanced=True),
    Candidate("svm", 0.1, balanced=True),
)
# The commonest label has so many times the documents of the rarest.
_IMBALANCED = 3.0


class CandidateScore(BaseModel):
    """How well a candidate did on held-out examples, in all and fold by fold."""

    name: str
    log_loss: float
    macro_f1: float
    fold_log_loss: list[float]
    fold_macro_f1: list[float]


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate on one decision: calibrated logits of all examples, each by a model and a scale that did not see it.

    `scale` is found on all held-out logits: the final model's.
    """

    candidate: Candidate
    logits: Numbers
    scale: Scale
    losses: Numbers
    score: CandidateScore


def candidates_for(decision: Decision, features: Features) -> list[Candidate]:
    """In order of simplicity; naive Bayes only where there are words, balanced ones only where labels are uneven."""
    how_many = decision.truth.sum(axis=0) if decision.each else np.bincount(decision.truth.astype(np.intp))
    uneven = how_many.max() >= _IMBALANCED * max(how_many.min(), 1) or decision.each
    some = [one for one in CANDIDATES if features.blocks or one.family != "bayes"]
    return [*some, *(_BALANCED if uneven else ())]


def judge(decision: Decision, candidate: Candidate, folds: Sequence[Fold], answers: Sequence[Numbers]) -> Judged:
    """`answers` are the folds' logits of their unseen examples."""
    logits = np.empty((sum(len(fold.unseen) for fold in folds), len(decision.fork.labels)))
    for fold, answer in zip(folds, answers, strict=True):
        logits[fold.unseen] = answer
    own = logits[decision.rows]
    calibrated = logits.copy()
    for fold in folds:
        others = ~np.isin(decision.rows, fold.unseen)
        calibrated[fold.unseen] = find_scale(own[others], decision.truth[others])(logits[fold.unseen])
    lost = losses(calibrated[decision.rows], decision.truth)
    score = _score(decision, candidate, folds, calibrated[decision.rows], lost)
    return Judged(candidate, calibrated, find_scale(own, decision.truth), lost, score)


def choose(judged: Sequence[Judged]) -> Judged:
    """The simplest that is as good as the best; `judged` stands in order of simplicity."""
    best = min(judged, key=lambda one: one.losses.mean())
    return next(one for one in judged if _as_good(one.losses - best.losses))


def macro_f1(decision_truth: NDArray[np.intp] | NDArray[np.bool_], logits: Numbers) -> float:
    """The mean of the labels' F1, so that rare labels count as much as common ones."""
    from sklearn.metrics import f1_score

    found = logits > 0 if decision_truth.ndim == 2 else logits.argmax(axis=1)
    present = None if decision_truth.ndim == 2 else np.unique(decision_truth)
    return float(f1_score(decision_truth, found, labels=present, average="macro", zero_division=0.0))


def _as_good(more: Numbers) -> bool:
    return bool(more.mean() <= more.std() / np.sqrt(len(more)))


def _score(
    decision: Decision, candidate: Candidate, folds: Sequence[Fold], logits: Numbers, lost: Numbers
) -> CandidateScore:
    by_fold = defaultdict(list)
    for fold in folds:
        rows = np.isin(decision.rows, fold.unseen)
        if rows.any():
            by_fold["loss"].append(float(lost[rows].mean()))
            by_fold["f1"].append(macro_f1(decision.truth[rows], logits[rows]))
    return CandidateScore(
        name=candidate.name,
        log_loss=float(lost.mean()),
        macro_f1=macro_f1(decision.truth, logits),
        fold_log_loss=by_fold["loss"],
        fold_macro_f1=by_fold["f1"],
    )
