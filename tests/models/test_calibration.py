from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ray_app.models.classification.calibration import (
    expected_calibration_error,
    find_scale,
    losses,
    reliability,
    soften,
    to_probabilities,
)


def test_calibration_error_is_zero_where_confidence_is_accuracy():
    confidence = np.full(10, 0.7)
    correct = np.array([True] * 7 + [False] * 3)
    assert expected_calibration_error(confidence, correct) == pytest.approx(0)
    assert expected_calibration_error(confidence, np.ones(10, bool)) == pytest.approx(0.3)


def test_bins_tell_how_many_answers_were_right():
    (low, high) = reliability(np.array([0.25, 0.95, 1.0]), np.array([False, True, False]))
    assert (low.low, low.answers, low.accuracy) == (0.2, 1, 0.0)
    assert (high.high, high.answers, high.confidence, high.accuracy) == (1.0, 2, 0.975, 0.5)


def drawn(seed, *, too_sure, power=1.0):
    """Logits that are so many times too large, and labels drawn from the probabilities that they should give."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(4000, 3)) * 2
    truth = np.array([rng.choice(3, p=row) for row in to_probabilities(soften(logits, power), each=False)])
    return logits * too_sure, truth


@pytest.mark.parametrize("power", [0.6, 1.0, 1.5])
@pytest.mark.parametrize("too_sure", [0.2, 1.0, 8.0])
def test_calibration_undoes_too_much_or_too_little_confidence(too_sure, power):
    logits, truth = drawn(0, too_sure=too_sure, power=power)
    scale = find_scale(logits, truth)
    assert scale.power == pytest.approx(power, rel=0.1)
    assert float(scale.factor) * too_sure == pytest.approx(1, abs=0.15)
    unseen, labels = drawn(1, too_sure=too_sure, power=power)
    probabilities = to_probabilities(scale(unseen), each=False)
    assert expected_calibration_error(probabilities.max(axis=1), probabilities.argmax(axis=1) == labels) < 0.03


def test_of_a_few_labels_no_power_is_learnt():
    logits, truth = drawn(0, too_sure=1.0, power=0.3)
    assert 0.6 < find_scale(logits[:12], truth[:12]).power < 1.2


def test_labels_for_themselves_get_a_factor_and_a_shift_each():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4000, 2)) * 2
    truth = rng.random((4000, 2)) < to_probabilities(logits, each=True)
    scale = find_scale(logits * [5, 1] + [0, 3], truth)
    assert scale.factor == pytest.approx([0.2, 1], abs=0.1)
    assert scale.shift == pytest.approx([0, -3], abs=0.3)


def test_that_all_of_a_few_were_right_makes_nothing_certain():
    logits, truth = np.eye(3)[[0, 1, 2] * 4] * 100, np.array([0, 1, 2] * 4)
    scaled = to_probabilities(find_scale(logits, truth)(logits), each=False)
    assert scaled.max() == pytest.approx(13 / 14, abs=0.001)


@given(st.integers(0, 1000), st.floats(0.1, 10))
def test_the_likeliest_label_stays_the_likeliest(seed, factor):
    logits = np.random.default_rng(seed).normal(size=(30, 4)) * factor
    truth = np.random.default_rng(seed + 1).integers(0, 4, 30)
    assert (find_scale(logits, truth)(logits).argmax(axis=1) == logits.argmax(axis=1)).all()


def test_the_loss_is_the_surprise():
    assert losses(np.log([[0.25, 0.75]]), np.array([0])) == pytest.approx(np.log(4))
    assert losses(np.array([[0.0, 0.0]]), np.array([[True, False]])) == pytest.approx(np.log(2))
