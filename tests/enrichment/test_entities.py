"""Rules and a finder of names together."""

from __future__ import annotations

from ray_app.enrichment.entities import find
from ray_app.records import Mention, Page


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


def test_without_a_finder_only_rules_speak():
    (found,) = find((Page(1, "Bo Dam, 070761-4285"),))
    assert [one.kind for one in found] == ["dk.cpr"]
    assert find(()) == []
