"""What `/v1/classify` tells of a text: its label, the way to it, the other labels, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ray_app.models import registry
from ray_app.models.classification.examples import plain
from ray_app.models.classification.training import train
from ray_app.models.embedder import open_embedder
from ray_app.settings import EmbeddingSettings
from tests.models.letters import TEXTS
from tests.serving.apps import api_over

pytestmark = pytest.mark.anyio
ASKED = "an invoice with the amount to pay"


@pytest.fixture(scope="module")
def embedder(model):
    return open_embedder(model, EmbeddingSettings())


async def classified(settings, embedder, **more):
    async with api_over(settings, embedder) as api:
        answer = await api.request("POST", "/v1/classify", json={"texts": [ASKED], **more})
    assert answer.status_code == 200
    (told,) = answer.json()["results"]
    return told


async def test_without_training_the_meaning_alone_speaks(settings, embedder):
    told = await classified(settings, embedder, explain=True)
    assert (told["label"], told["method"], told["sure"]) == ("invoice", "zero-shot", True)
    assert [one["term"] for one in told["terms"]] == ["[meaning]"]


async def test_a_path_is_told_with_its_steps_and_the_terms_that_moved_it(settings, embedder):
    rows = [(text.format(row), f"post/{label}") for label, text in TEXTS.items() for row in range(8)]
    texts = [*(text for text, _ in rows), *(f"a recipe for {row} loaves of bread and butter" for row in range(8))]
    labels = [*(label for _, label in rows), *["kitchen"] * 8]
    examples = replace(plain(texts, embedder.embed_passages(texts), labels), kind="hierarchy")
    registry.publish(train(examples, embedding=embedder.manifest.fingerprint), settings)
    told = await classified(settings, embedder, explain=True)
    assert [step["label"] for step in told["path"]] == ["post", "post/invoice"] == ["post", told["label"]]
    assert told["path"][0]["probability"] >= told["path"][1]["probability"] == told["probability"]
    assert {one["label"] for one in told["alternatives"]} == {"kitchen", "post/letter", "post/minutes"}
    words = [one["term"] for one in told["terms"] if one["weight"] > 0 and not one["term"].startswith("[")]
    assert words[0] in {"invoice", "amount"}
    assert (await classified(settings, embedder))["terms"] == []
