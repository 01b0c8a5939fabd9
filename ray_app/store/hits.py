"""From passages that match to documents that a person may see: the best passage of each, and its places."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from ray_app.records import Hit
from ray_app.store.collections import CHUNKS, CONTENTS, DOCUMENTS
from ray_app.store.points import labels
from ray_app.store.protocol import AnyOf, Condition, Filter, Found, Payload, Query, Reader

# Passages asked for per wanted document at first; a long document may take many of the best places.
_PER_DOCUMENT = 4
_MOST_PASSAGES = 2000
_MOST_PLACES = 1000
_PASSAGE_FIELDS = ("content", "text", "page", "start", "end")


async def find_hits(store: Reader, query: Query, *, limit: int, places: Sequence[Condition]) -> list[Hit]:
    """The `limit` best documents, best first, without highlights.

    A passage counts only if some place that passes the conditions `places` names its content; the
    passages of unfinished or deleted documents do not.
    """
    wanted = limit * _PER_DOCUMENT
    while True:
        passages = await store.query(
            CHUNKS,
            replace(query, limit=wanted, candidates=max(query.candidates, wanted)),
            fields=_PASSAGE_FIELDS,
        )
        hits = await _documents_of(store, _best_of_each(passages), places)
        if len(hits) >= limit or len(passages) < wanted or wanted >= _MOST_PASSAGES:
            return hits[:limit]
        wanted = min(wanted * 4, _MOST_PASSAGES)


def _best_of_each(passages: Sequence[Found]) -> dict[str, Found]:
    best: dict[str, Found] = {}
    for passage in passages:
        best.setdefault(passage.payload["content"], passage)
    return best


async def _documents_of(store: Reader, best: dict[str, Found], places: Sequence[Condition]) -> list[Hit]:
    if not best:
        return []
    where = Filter([AnyOf("content", sorted(best)), *places])
    (named, _), contents = await asyncio.gather(
        store.scroll(DOCUMENTS, filter=where, limit=_MOST_PLACES, fields=["content", "uri", "source"]),
        store.retrieve(CONTENTS, sorted(best), fields=["title", "labels", "language", "media_type", "date"]),
    )
    places_of: dict[str, list[Found]] = defaultdict(list)
    for place in named:
        places_of[place.payload["content"]].append(place)
    about = {content.id: content.payload for content in contents}
    return [
        _hit(passage, places_of[identity], about[identity])
        for identity, passage in best.items()
        if places_of[identity] and identity in about
    ]


def _hit(passage: Found, places: Sequence[Found], content: Payload) -> Hit:
    ordered = sorted(places, key=lambda place: (place.payload["uri"], place.id))
    first = ordered[0]
    return Hit(
        document_id=first.id,
        uri=first.payload["uri"],
        source=first.payload["source"],
        title=content["title"],
        score=passage.score,
        page=passage.payload["page"],
        start=passage.payload["start"],
        end=passage.payload["end"],
        passage=passage.payload["text"],
        highlights=(),
        labels=labels(content),
        language=content.get("language", ""),
        media_type=content["media_type"],
        date=content["date"],
        places=tuple(place.payload["uri"] for place in ordered),
    )
