from __future__ import annotations

import pytest

from ray_app.enrichment.language import detect


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The salinity probe drifts when its electrode is dry, and must be calibrated again.", "en"),
        ("Sygemelding skal ske til nærmeste leder senest klokken otte om morgenen.", "da"),
        ("Die Messgeräte werden jährlich geprüft und anschließend versandt.", "de"),
        ("これは請求書です。お支払いは月末までにお願いします。", "ja"),
    ],
)
def test_the_language_of_a_sentence_is_found(text, language):
    found = detect(text)
    assert found.language == language
    assert 0.5 < found.confidence <= 1


@pytest.mark.parametrize("text", ["", "   \n", "12 345 - 67", "…"])
def test_a_text_without_words_has_no_language(text):
    assert detect(text) == ("", 0.0)
