"""Personal data in the text of a stored document, found when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from typing import NamedTuple

from ray_app.enrichment.entities import find
from ray_app.pipeline import Enricher
from ray_app.records import Page

# Kinds that name nobody: a text without them would say little. What a url has of somebody is a mention of its own.
IMPERSONAL = frozenset({"organisation", "place", "url", "vat", "dk.cvr", "br.cnpj"})
# Characters around a part that are read with it: what stands across its border is found whole, and evidence beside it.
_AROUND = 1000


class Part(NamedTuple):
    """What is shown of a page, from a character to before another."""

    page: int
    start: int
    end: int


class Span(NamedTuple):
    """What tells of somebody on a page, and its kind."""

    start: int
    end: int
    kind: str


def spans_of(pages: Sequence[Page], parts: Sequence[Part], enricher: Enricher, keep: Set[str]) -> list[list[Span]]:
    """What tells of somebody in each part, cut at its borders, but for the kinds to `keep`; watched people are persons.

    `pages` are all of the document: a watched surname alone counts where the full name stands anywhere.
    """
    texts = {page.number: page for page in pages}
    firsts = [max(0, part.start - _AROUND) for part in parts]
    around = [
        replace(texts[part.page], text=texts[part.page].text[first : part.end + _AROUND])
        for part, first in zip(parts, firsts, strict=True)
    ]
    watched = enricher.watched.find_in(pages) if enricher.watched else []
    spans = []
    for part, first, mentions in zip(parts, firsts, find(around, enricher.names), strict=True):
        found = [Span(first + one.start, first + one.end, one.kind) for one in mentions]
        found = [one for one in found if one.kind not in IMPERSONAL | keep]
        found += [Span(one.start, one.end, "person") for one in watched if one.page == part.page]
        spans.append(
            [
                Span(max(one.start, part.start), min(one.end, part.end), one.kind)
                for one in found
                if one.start < part.end and part.start < one.end
            ]
        )
    return spans
