"""The language a text is written in, by lingua's n-gram models."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from lingua import LanguageDetector, LanguageDetectorBuilder

# Enough for certainty; the time is proportional to it (about 4 ms per 1,000 characters).
SAMPLE_CHARS = 2000


class Detected(NamedTuple):
    """An ISO 639-1 code, "" where the text has no words, and how sure it is (0 to 1)."""

    language: str
    confidence: float


def detect(text: str) -> Detected:
    """The most likely language of the text's beginning."""
    sample = text[:SAMPLE_CHARS]
    if not any(character.isalpha() for character in sample):
        return Detected("", 0.0)
    best = _detector().compute_language_confidence_values(sample)[0]
    return Detected(best.language.iso_code_639_1.name.lower(), best.value)


@cache
def _detector() -> LanguageDetector:
    return LanguageDetectorBuilder.from_all_languages().with_low_accuracy_mode().build()
