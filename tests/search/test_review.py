"""In which order people are asked for labels."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ray_app.search.review import instructive

EAST, NORTH, BETWEEN = [1.0, 0.0], [0.0, 1.0], [0.6, 0.8]


def order(doubts, meanings, limit=10):
    return [row for row, _ in instructive(np.array(doubts), np.array(meanings, np.float32), limit=limit)]


def test_of_documents_alike_the_least_sure_comes_first():
    assert order([0.2, 0.9, 0.5], [EAST] * 3)[0] == 1


def test_of_equally_unsure_ones_the_most_typical_comes_first():
    assert order([0.5, 0.5, 0.5], [EAST, BETWEEN, NORTH])[0] == 1


def test_a_sibling_of_the_first_waits():
    assert order([0.9, 0.8, 0.7, 0.6], [EAST, EAST, BETWEEN, BETWEEN], limit=2) == [0, 2]


def test_a_single_document_is_asked_for():
    assert order([0.4], [EAST]) == [0]


ROWS = st.integers(1, 12).flatmap(
    lambda n: st.tuples(
        arrays(np.float64, n, elements=st.floats(0, 1)),
        arrays(np.float32, (n, 3), elements=st.floats(-1, 1, width=32)),
    )
)


@given(ROWS, st.integers(1, 15))
def test_every_document_comes_once_and_values_are_shares(made, limit):
    doubts, meanings = made
    meanings = meanings / np.maximum(np.linalg.norm(meanings, axis=1, keepdims=True), 1)
    chosen = instructive(doubts, meanings, limit=limit)
    assert len({row for row, _ in chosen}) == len(chosen) == min(limit, len(doubts))
    assert all(-1e-9 <= value <= 1 + 1e-6 for _, value in chosen)
