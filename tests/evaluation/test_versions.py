from __future__ import annotations

from dataclasses import replace

import pytest

from ray_app.errors import ConfigurationError
from ray_app.evaluation.versions import compare_versions, right
from ray_app.models.classification.training import train
from tests.models.letters import letters


def test_versions_are_compared_document_by_document():
    examples = letters()
    names = ["invoice", "letter", "minutes"]
    swapped = [
        (names[(names.index(one) + 1) % 3],) if row % 2 else (one,) for row, (one,) in enumerate(examples.labels)
    ]
    good = train(examples, embedding="x").classifier
    half = train(replace(examples, labels=swapped), embedding="x").classifier
    found = compare_versions(half, good, letters(10))
    assert found.new == 1.0
    assert found.only_new - found.only_old == round((found.new - found.old) * 30)
    assert found.difference.difference == pytest.approx(found.new - found.old)


def test_of_several_labels_all_must_be_right():
    examples = letters(kind="multi")
    classifier = train(examples, embedding="x").classifier
    assert right(classifier, examples).all()
    more = replace(examples, labels=[(*some, "minutes") for some in examples.labels])
    assert right(classifier, more).sum() == 8


def test_other_questions_are_not_compared():
    one = train(letters(), embedding="x").classifier
    with pytest.raises(ConfigurationError, match="differ in kind or in embedding"):
        compare_versions(one, train(letters(), embedding="y").classifier, letters())
