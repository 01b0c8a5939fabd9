from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ray_app.models.classification.tree import find_decisions, find_forks, label_probabilities

PATHS = ["finance/invoice/utilities", "finance/invoice/travel", "finance/audit", "people/cv"]


def test_decisions_are_taken_where_paths_part():
    forks = {fork.path: fork.labels for fork in find_forks(PATHS)}
    assert forks == {
        "": ("finance", "people"),
        "finance": ("finance/audit", "finance/invoice"),
        "finance/invoice": ("finance/invoice/travel", "finance/invoice/utilities"),
    }


def test_a_path_that_ends_where_others_go_on_is_a_way_of_its_own():
    forks = {fork.path: fork.labels for fork in find_forks(["a", "a/b", "c"])}
    assert forks == {"": ("a", "c"), "a": ("a", "a/b")}


def test_each_decision_knows_its_documents():
    root, inner = find_decisions([("a",), ("a/b",), ("c",), ("a/b",)], "hierarchy")
    assert (root.rows.tolist(), root.truth.tolist()) == ([0, 1, 2, 3], [0, 0, 1, 0])
    assert (inner.rows.tolist(), inner.truth.tolist()) == ([0, 1, 3], [0, 1, 1])


def test_probabilities_are_multiplied_along_the_path():
    forks = find_forks(PATHS)
    logits = np.log([[0.8, 0.2, 0.5, 0.5, 0.9, 0.1]])
    found = label_probabilities(logits, forks, sorted(PATHS), "hierarchy")[0]
    assert dict(zip(sorted(PATHS), found, strict=True)) == {
        "finance/audit": pytest.approx(0.4),
        "finance/invoice/travel": pytest.approx(0.36),
        "finance/invoice/utilities": pytest.approx(0.04),
        "people/cv": pytest.approx(0.2),
    }


paths = st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map("/".join), min_size=2, unique=True)


@given(paths, st.integers(0, 99))
def test_the_probabilities_of_all_paths_sum_to_one(labels, seed):
    forks = find_forks(labels)
    columns = sum(len(fork.labels) for fork in forks)
    logits = np.random.default_rng(seed).normal(size=(2, columns))
    if forks:
        assert label_probabilities(logits, forks, labels, "hierarchy").sum(axis=1) == pytest.approx([1, 1])


@given(paths)
def test_every_document_takes_the_ways_that_its_probability_is_made_of(labels):
    decisions = find_decisions([(label,) for label in labels], "hierarchy")
    forks = [one.fork for one in decisions]
    logits = np.full((len(labels), sum(len(fork.labels) for fork in forks)), -50.0)
    start = 0
    for one in decisions:
        logits[one.rows, start + one.truth] = 50.0
        start += len(one.fork.labels)
    if forks:
        found = label_probabilities(logits, forks, labels, "hierarchy")
        assert found.argmax(axis=1).tolist() == list(range(len(labels)))
        assert found.max(axis=1) == pytest.approx(np.ones(len(labels)))
