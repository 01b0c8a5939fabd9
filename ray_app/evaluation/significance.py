"""Whether one run is better than another, query by query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import permutation_test

# Random sign changes: p is then known to about 0.005.
_RESAMPLES = 9999
_SEED = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean difference (new minus old) over `queries`, and how likely one so large is by chance (two-sided)."""

    queries: int
    difference: float
    p: float


def compare(old: Mapping[str, float], new: Mapping[str, float]) -> Difference:
    """A paired permutation test over the queries that both have (Smucker, Allan & Carterette 2007)."""
    both = sorted(set(old) & set(new))
    differences = np.array([new[query] - old[query] for query in both])
    if not differences.any():
        return Difference(len(both), 0.0, 1.0)
    test = permutation_test(
        (differences,),
        np.mean,
        permutation_type="samples",
        n_resamples=_RESAMPLES,
        rng=np.random.default_rng(_SEED),
    )
    return Difference(len(both), float(differences.mean()), float(test.pvalue))
