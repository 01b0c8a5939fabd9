"""The paired test: what is noise and what is not."""

from __future__ import annotations

import pytest

from ray_app.evaluation.significance import compare


def test_equal_runs_do_not_differ():
    run = {str(number): number / 50 for number in range(50)}
    found = compare(run, run)
    assert (found.queries, found.difference, found.p) == (50, 0.0, 1.0)


def test_what_helps_nearly_every_query_is_told_from_what_helps_as_many_as_it_harms():
    old = {str(number): 0.5 for number in range(50)}
    better = compare(old, {query: 0.6 if int(query) % 10 else 0.5 for query in old})
    mixed = compare(old, {query: 0.6 if int(query) % 2 else 0.4 for query in old})
    assert better.difference == pytest.approx(0.09)
    assert better.p < 0.01 < 0.5 < mixed.p


def test_only_queries_that_both_have_count():
    assert compare({"a": 0.0, "b": 1.0}, {"b": 1.0, "c": 0.5}).queries == 1
