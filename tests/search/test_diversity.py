from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ray_app.search.diversity import diverse_order

EAST, NEARLY_EAST, NORTH = (np.array(one, np.float32) for one in ([1, 0], [0.98, 0.2], [0, 1]))
# In thousandths: two scores that differ by less than a float of 0 to 1 can tell are equal.
SCORES = st.lists(st.integers(-2000, 2000).map(lambda thousandths: thousandths / 1000), max_size=12)


def vectors(count, seed=1):
    drawn = np.random.default_rng(seed).standard_normal((count, 4)).astype(np.float32)
    return list(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))


def test_what_says_the_same_comes_after_what_says_something_else():
    order = diverse_order([1.0, 0.9, 0.5], [EAST, NEARLY_EAST, NORTH], diversity=0.6, limit=3)
    assert order == [0, 2, 1]


def test_an_item_without_a_vector_is_like_no_other():
    assert diverse_order([1.0, 0.9, 0.5], [EAST, NEARLY_EAST, None], diversity=0.6, limit=2) == [0, 2]


@given(SCORES)
def test_without_diversity_it_is_the_order_of_relevance(scores):
    order = diverse_order(scores, vectors(len(scores)), diversity=0.0, limit=99)
    assert [scores[index] for index in order] == sorted(scores, reverse=True)


@given(SCORES, st.floats(0, 1), st.integers(0, 15))
def test_each_item_is_chosen_once_until_the_limit(scores, diversity, limit):
    order = diverse_order(scores, vectors(len(scores)), diversity=diversity, limit=limit)
    assert len(order) == len(set(order)) == min(limit, len(scores))
