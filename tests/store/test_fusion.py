"""Words and meaning in one order: by both scores of each passage, and by those of passages like it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ray_app.store.collections import CHUNKS
from ray_app.store.fusion import ranked, regularised
from ray_app.store.protocol import Point, Query, SparseVector
from ray_app.store.scope import Scope, ScopedReader

pytestmark = pytest.mark.anyio


def unit(*values):
    vector = np.zeros(8, np.float32)
    vector[: len(values)] = values
    return vector / np.linalg.norm(vector)


def point(number, dense, words):
    identity = f"00000000-0000-0000-0000-{number:012}"
    sparse = SparseVector([1, 2][: len(words)], list(words))
    return Point(
        identity, {"tenant": "default", "text": str(number)}, None if dense is None else dense.tolist(), sparse
    )


@pytest.fixture
async def filled(store):
    """One that is second in both ways, two that are first in one and nothing in the other, and others."""
    points = [
        point(0, unit(0.9, 0.4), [1.9]),
        point(1, unit(1.0), [0.1]),
        point(2, unit(0.0, 0.0, 1.0), [2.0]),
        point(3, None, [1.8]),
        *(point(4 + row, unit(0.1, 0.0, 0.2, 1.0, row / 10), [0.2]) for row in range(6)),
    ]
    await store.upsert(CHUNKS, points)
    return store


QUERY = Query(limit=10, dense=unit(1.0).tolist(), sparse=SparseVector([1], [1.0]), fusion="scores")


async def texts(store, query=QUERY, depth=100):
    return [one.payload["text"] for one in await ranked(store, query, depth=depth, fields=["text"])]


async def test_what_is_good_in_both_ways_comes_before_what_is_best_in_one(filled):
    assert (await texts(filled))[0] == "0"


async def test_of_two_alike_in_meaning_the_one_with_more_of_the_words_comes_first_however_few_lists_hold_it(filled):
    await filled.upsert(CHUNKS, [point(90, unit(1.0), [0.15])])
    few = Query(limit=10, dense=QUERY.dense, sparse=QUERY.sparse, fusion="scores", candidates=2)
    order = await texts(filled, few, depth=2)
    assert set(order) == {"0", "1", "2", "90"}, "two of each list: neither 1 nor 90 is among the best by words"
    assert order.index("90") < order.index("1")


async def test_a_passage_without_a_vector_is_found_by_its_words(filled):
    order = await texts(filled)
    assert order.index("3") < order.index("4")


async def test_how_many_are_wanted_does_not_change_the_first_ones(filled):
    small = Query(limit=3, dense=QUERY.dense, sparse=QUERY.sparse, fusion="scores", candidates=3)
    large = Query(limit=10, dense=QUERY.dense, sparse=QUERY.sparse, fusion="scores", candidates=3)
    first, all_of_them = await texts(filled, small, depth=3), await texts(filled, large, depth=10)
    assert all_of_them[: len(first)] == first
    assert len(all_of_them) == 10
    scores = [one.score for one in await ranked(filled, large, depth=10, fields=[])]
    assert scores == sorted(scores, reverse=True)


async def test_another_tenant_finds_nothing(filled):
    assert await ranked(ScopedReader(filled, Scope("other")), QUERY, depth=100, fields=["text"]) == []


VECTOR = st.lists(st.floats(-1, 1), min_size=3, max_size=3).filter(lambda one: np.linalg.norm(one) > 0.1)


@given(st.lists(st.tuples(st.floats(0, 1), st.none() | VECTOR), max_size=20))
async def test_leaning_on_neighbours_stays_within_the_scores_and_leaves_those_without_vectors(passages):
    scores = np.array([score for score, _ in passages])
    vectors = [None if one is None else np.asarray(unit(*one)) for _, one in passages]
    mixed = regularised(scores, vectors)
    assert mixed.shape == scores.shape
    if len(scores):
        assert mixed.min() >= scores.min() - 1e-9
        assert mixed.max() <= scores.max() + 1e-9
    assert all(mixed[row] == scores[row] for row, one in enumerate(vectors) if one is None)
