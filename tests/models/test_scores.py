"""Scores, thresholds, doubtful documents, and the report that tells them."""

from __future__ import annotations

import re
import time
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ray_app.models.classification import scores
from ray_app.models.classification.scores import HeldOut
from ray_app.models.classification.training import train
from tests.models.letters import letters


def held_out(probabilities, truth):
    """Two labels, a and b: the probability of a, and which documents have it."""
    likely, given = np.array(probabilities), np.array(truth)
    return HeldOut(["a", "b"], np.stack([likely, 1 - likely], axis=1), np.stack([given, ~given], axis=1), each=False)


def test_scores_are_those_of_the_likeliest_label():
    found = held_out([0.9, 0.8, 0.7, 0.2], [True, True, False, False])
    assert scores.accuracy(found) == 0.75
    by_label = scores.label_scores(found, np.array([0.8, 0.5]))
    assert (by_label["a"].precision, by_label["a"].recall) == (pytest.approx(2 / 3), 1.0)
    assert (by_label["b"].precision, by_label["b"].recall) == (1.0, 0.5)
    assert scores.macro_f1(found) == pytest.approx((0.8 + 2 / 3) / 2)


def test_confusions_count_the_label_given_beside_the_label_told():
    found = scores.confusions(held_out([0.9, 0.8, 0.7, 0.2], [True, True, False, False]))
    assert [(one.given, one.told, one.documents) for one in found] == [("a", "a", 2), ("b", "a", 1), ("b", "b", 1)]


def test_labels_that_do_not_exclude_each_other_are_not_confused():
    assert scores.confusions(replace(held_out([0.9], [True]), each=True)) == []


def test_a_threshold_is_where_enough_answers_are_right():
    rng = np.random.default_rng(0)
    likely = rng.uniform(0, 1, 20_000)
    found = held_out(likely, rng.uniform(0, 1, 20_000) < likely)  # as good as their word
    thresholds = scores.find_thresholds(found, precision=0.9)
    assert thresholds == pytest.approx([0.8, 0.8], abs=0.03)  # of answers from 0.8 to 1, 0.9 are right
    assert scores.sure_score(found, thresholds, precision=0.9).precision == pytest.approx(0.9, abs=0.005)


def test_a_label_that_is_always_wrong_is_never_sure():
    found = held_out([0.9] * 50 + [0.1] * 50, [False] * 100)
    low, high = scores.find_thresholds(found, precision=0.9)
    assert low == 1.0
    assert high <= 0.9


def test_few_answers_that_are_right_by_chance_do_not_make_a_label_sure_of_everything():
    found = held_out([0.6] * 3 + [0.4] * 97, [True] * 3 + [True] * 50 + [False] * 47)
    assert scores.find_thresholds(found, precision=0.9)[0] == 1.0


def test_what_is_likelier_wrong_than_right_is_not_sure():
    three = np.full((60, 3), 0.3)
    three[np.arange(60), np.arange(60) % 3] = 0.4
    right = HeldOut(["a", "b", "c"], three, three == 0.4, each=False)
    assert scores.find_thresholds(right, precision=0.9).tolist() == [0.5] * 3


def plain_thresholds(found, precision):
    """By the definition: label by label, probability by probability, over all answers that are as probable."""
    asked = np.ones_like(found.truth) if found.each else found.told
    everywhere = [(p, right) for p, right in zip(found.probabilities[asked], found.truth[asked], strict=True)]

    def lowest(own, weight):
        best, good = 1.0, []
        for at, (p, _) in enumerate(own, start=1):
            alike = [right for other, right in everywhere if other >= p]
            rights = sum(right for _, right in own[:at])
            good.append((rights + weight * sum(alike) / len(alike)) / (at + weight) >= precision)
            best = p if good[-1] else best
        return min(best, precision) if good and good[-1] else best

    def answers(label):
        rows = asked[:, label]
        own = zip(found.probabilities[rows, label], found.truth[rows, label], strict=True)
        return sorted(own, key=lambda one: -one[0])

    of_all = lowest(sorted(everywhere, key=lambda one: -one[0]), 0)
    own = [answers(label) for label in range(len(found.labels))]
    return [max(lowest(some, 10) if some else of_all, 0.5) for some in own]


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30), st.integers(2, 4), st.booleans())
def test_thresholds_are_those_of_their_definition(seed, documents, labels, each):
    rng = np.random.default_rng(seed)
    probabilities = rng.integers(1, 17, (documents, labels)) / 16  # many alike
    truth = rng.random((documents, labels)) < probabilities
    found = HeldOut([str(label) for label in range(labels)], probabilities, truth, each)
    assert scores.find_thresholds(found, precision=0.75).tolist() == plain_thresholds(found, 0.75)


def test_the_time_for_thresholds_grows_with_the_answers_and_not_with_their_square():
    rng = np.random.default_rng(0)
    probabilities = rng.random((20_000, 50))
    found = HeldOut(
        [str(label) for label in range(50)], probabilities, rng.random((20_000, 50)) < probabilities, each=True
    )
    start = time.process_time()
    scores.find_thresholds(found, precision=0.9)
    assert time.process_time() - start < 10  # under a second; a million answers squared would take hours


def test_doubtful_are_those_whose_label_is_least_likely():
    found = held_out([0.9, 0.01, 0.4, 0.1], [True, True, True, False])
    doubts = scores.doubtful(found, ["fine", "wrong", "odd", "fine too"])
    assert [(one.name, one.given, one.likelier) for one in doubts] == [("wrong", "a", "b"), ("odd", "a", "b")]


def test_a_document_with_a_wrong_label_is_found_and_told_without_markup():
    examples = letters()
    names = ["<script>alert(1)</script>", *examples.names[1:]]
    labels = [("minutes",), *examples.labels[1:]]
    report = train(replace(examples, names=names, labels=labels), embedding="x").report
    (first, *_) = re.findall(r"<tr><td>(.*?)</td><td class=\"text\">minutes</td>", report)
    assert first == "&lt;script&gt;alert(1)&lt;/script&gt;"
    assert "<script" not in report


@pytest.mark.parametrize("kind", ["flat", "multi", "hierarchy"])
def test_the_report_is_one_page_that_needs_nothing_else(kind):
    examples = letters(kind=kind)
    if kind == "hierarchy":
        examples = replace(examples, labels=[(f"x/{one}",) for (one,) in examples.labels])
    report = train(examples, embedding="x").report
    for title in ("Reliability", "Learning curve", "Candidates", "most likely mislabelled"):
        assert title in report
    assert ("Confusion matrix" in report) == (kind != "multi")
    assert not re.search(r"<script|https?://|src=|@import|url\(", report)
    for drawing in re.findall(r"<svg.*?</svg>", report, re.DOTALL):
        assert ET.fromstring(drawing).findall(".//circle")
