"""The language a text is written in, by lingua's n-gram models."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from lingua import Language, LanguageDetector, LanguageDetectorBuilder

from ray_app.records import Page, PageLanguage

# Enough for certainty: of 145 documents none is told otherwise by twice as much, and the time is proportional to it
# (about 4 ms).
SAMPLE_CHARS = 1000
# Of each page of many: two milliseconds, a small part of what reading a page takes.
_PAGE_CHARS = 500


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


def sure_language(text: str, min_confidence: float) -> str:
    """The language of the text's beginning, "" where it is less sure than that."""
    found = detect(text)
    return found.language if found.confidence >= min_confidence else ""


def detect_pages(pages: Iterable[Page], *, min_confidence: float) -> tuple[PageLanguage, ...]:
    """The language of each page, "" where it is less sure than that."""
    found = ((page.number, detect(page.text.strip()[:_PAGE_CHARS])) for page in pages)
    return tuple(
        PageLanguage(number, one.language if one.confidence >= min_confidence else "", round(one.confidence, 3))
        for number, one in found
    )


def name_of(code: str) -> str:
    """The English name of a language's code, such as German for de; the code itself where it is none."""
    return next((one.name.title() for one in Language.all() if one.iso_code_639_1.name.lower() == code), code)


@cache
def _detector() -> LanguageDetector:
    return LanguageDetectorBuilder.from_all_languages().with_low_accuracy_mode().build()
