"""A language that has enough documents gets a classifier of its own, which learns from them alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ray_app.models.classification import folder
from ray_app.models.classification.classifier import judge
from ray_app.models.classification.training import Plan, train
from tests.models.letters import letters

# The same words stand for another label in the other language: no common classifier can know both.
SWAPPED = {"invoice": "letter", "letter": "invoice", "minutes": "minutes"}


@pytest.fixture(scope="module")
def examples():
    english = letters()
    swapped = [(SWAPPED[label],) for (label,) in english.labels]
    count = len(english.texts)
    return replace(
        english,
        texts=[*english.texts, *english.texts],
        vectors=np.concatenate([english.vectors, english.vectors]),
        labels=[*english.labels, *swapped],
        titles=[""] * (2 * count),
        names=[*english.names, *(f"dansk {name}" for name in english.names)],
        groups=np.arange(2 * count),
        languages=["en"] * count + ["da"] * count,
    )


@pytest.fixture(scope="module")
def apart(examples):
    return train(examples, embedding="x", plan=Plan("words", own_from=10)).classifier


def likeliest(classifier, examples, languages):
    texts = list(examples.texts)
    found = classifier.classify(texts, examples.vectors, languages=languages)
    return [(labels[0].label,) for labels in found]


def test_each_text_is_judged_by_the_classifier_of_its_language(apart, examples):
    assert apart.languages == {"en", "da"}
    assert likeliest(apart, examples, examples.languages) == list(examples.labels)


def test_a_text_of_another_language_is_judged_by_the_one_for_all(apart, examples):
    general = replace(apart, own={})
    foreign = ["fi"] * len(examples.texts)
    assert likeliest(apart, examples, foreign) == likeliest(general, examples, ())


def test_all_labels_name_the_same_version_and_the_scores_of_each_language_are_kept(apart, examples):
    labels = apart.classify(examples.texts, examples.vectors, languages=examples.languages)
    assert {one.method for some in labels for one in some} == {apart.manifest.version}
    assert apart.manifest.languages == {"en": 24, "da": 24}
    assert apart.manifest.own["da"].documents == 24
    assert apart.manifest.own["da"].accuracy > apart.manifest.accuracy


def test_what_speaks_for_a_label_is_told_by_the_classifier_that_judged(apart, examples):
    (judged,) = judge(apart, [examples.texts[-1]], examples.vectors[-1:], languages=["da"], explain=True)
    assert judged.terms == apart.own["da"].explain(examples.texts[-1], examples.vectors[-1], "", judged.labels[0].label)


def test_they_are_saved_and_loaded_together(apart, examples, tmp_path):
    folder.save(apart, tmp_path / "v1")
    loaded = folder.load(tmp_path / "v1")
    assert likeliest(loaded, examples, examples.languages) == list(examples.labels)


def test_a_language_with_too_few_documents_or_labels_goes_with_the_others(examples):
    some = examples.take([*range(24), *range(24, 34)])
    said: list[str] = []
    done = train(some, embedding="x", plan=Plan("words", own_from=10), say=said.append).classifier
    assert done.languages == {"en"}
    assert any(line.startswith("da gets no classifier of its own: ") for line in said)
    assert train(examples, embedding="x", plan=Plan("words", own_from=25)).classifier.languages == frozenset()


def test_unless_it_is_asked_for_there_is_one_for_all(examples):
    assert train(examples, embedding="x", plan=Plan("words")).classifier.languages == frozenset()
