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


def find(
    pages: Sequence[Page], names: NameFinder | None = None, *, regions: Sequence[str] = REGIONS
) -> list[list[Mention]]:
    """Each page's mentions, in its order; where a name overlaps an identifier, it is none.

    They do not overlap, but for identifiers inside a web address, which follow it.

    Pages of many documents together are faster: a model works on what it is given side by side. `regions` are countries
    (ISO 3166) whose telephone numbers count without a country code. Raises ModelError.
    """
    named: list[list[Mention]] = names.find([page.text for page in pages]) if names else [[] for _ in pages]
    return [_of_page(page, some, regions) for page, some in zip(pages, named, strict=True)]


def _of_page(page: Page, names: Sequence[Mention], regions: Sequence[str]) -> list[Mention]:
    identifiers = find_identifiers(page.text, page.number, regions)
    kept = keep_best((replace(one, page=page.number) for one in names), taken=identifiers)
    return sorted(identifiers + kept, key=lambda one: one.start)
