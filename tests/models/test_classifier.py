from __future__ import annotations

import json

import numpy as np
import pytest
import skops.io

from ray_app.errors import ConfigurationError, ModelError
from ray_app.models import classifier, registry
from ray_app.models.embedder import open_embedder
from ray_app.models.training import Examples, expected_calibration_error, train
from ray_app.models.zero_shot import ZeroShotClassifier
from ray_app.settings import ClassificationSettings, EmbeddingSettings

TEXTS = {
    "invoice": "invoice number {} amount due payable within thirty days bank account vat total",
    "letter": "dear madam thank you for your letter of day {} with kind regards yours sincerely",
    "minutes": "present were six members agenda item {} it was decided the meeting closed at noon",
}


@pytest.fixture(scope="module")
def embedder(model):
    return open_embedder(model, EmbeddingSettings())


@pytest.fixture(scope="module")
def examples(embedder):
    pairs = [(text.format(i), label) for label, text in TEXTS.items() for i in range(8)]
    texts = [text for text, _ in pairs]
    return Examples(texts, embedder.embed_passages(texts), np.array([label for _, label in pairs]))


@pytest.fixture(scope="module")
def trained(examples, embedder):
    return train(examples, embedding=embedder.manifest.fingerprint)


def classify(model, embedder, text):
    return model.classify([text], embedder.embed_passages([text]))[0]


def test_labels_are_ranked_and_their_probabilities_sum_to_one(trained, embedder):
    labels = classify(trained, embedder, "the total amount of the invoice is due to our bank account")
    assert labels[0].label == "invoice"
    assert [one.probability for one in labels] == sorted((one.probability for one in labels), reverse=True)
    assert sum(one.probability for one in labels) == pytest.approx(1, abs=1e-5)
    assert {one.method for one in labels} == {trained.manifest.version}


def test_the_manifest_says_what_it_was_made_of_and_how_good_it_is(trained, examples):
    manifest = trained.manifest
    assert {label: score.documents for label, score in manifest.labels.items()} == dict.fromkeys(TEXTS, 8)
    assert manifest.accuracy == 1.0
    assert manifest.documents == 24
    assert manifest.libraries["scikit-learn"]


def test_the_same_examples_in_another_order_have_the_same_hash(trained, examples, embedder):
    order = np.arange(len(examples.labels))[::-1]
    again = train(examples.take(order), embedding=embedder.manifest.fingerprint)
    assert again.manifest.data_sha256 == trained.manifest.data_sha256


def test_a_saved_classifier_says_the_same_when_loaded(trained, embedder, tmp_path):
    classifier.save(trained, tmp_path / "v1")
    loaded = classifier.load(tmp_path / "v1")
    text = "agenda of the meeting"
    assert classify(loaded, embedder, text) == classify(trained, embedder, text)


def test_weights_with_foreign_types_are_refused(trained, tmp_path):
    classifier.save(trained, tmp_path / "v1")
    skops.io.dump({"vectorizer": Foreign(), "model": trained.model}, tmp_path / "v1" / "model.skops")
    with pytest.raises(ModelError, match="no readable classifier"):
        classifier.load(tmp_path / "v1")


class Foreign:
    pass


def test_the_newest_version_is_in_use(trained, settings, embedder):
    assert registry.current_version(settings) is None
    folder = registry.publish(trained, settings)
    assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", "model.skops"]
    assert json.loads((folder / "manifest.json").read_text())["version"] == folder.name
    assert registry.open_classifier(settings, embedder).method == trained.manifest.version


def test_a_classifier_of_another_embedding_model_is_refused(trained, settings, embedder, examples):
    registry.publish(train(examples, embedding="another"), settings)
    with pytest.raises(ModelError, match="another embedding model"):
        registry.open_classifier(settings, embedder)


def test_without_a_trained_classifier_labels_are_judged_by_description_and_say_so(settings, embedder):
    model = registry.open_classifier(settings, embedder)
    labels = classify(model, embedder, "Curriculum vitae. Education: MSc. Work experience: five years as an engineer.")
    assert labels[0].label == "cv"
    assert labels[0].method == "zero-shot"


def test_descriptions_are_a_setting(embedder):
    own = ClassificationSettings(descriptions={"fish": "an animal in the sea", "bird": "an animal that flies"})
    labels = classify(ZeroShotClassifier(embedder, own), embedder, "The eagle spread its wings.")
    assert labels[0].label == "bird"


@pytest.mark.parametrize(
    ("labels", "message"),
    [(["a"] * 6, "at least two labels"), (["a"] * 4 + ["b"] * 2, "fewer have: b")],
)
def test_too_few_examples_are_refused_with_the_reason(embedder, labels, message):
    texts = [f"text {i}" for i in range(len(labels))]
    with pytest.raises(ConfigurationError, match=message):
        train(Examples(texts, embedder.embed_passages(texts), np.array(labels)), embedding="x")


def test_calibration_error_is_zero_where_confidence_is_accuracy():
    confidence = np.full(10, 0.7)
    correct = np.array([True] * 7 + [False] * 3)
    assert expected_calibration_error(confidence, correct) == pytest.approx(0)
    assert expected_calibration_error(confidence, np.ones(10, bool)) == pytest.approx(0.3)
