"""What a document's pages name: identifiers by rules, and persons, organisations and places where a model is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from ray_app.enrichment.identifiers import REGIONS, find_identifiers
from ray_app.enrichment.identifiers.overlaps import keep_best
from ray_app.records import Mention, Page

# What name finders find.
NAMES = ("person", "organisation", "place")


class NameFinder(Protocol):
    """Finds persons, organisations and places."""

    @property
    def name(self) -> str:
        """Which model it is; it becomes the mentions' `found_by`."""
        ...

    def find(self, texts: Sequence[str]) -> list[list[Mention]]:
        """The mentions of each text, in its order. Their `page` is not looked at. Raises ModelError."""


def find(pages: Sequence[Page], names: NameFinder | None = None, *, regions: Sequence[str] = REGIONS) -> list[Mention]:
    """Mentions that do not overlap, page by page in the text's order; where a name overlaps an identifier, it is none.

    `regions` are countries (ISO 3166) whose telephone numbers count without a country code. Raises ModelError.
    """
    named: list[list[Mention]] = names.find([page.text for page in pages]) if names else [[] for _ in pages]
    found: list[Mention] = []
    for page, some in zip(pages, named, strict=True):
        identifiers = find_identifiers(page.text, page.number, regions)
        kept = keep_best((replace(one, page=page.number) for one in some), taken=identifiers)
        found += sorted(identifiers + kept, key=lambda one: one.start)
    return found
