from __future__ import annotations

import json

import numpy as np
import pytest
import skops.io

from ray_app.errors import ConfigurationError, ModelError
from ray_app.models import registry
from ray_app.models.classification import folder
from ray_app.models.classification.examples import plain
from ray_app.models.classification.training import train
from ray_app.models.embedder import open_embedder
from ray_app.models.zero_shot import ZeroShotClassifier
from ray_app.settings import ClassificationSettings, EmbeddingSettings
from tests.models.letters import TEXTS


@pytest.fixture(scope="module")
def embedder(model):
    return open_embedder(model, EmbeddingSettings())


@pytest.fixture(scope="module")
def examples(embedder):
    pairs = [(text.format(i), label) for label, text in TEXTS.items() for i in range(8)]
    texts = [text for text, _ in pairs]
    return plain(texts, embedder.embed_passages(texts), [label for _, label in pairs])


@pytest.fixture(scope="module")
def done(examples, embedder):
    return train(examples, embedding=embedder.manifest.fingerprint)


@pytest.fixture(scope="module")
def trained(done):
    return done.classifier


def classify(model, embedder, text):
    return model.classify([text], embedder.embed_passages([text]))[0]


def test_labels_are_ranked_and_their_probabilities_sum_to_one(trained, embedder):
    labels = classify(trained, embedder, "the total amount of the invoice is due to our bank account")
    assert labels[0].label == "invoice"
    assert [one.probability for one in labels] == sorted((one.probability for one in labels), reverse=True)
    assert sum(one.probability for one in labels) == pytest.approx(1, abs=1e-5)
    assert {one.method for one in labels} == {trained.manifest.version}


def test_only_the_first_label_can_be_sure(trained, examples):
    for labels in trained.classify(examples.texts, examples.vectors):
        assert not any(one.sure for one in labels[1:])
        assert labels[0].sure == (labels[0].probability >= trained.manifest.labels[labels[0].label].threshold - 1e-6)


def test_the_manifest_says_what_it_was_made_of_and_how_good_it_is(trained):
    manifest = trained.manifest
    assert {label: score.documents for label, score in manifest.labels.items()} == dict.fromkeys(TEXTS, 8)
    assert manifest.accuracy == 1.0
    assert manifest.documents == 24
    assert manifest.libraries["scikit-learn"]


def test_the_same_examples_in_another_order_have_the_same_hash(trained, examples, embedder):
    order = np.arange(len(examples.labels))[::-1]
    again = train(examples.take(order), embedding=embedder.manifest.fingerprint).classifier
    assert again.manifest.data_sha256 == trained.manifest.data_sha256


def test_a_saved_classifier_says_the_same_when_loaded(done, embedder, tmp_path):
    folder.save(done.classifier, tmp_path / "v1", report=done.report)
    loaded = folder.load(tmp_path / "v1")
    text = "agenda of the meeting"
    assert classify(loaded, embedder, text) == classify(done.classifier, embedder, text)
    assert isinstance(loaded.linear.weights, np.memmap)


def test_parts_with_foreign_types_are_refused(trained, tmp_path):
    folder.save(trained, tmp_path / "v1")
    skops.io.dump({"blocks": [Foreign()], "dimension": 384}, tmp_path / "v1" / "model.skops")
    with pytest.raises(ModelError, match="no readable classifier"):
        folder.load(tmp_path / "v1")


def test_weights_that_do_not_fit_are_refused(trained, tmp_path):
    folder.save(trained, tmp_path / "v1")
    np.save(tmp_path / "v1" / "weights.npy", np.zeros((3, 3), np.float32))
    with pytest.raises(ModelError, match=r"its weights have the shape \(3, 3\)"):
        folder.load(tmp_path / "v1")


class Foreign:
    pass


def test_the_newest_version_is_in_use(done, settings, embedder):
    assert registry.current_version(settings) is None
    made = registry.publish(done, settings)
    names = ["learnt.npy", "manifest.json", "model.skops", "report.html", "weights.npy"]
    assert sorted(path.name for path in made.iterdir()) == names
    assert json.loads((made / "manifest.json").read_text())["version"] == made.name
    assert registry.open_classifier(settings, embedder).method == done.classifier.manifest.version


def test_a_classifier_of_another_embedding_model_is_refused(settings, embedder, examples):
    registry.publish(train(examples, embedding="another"), settings)
    with pytest.raises(ModelError, match="another embedding model"):
        registry.open_classifier(settings, embedder)


def test_without_a_trained_classifier_labels_are_judged_by_description_and_say_so(settings, embedder):
    model = registry.open_classifier(settings, embedder)
    text = "Curriculum vitae. Education: MSc. Work experience: five years as an engineer."
    labels = classify(model, embedder, text)
    assert labels[0].label == "cv"
    assert labels[0].method == "zero-shot"
    assert [one.term for one in model.explain(text, embedder.embed_passages([text])[0], "", "cv")] == ["[meaning]"]


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
        train(plain(texts, embedder.embed_passages(texts), labels), embedding="x")
