"""Personal data in the text of a stored document, found when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence, Set

from ray_app.enrichment.entities import find
from ray_app.pipeline import Enricher
from ray_app.records import Page

# Kinds that name nobody: a text without them would say little.
IMPERSONAL = frozenset({"organisation", "place", "url", "vat", "dk.cvr", "br.cnpj"})


def spans_of(pages: Sequence[Page], enricher: Enricher, keep: Set[str]) -> dict[int, list[tuple[int, int, str]]]:
    """Start, end and kind of all on each page that tells of somebody; watched people are persons."""
    spans: dict[int, list[tuple[int, int, str]]] = {page.number: [] for page in pages}
    for mentions in find(pages, enricher.names):
        for mention in mentions:
            if mention.kind not in IMPERSONAL | keep:
                spans[mention.page].append((mention.start, mention.end, mention.kind))
    for match in enricher.watched.find_in(pages) if enricher.watched else ():
        spans[match.page].append((match.start, match.end, "person"))
    return spans
