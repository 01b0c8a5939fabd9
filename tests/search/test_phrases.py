"""Phrases that say what a document is about."""

from __future__ import annotations

import numpy as np

from ray_app.search.phrases import key_phrases

TEXTS = [
    "The heat pump of the north hall was serviced in May. The heat pump needs a new compressor and a filter.",
    "A new compressor costs 4,000 euros. The supplier of the heat pump offers a service contract for its compressors.",
]
DANISH = ["Varmepumpen i hallen blev efterset. Varmepumpen skal have en ny kompressor, og det skal ske snart."]


def phrases(embedder, texts, language="en", limit=5):
    vectors = embedder.embed_passages(list(texts))
    meaning = vectors.mean(axis=0)
    return key_phrases(texts, language, meaning / np.linalg.norm(meaning), embedder, limit=limit)


def test_the_best_phrases_are_what_the_text_keeps_coming_back_to(embedder):
    found = [phrase for phrase, _ in phrases(embedder, TEXTS)]
    assert "heat pump" in found[:2]
    assert any("compressor" in phrase for phrase in found)


def test_phrases_stand_in_the_text_and_neither_begin_nor_end_with_stop_words(embedder):
    everything = " ".join(TEXTS)
    for phrase, score in phrases(embedder, TEXTS, limit=20):
        assert phrase in everything
        assert not {phrase.split()[0].lower(), phrase.split()[-1].lower()} & {"the", "of", "a", "in", "its", "for"}
        assert 0 <= score <= 1


def test_other_languages_have_their_own_stop_words(embedder):
    found = [phrase.lower() for phrase, _ in phrases(embedder, DANISH, "da", limit=20)]
    assert "varmepumpen" in found
    assert not any(phrase.split()[-1] in {"i", "en", "og", "det", "skal"} for phrase in found)


def test_a_text_without_words_has_none(embedder):
    assert phrases(embedder, ["12 345 - 67 ..."]) == []
