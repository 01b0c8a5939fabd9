"""What of a text is blackened, and what stays."""

from __future__ import annotations

from types import SimpleNamespace

from ray_app.enrichment.privacy.masking import redact
from ray_app.enrichment.privacy.matcher import compile_watchlist
from ray_app.findings import WatchedPerson
from ray_app.records import Page
from ray_app.serving.personal import Part, spans_of

TEXT = "Reset: https://firma.dk/reset?email=anna.jensen@firma.dk&cpr=070761-4285 or www.firma.dk/help"


def redacted(text, *, keep=(), watched=()):
    matcher = compile_watchlist(list(watched), min_confidence=0.3) if watched else None
    enricher, whole = SimpleNamespace(names=None, watched=matcher), Part(1, 0, len(text))
    (spans,) = spans_of([Page(1, text)], [whole], enricher, frozenset(keep))
    return redact(text, spans)


def test_personal_data_goes_out_of_a_web_address_that_stays():
    wanted = "Reset: https://firma.dk/reset?email=[email]&cpr=[dk.cpr] or www.firma.dk/help"
    assert redacted(TEXT) == wanted
    assert redacted(TEXT, keep=["dk.cpr"]) == wanted.replace("[dk.cpr]", "070761-4285")


def test_a_watched_person_s_address_inside_a_web_address_is_one_span_with_the_rules_own():
    person = WatchedPerson("1", "Anna Jensen", emails=("anna.jensen@firma.dk",))
    assert redacted(TEXT, keep=["dk.cpr", "email"], watched=[person]) == TEXT.replace(
        "anna.jensen@firma.dk", "[person]"
    )
    assert redacted(TEXT, watched=[person]).startswith("Reset: https://firma.dk/reset?email=[email]&cpr=[dk.cpr] or")
