"""The reranker on a real Serve: a tiny cross-encoder with random weights, whose order nothing else would give."""

from __future__ import annotations

import pytest
from sentence_transformers import CrossEncoder
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

from ray_app.errors import ModelError
from ray_app.serving.reranking import Reranking
from ray_app.settings import SearchSettings

pytestmark = pytest.mark.slow

TEXTS = ["the lease ends in june", "salt and flour", "the probe drifts when it is dry", "nobody came"]


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cross-encoder")
    words = sorted({word for text in TEXTS for word in text.split()})
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]))
    config = BertConfig(
        vocab_size=5 + len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        num_labels=1, initializer_range=0.5,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizerFast(str(vocabulary)).save_pretrained(folder)
    return folder


def settings_with(settings, name):
    return settings.model_copy(update={"search": SearchSettings(reranker=str(name))})


def test_each_search_gets_the_scores_of_its_own_texts(cluster, settings, cross_encoder):
    from ray import serve

    serve.start()
    deployment = serve.deployment(Reranking).options(name="reranking", ray_actor_options={"num_cpus": 0.1})
    handle = serve.run(deployment.bind(settings_with(settings, cross_encoder)), name="reranking", route_prefix=None)
    try:
        asked = [("dry probe", TEXTS), ("lease", TEXTS[:2]), ("salt", TEXTS[1:])]
        answers = [one.result(timeout_s=60) for one in [handle.rerank.remote(*one) for one in asked]]
        model = CrossEncoder(str(cross_encoder))
        for (query, texts), scores in zip(asked, answers, strict=True):
            expected = model.predict([(query, text) for text in texts])
            assert scores == pytest.approx(expected.tolist(), abs=1e-5)
        assert len({round(score, 6) for score in answers[0]}) > 1
    finally:
        serve.delete("reranking")


def test_a_reranker_that_is_not_there_is_named(settings, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match=r"no/such-model.*search\.reranker"):
        Reranking(settings_with(settings, "no/such-model"))


def test_the_application_has_a_reranker_where_one_is_named(settings):
    from ray_app.serving.app import application

    def deployments(app):
        bound = app._bound_deployment.init_args
        return [one._bound_deployment.name for one in bound if hasattr(one, "_bound_deployment")]

    assert "reranking" not in deployments(application(settings))
    assert "reranking" in deployments(application(settings_with(settings, "some/model")))
