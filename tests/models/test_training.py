"""What training chooses, measures and refuses; what it says and how it explains."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ray_app.errors import ConfigurationError
from ray_app.models.classification.classifier import judge
from ray_app.models.classification.explanation import MEANING, REST, START, Term, explain, shortened
from ray_app.models.classification.features import find_features
from ray_app.models.classification.folds import make_folds, sample
from ray_app.models.classification.training import Plan, train
from tests.models.letters import TEXTS, letters

UNREAD = "an invoice with the amount due, it's the total! Odd-word"


@pytest.fixture(scope="module")
def flat():
    return train(letters(), embedding="x")


@pytest.fixture(scope="module")
def tree():
    paths = {"invoice": "finance/invoice", "letter": "finance/letter", "minutes": "board"}
    examples = letters()
    return train(
        replace(examples, kind="hierarchy", labels=[(paths[one],) for (one,) in examples.labels]), embedding="x"
    ).classifier


@pytest.fixture(scope="module")
def several():
    """Labels that do not exclude each other: every second document is urgent, and says so."""
    examples = letters(12)
    urgent = [row % 2 == 0 for row in range(len(examples.texts))]
    texts = [text + " urgent!" * flag for text, flag in zip(examples.texts, urgent, strict=True)]
    labels = [some + ("urgent",) * flag for some, flag in zip(examples.labels, urgent, strict=True)]
    plain = replace(examples, kind="multi", texts=texts, labels=labels, titles=[""] * len(texts))
    return train(plain, embedding="x").classifier


def asked(classifier, text, label="invoice"):
    vector = letters().vectors[0]
    return vector, {one.label: one for one in classifier.classify([text], vector[np.newaxis])[0]}


def test_a_path_is_as_likely_as_its_steps(tree):
    vector = letters().vectors[:1]
    (judged,) = judge(tree, ["invoice number 3 amount due"], vector)
    assert judged.labels[0].label == "finance/invoice"
    assert [step.label for step in judged.path] == ["finance", "finance/invoice"]
    assert judged.path[1].probability == judged.labels[0].probability <= judged.path[0].probability
    assert sum(one.probability for one in judged.labels) == pytest.approx(1, abs=1e-5)
    assert [decision.fork.path for decision in tree.manifest.decisions] == ["", "finance"]


def test_several_labels_are_judged_each_for_itself(several):
    _, found = asked(several, TEXTS["invoice"].format(3) + " urgent!")
    assert found["invoice"].probability > 0.8
    assert found["urgent"].probability > 0.5
    _, found = asked(several, TEXTS["invoice"].format(3))
    assert found["urgent"].probability < 0.5
    assert several.manifest.macro_f1 > 0.9


@pytest.mark.parametrize("label", ["invoice", "letter", "minutes"])
def test_an_explanation_sums_to_the_score(flat, label):
    classifier = flat.classifier
    vector = letters().vectors[0]
    terms = explain(classifier, UNREAD, vector, "", "some/invoice 7.pdf", label)
    scores = classifier.scores([UNREAD], vector[np.newaxis], ["invoice 7"])[0]
    assert math.fsum(one.weight for one in terms) == pytest.approx(scores[list(TEXTS).index(label)], abs=1e-4)
    names = [one.term for one in terms]
    assert len(set(names)) == len(names)
    assert {MEANING, START, "invoice", "[title] invoice", "odd-word"} <= set(names)


@settings(max_examples=25, deadline=None)
@given(
    st.text(alphabet="abei nov.ct-’Æ\n", max_size=60), st.sampled_from(["finance/invoice", "finance/letter", "board"])
)
def test_every_explanation_of_a_path_sums_to_the_scores_of_its_steps(tree, text, label):
    vector = letters().vectors[3]
    scores = tree.scores([text], vector[np.newaxis])[0]
    columns = {"board": [0], "finance/invoice": [1, 2], "finance/letter": [1, 3]}[label]
    found = math.fsum(one.weight for one in tree.explain(text, vector, "", label))
    assert found == pytest.approx(scores[columns].sum(), abs=1e-4)


def test_a_label_that_is_unknown_has_no_explanation(flat):
    with pytest.raises(KeyError):
        flat.classifier.explain(UNREAD, letters().vectors[0], "", "poem")


def test_a_short_explanation_keeps_the_sum():
    terms = [Term("a", 3.0), Term("b", -2.0), Term("c", 0.5)]
    assert shortened(terms, 1) == [Term("a", 3.0), Term(REST, -1.5)]
    assert shortened(terms, 3) == terms


def test_near_duplicates_are_never_on_both_sides():
    examples = letters(10, groups=[row // 2 for row in range(30)])
    features = find_features(examples.texts, examples.titles, choice="both", labels=3, dimension=16)
    folds = make_folds(examples, features, seed=0)
    assert sorted(row for fold in folds for row in fold.unseen.tolist()) == list(range(30))
    for fold in folds:
        assert not set(examples.groups[fold.seen].tolist()) & set(examples.groups[fold.unseen].tolist())


def test_copies_do_not_make_scores_better():
    """Labels by chance, every text twice: who tests on copies finds a classifier that knows everything."""
    rng = np.random.default_rng(0)
    words = [" ".join(f"word{one}" for one in rng.integers(0, 2000, 8)) for _ in range(40)]
    labels = [(str(one),) for one in rng.integers(0, 2, 40)]
    examples = replace(letters(27).take(range(80)), texts=words * 2, labels=labels * 2, titles=[""] * 80)
    examples = replace(examples, vectors=np.tile(examples.vectors[:40], (2, 1)))
    apart = train(replace(examples, groups=np.tile(np.arange(40), 2)), embedding="x").classifier.manifest
    mixed = train(replace(examples, groups=np.arange(80)), embedding="x").classifier.manifest
    assert mixed.accuracy > 0.9
    assert apart.accuracy < 0.75
    assert (apart.distinct, mixed.distinct) == (40, 80)


@pytest.mark.parametrize(("choice", "blocks"), [("words", 3), ("embedding", 0), ("both", 3)])
def test_what_is_looked_at_is_a_choice(choice, blocks):
    classifier = train(letters(), embedding="x", plan=Plan(features=choice)).classifier
    assert len(classifier.features.blocks) == blocks
    assert classifier.features.dimension == (0 if choice == "words" else 16)
    assert classifier.manifest.accuracy > 0.9
    assert ("bayes 1" in [one.name for one in classifier.manifest.decisions[0].candidates]) == bool(blocks)


def test_the_same_seed_gives_the_same_classifier():
    one, other = (train(letters(), embedding="x", plan=Plan(seed=3)).classifier for _ in range(2))
    assert (one.linear.weights == other.linear.weights).all()
    assert one.manifest.decisions == other.manifest.decisions


def test_uneven_labels_are_also_weighed():
    rows = [*range(20), *range(20, 24), *range(40, 44)]
    names = [
        one.name for one in train(letters(20).take(rows), embedding="x").classifier.manifest.decisions[0].candidates
    ]
    assert "logistic 10 balanced" in names


def test_of_many_examples_a_sample_with_all_labels_is_enough_to_choose():
    rng = np.random.default_rng(0)
    many = [("rare",)] * 5 + [(str(one),) for one in rng.integers(0, 3, 4000)]
    examples = letters(1400).take(range(4005))
    some = sample(replace(examples, labels=many), seed=0)
    assert len(some.texts) == 3000
    assert some.labels.count(("rare",)) == 5
    assert {one for (one,) in some.labels} == {"rare", "0", "1", "2"}


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        (letters(groups=[0] * 8 + list(range(1, 17))), "copies of one: invoice"),
        (letters(kind="hierarchy", labels=[("a//b",)] * 12 + [("c",)] * 12), "no empty steps: 'a//b'"),
        (letters(labels=[("a", "b")] * 12 + [("a",)] * 12), "train with --kind multi"),
        (letters(kind="multi", labels=[("a", "b")] * 12 + [("a",)] * 12), "documents without it: a"),
    ],
)
def test_what_cannot_be_learnt_is_refused(examples, message):
    with pytest.raises(ConfigurationError, match=message):
        train(examples, embedding="x")
