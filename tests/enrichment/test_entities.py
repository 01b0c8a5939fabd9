"""Rules and a finder of names together."""

from __future__ import annotations

from ray_app.enrichment.entities import find
from ray_app.enrichment.privacy.risk import assess
from ray_app.findings import Risk
from ray_app.records import Mention, Page
from ray_app.settings.privacy import PrivacySettings


class Listed:
    """Knows some names by heart."""

    method = "list"

    def __init__(self, **kinds):
        self.kinds = kinds

    def find(self, texts):
        return [[one for name, kind in self.kinds.items() if (one := self._named(text, name, kind))] for text in texts]

    def _named(self, text, name, kind):
        start = text.find(name)
        return Mention(kind, 0, start, start + len(name), name.lower(), 0.8, self.method) if start >= 0 else None


def test_names_and_identifiers_stand_in_the_order_of_the_text():
    pages = (Page(1, "Bo: bo@dam.dk"), Page(4, "tlf. 20573648, Ida i Aarhus"))
    first, second = find(pages, Listed(Bo="person", Ida="person", Aarhus="place"))
    assert [(one.page, one.kind, one.value) for one in first] == [(1, "person", "bo"), (1, "email", "bo@dam.dk")]
    assert [(one.page, one.kind, one.value) for one in second] == [
        (4, "phone", "+4520573648"),
        (4, "person", "ida"),
        (4, "place", "aarhus"),
    ]


def test_an_identifier_wins_over_a_name():
    (found,) = find((Page(1, "skriv til lund@firma.dk"),), Listed(lund="person"))
    assert [one.kind for one in found] == ["email"]


def test_a_name_in_a_web_address_is_none_wherever_identifiers_are_in_it():
    text = "https://firma.dk/?cpr=070761-4285&name=Lund and Ida"
    (found,) = find((Page(1, text),), Listed(Lund="person", Ida="person"))
    assert [one.kind for one in found] == ["url", "dk.cpr", "person"]
    assert text[found[-1].start : found[-1].end] == "Ida"


def test_personal_data_in_a_web_address_is_a_risk():
    (found,) = find((Page(1, "https://firma.dk/?cpr=070761-4285"),))
    assert assess(found, [], [], [], PrivacySettings()).risk == Risk.SENSITIVE
    (found,) = find((Page(1, "https://firma.dk/?id=0707614285"),))
    assert assess(found, [], [], [], PrivacySettings()).risk == Risk.NONE


def test_without_a_finder_only_rules_speak():
    (found,) = find((Page(1, "Bo Dam, 070761-4285"),))
    assert [one.kind for one in found] == ["dk.cpr"]
    assert find(()) == []
