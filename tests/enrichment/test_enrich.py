"""What is found in documents' text, and what becomes of those in languages that their source does not take."""

from __future__ import annotations

from dataclasses import replace

from ray_app import pipeline
from ray_app.enrichment.chunking import name_chunk
from ray_app.models.zero_shot import ZeroShotClassifier
from ray_app.pipeline import Enricher
from ray_app.records import Chunk, Content, Document, FileRef, Mention
from ray_app.settings import ClassificationSettings, LanguageSettings, PrivacySettings

ENGLISH = "The salinity probe drifts when its electrode is dry, and must be calibrated again before use."
DANISH = "Sygemelding skal ske til nærmeste leder senest klokken otte om morgenen, og helst pr. telefon."
ANY = Enricher(LanguageSettings(), PrivacySettings(), {})
DANES = replace(ANY, allowed={"src": ("da", "sv")})


def document(*pages, confidence=1.0, language="en", path="x.txt"):
    chunks = tuple(Chunk(i, text, i + 1, 0, len(text)) for i, text in enumerate(pages))
    content = Content(
        "0" * 64, "text/plain", "A title", "2025-01-01T00:00:00Z", len(pages), True, chunks, language, confidence,
        stemming=language,
    )  # fmt: skip
    return Document(FileRef(f"file:///{path}", path, "src", "t", 1, 0.0), "0" * 64, content)


def enriched(one, enricher=ANY):
    return pipeline.enrich([one], enricher)[0]


def test_each_page_of_several_has_its_language():
    pages = enriched(document(ENGLISH, DANISH, "12 345")).content.page_languages
    assert [(one.page, one.language) for one in pages] == [(1, "en"), (2, "da"), (3, "")]
    assert pages[0].confidence > 0.5 > pages[2].confidence
    assert enriched(document(ENGLISH)).content.page_languages == ()


def test_an_unsure_language_is_not_told_but_its_stems_are_used():
    content = enriched(document(ENGLISH, confidence=0.3)).content
    assert (content.language, content.stemming) == ("", "en")


def test_a_document_in_a_language_that_its_source_does_not_take_is_quarantined_with_the_reason():
    failed = enriched(document(ENGLISH), DANES)
    assert (failed.content, failed.failure.stage, failed.failure.reason) == (None, "language", "language_not_allowed")
    assert failed.failure.detail == "its text is English (confidence 1.00); the source src takes Danish, Swedish"
    assert not failed.failure.passing


def test_what_a_source_takes_and_what_is_too_unsure_to_tell_comes_in():
    assert enriched(document(DANISH, language="da"), DANES).content
    assert enriched(document(ENGLISH, confidence=0.3), DANES).content
    nameless = document(ENGLISH)
    scan = replace(nameless, content=replace(nameless.content, has_text=False, chunks=name_chunk("scan")))
    assert enriched(scan, DANES).content


def test_by_setting_it_is_indexed_without_labels(embedder):
    content = enriched(document(ENGLISH), replace(DANES, languages=LanguageSettings(not_allowed="plain"))).content
    assert (content.plain, content.language) == (True, "en")
    (embedded,) = pipeline.embed_contents([content], embedder)
    classifier = ZeroShotClassifier(embedder, ClassificationSettings())
    assert pipeline.classify_contents([embedded], classifier)[0].labels == ()


def test_what_lies_inside_is_judged_for_itself():
    mail = replace(document(ENGLISH), children=(document(DANISH, language="da", path="x.txt/a"),))
    outer = enriched(mail, DANES)
    assert outer.failure
    assert outer.children[0].content.language == "da"


def test_the_risk_is_the_same_by_what_is_kept_of_names_that_look_alike_masked():
    hidden = PrivacySettings(values="masked")
    names = ("Lise Holm", "Lone Hald", "Lars Hare", "Lise Holm")
    mentions = tuple(Mention("person", 1, 10 * i, 10 * i + 9, name, 0.9, "model") for i, name in enumerate(names))
    content = pipeline.assessed(replace(document(ENGLISH).content, mentions=mentions), hidden)
    kept = pipeline.kept(content, hidden)
    assert [(one.value, one.number) for one in kept.mentions] == [("L. H.", number) for number in (0, 1, 2, 0)]
    again = pipeline.assessed(kept, hidden)
    assert (again.risk, again.reasons) == (content.risk, content.reasons)
    assert again.risk == "personal"


def test_of_very_many_mentions_the_first_are_kept_and_the_kinds_of_all():
    text = "a@example.com, b@example.com, c@example.com; the server is 192.0.2.7."
    few = PrivacySettings(max_mentions=2)
    (document_kept,) = pipeline.for_keeping([enriched(document(text), replace(ANY, privacy=few))], few)
    content = document_kept.content
    assert [one.kind for one in content.mentions] == ["email", "email"]
    assert (content.mentions_found, content.kinds) == (4, ("email", "ip"))
