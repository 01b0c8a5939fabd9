"""Linear models of one decision between labels, whatever they were fitted by."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Family = Literal["bayes", "ridge", "logistic", "svm"]
Matrix = NDArray[np.float32]
Numbers = NDArray[np.float64]
# How much less likely than the least likely one is a label that a fold had no document of.
_UNSEEN = 5.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way to fit: `strength` is C of `logistic` and `svm`, alpha of `ridge` and `bayes`.

    All but naive Bayes learn each label against the rest. On 2,000 TREC questions logistic regression was right more
    often that way than for all labels at once (macro-F1 0.895 and 0.879 on the test part, both at C = 10).
    """

    family: Family
    strength: float
    balanced: bool = False

    @property
    def name(self) -> str:
        return f"{self.family} {self.strength:g}{' balanced' if self.balanced else ''}"


@dataclass(frozen=True, slots=True)
class Linear:
    """`features @ weights + intercept` are logits. `weights` has shape (features, labels)."""

    weights: Matrix
    intercept: Numbers

    def logits(self, features: csr_matrix) -> Numbers:
        """Shape (texts, labels)."""
        return np.asarray(features @ self.weights, np.float64) + self.intercept


def fit(candidate: Candidate, features: csr_matrix, truth: NDArray[np.intp], *, labels: int, terms: int) -> Linear:
    """One decision between so many labels; `truth` has each text's. Its logits are not calibrated.

    The first `terms` columns of the features are TF-IDF: all that naive Bayes reads. Labels without a text are
    given what is less likely than the others.
    """
    seen = np.unique(truth)
    weights = np.zeros((features.shape[1], labels), np.float32)
    intercept = np.full(labels, -_UNSEEN)
    if len(seen) > 1:
        rows = terms if candidate.family == "bayes" else features.shape[1]
        model = _fitted(candidate, features[:, :rows].astype(np.float64), truth)
        found, bias = _decision(candidate, model)
        weights[:rows, seen] = found - found.mean(axis=1, keepdims=True)  # probabilities do not change by it
        intercept[seen] = bias - bias.mean()
    else:
        intercept[seen] = 0.0
    return Linear(weights, intercept)


def fit_each(candidate: Candidate, features: csr_matrix, truth: NDArray[np.bool_], *, terms: int) -> Linear:
    """One decision for each label, whether a text has it: `truth` has shape (texts, labels)."""
    weights = np.zeros((features.shape[1], truth.shape[1]), np.float32)
    intercept = np.zeros(truth.shape[1])
    for label in range(truth.shape[1]):
        one = fit(candidate, features, truth[:, label].astype(np.intp), labels=2, terms=terms)
        weights[:, label] = one.weights[:, 1] - one.weights[:, 0]
        intercept[label] = one.intercept[1] - one.intercept[0]
    return Linear(weights, intercept)


def _fitted(candidate: Candidate, features: csr_matrix, truth: NDArray[np.intp]) -> Any:
    """One that stopped before it had converged is judged by its answers, like all others."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return _estimator(candidate).fit(features, truth)


def _estimator(candidate: Candidate) -> Any:
    from sklearn.linear_model import LogisticRegression, RidgeClassifier
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.naive_bayes import ComplementNB
    from sklearn.svm import LinearSVC

    weight = "balanced" if candidate.balanced else None
    if candidate.family == "bayes":
        return ComplementNB(alpha=candidate.strength)
    if candidate.family == "ridge":
        return RidgeClassifier(alpha=candidate.strength, class_weight=weight, solver="sparse_cg", tol=1e-2)
    if candidate.family == "svm":
        return LinearSVC(C=candidate.strength, class_weight=weight, random_state=0, tol=1e-2, max_iter=1000)
    return OneVsRestClassifier(
        LogisticRegression(C=candidate.strength, class_weight=weight, solver="liblinear", tol=1e-2)
    )


def _decision(candidate: Candidate, model: Any) -> tuple[Numbers, Numbers]:
    """Weights (features, labels) and intercepts; where there are two labels, one column for each."""
    if candidate.family == "bayes":
        # ComplementNB takes the prior in only where there is one label.
        return model.feature_log_prob_.T, np.zeros(len(model.classes_))
    if candidate.family == "logistic":
        weights = np.vstack([one.coef_ for one in model.estimators_]).T
        intercept = np.concatenate([one.intercept_ for one in model.estimators_])
    else:
        weights, intercept = np.atleast_2d(model.coef_).T, np.atleast_1d(model.intercept_)
    if weights.shape[1] > 1:
        return weights, intercept
    return np.hstack([-weights, weights]) / 2, np.concatenate([-intercept, intercept]) / 2
