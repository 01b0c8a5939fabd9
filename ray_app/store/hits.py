"""From passages that match to documents that a person may see: the best passages of each, and its places."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from ray_app.records import Hit, Passage
from ray_app.store.collections import CHUNKS, CONTENTS, DOCUMENTS
from ray_app.store.fusion import ranked
from ray_app.store.matching import matches
from ray_app.store.points import labels, stemming_of
from ray_app.store.protocol import AnyOf, Condition, Filter, Found, Payload, Query, Reader

# Passages asked for per wanted document at first; a long document may take many of the best places.
_PER_DOCUMENT = 4
# Passages that are looked at for one page of hits at most.
MOST_PASSAGES = 2000
# Places that are asked for at a time, and those of one content that a hit shows: more URIs than anybody reads through.
_PLACES_AT_A_TIME = 1000
_PLACES_SHOWN = 100
PASSAGE_FIELDS = ("content", "text", "page", "start", "end")
CONTENT_FIELDS = (
    "title", "labels", "label", "stated", "language", "stemming", "media_type", "date", "pages", "risk", "kinds",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """Which places a hit may show, and which contents make none.

    A place counts if it passes the conditions `places`, and `exact` together with its content. Contents in
    `left_out` are passed over, and those with a passage that passes `without`, where that says anything.
    """

    places: Sequence[Condition] = ()
    exact: Filter = Filter()
    left_out: Set[str] = frozenset()
    without: Filter = Filter()


async def find_hits(
    store: Reader,
    query: Query,
    *,
    limit: int,
    places: Sequence[Condition] = (),
    seen: Seen | None = None,
    per_document: int = 1,
    at_least: float | None = None,
) -> list[Hit]:
    """The `limit` best documents, best first, each with at most `per_document` passages, without highlights.

    A passage counts only if some place that passes names its content; the passages of unfinished or deleted documents
    do not, nor those whose score is below `at_least`.
    """
    seen = seen or Seen(places)
    wanted = min((limit + len(seen.left_out)) * _PER_DOCUMENT * per_document, MOST_PASSAGES)
    # Merged scores depend on the candidates: as long as they suffice, so many make every page and every limit alike.
    depth = query.candidates
    while True:
        passages = await ranked(store, replace(query, limit=wanted), depth=depth, fields=PASSAGE_FIELDS)
        good = [one for one in passages if at_least is None or one.score >= at_least]
        hits = await hits_of(store, good, seen, limit=limit, per_document=per_document)
        exhausted = len(passages) < min(wanted, depth) or len(good) < len(passages)
        if len(hits) >= limit or exhausted or depth >= MOST_PASSAGES:
            return hits
        wanted = depth = min(max(wanted, depth) * 4, MOST_PASSAGES)


async def hits_of(
    store: Reader, passages: Sequence[Found], seen: Seen, *, limit: int | None = None, per_document: int = 1
) -> list[Hit]:
    """The documents of passages, in their order, that some place which passes names: the first `limit` of them."""
    of_content: dict[str, list[Found]] = defaultdict(list)
    for passage in passages:
        of_content[passage.payload["content"]].append(passage)
    contents = [identity for identity in of_content if identity not in seen.left_out]
    hits: list[Hit] = []
    at_once = limit or len(contents) or 1  # nearly always all have places: no more than are shown are looked at
    for start in range(0, len(contents), at_once):
        hits += await _hits(store, contents[start : start + at_once], of_content, seen, per_document)
        if limit and len(hits) >= limit:
            break
    return hits[:limit]


async def _hits(
    store: Reader, contents: Sequence[str], of_content: Mapping[str, list[Found]], seen: Seen, per_document: int
) -> list[Hit]:
    first, about, unwanted = await asyncio.gather(
        _some_places(store, contents, seen), _about(store, contents), _unwanted(store, contents, seen)
    )
    wanted = {identity: about[identity] for identity in contents if identity in about and identity not in unwanted}
    places = await _places(store, wanted, seen, first)
    return [
        _hit(of_content[identity][:per_document], places[identity], content)
        for identity, content in wanted.items()
        if places[identity]
    ]


async def _places(
    store: Reader, contents: Mapping[str, Payload], seen: Seen, first: tuple[list[Found], str | None]
) -> dict[str, list[Found]]:
    """The places that each of the contents may show, those in `first` and what comes after it.

    Of a content that has as many as are shown no more are asked for: thousands of copies hide no other content.
    """
    places: dict[str, list[Found]] = {identity: [] for identity in contents}
    found, following = first
    while True:
        for place in found:
            here = place.payload["content"]
            if here in places and matches(seen.exact, {**contents[here], **place.payload}):
                places[here].append(place)
        left = [identity for identity in contents if len(places[identity]) < _PLACES_SHOWN]
        if not following or not left:
            return places
        found, following = await _some_places(store, left, seen, offset=following)


async def _some_places(
    store: Reader, contents: Sequence[str], seen: Seen, *, offset: str | None = None
) -> tuple[list[Found], str | None]:
    where = Filter([AnyOf("content", sorted(contents)), *seen.places])
    fields = ["content", "uri", "source", "folders"]
    return await store.scroll(DOCUMENTS, filter=where, limit=_PLACES_AT_A_TIME, offset=offset, fields=fields)


async def _about(store: Reader, contents: Sequence[str]) -> dict[str, Payload]:
    return {one.id: one.payload for one in await store.retrieve(CONTENTS, sorted(contents), fields=CONTENT_FIELDS)}


async def _unwanted(store: Reader, contents: Sequence[str], seen: Seen) -> set[str]:
    """Those of the contents that have a passage which passes `seen.without`."""
    if seen.without.is_empty:
        return set()
    which = seen.without.and_(AnyOf("content", sorted(contents)))
    return {identity for identity, _ in await store.facet(CHUNKS, "content", filter=which, limit=len(contents))}


def _hit(passages: Sequence[Found], places: Sequence[Found], content: Payload) -> Hit:
    ordered = sorted(places, key=lambda place: (place.payload["uri"], place.id))[:_PLACES_SHOWN]
    first = ordered[0]
    return Hit(
        content=passages[0].payload["content"],
        document_id=first.id,
        uri=first.payload["uri"],
        source=first.payload["source"],
        title=content["title"],
        score=passages[0].score,
        passages=tuple(_passage(passage) for passage in passages),
        labels=labels(content),
        language=content.get("language", ""),
        stemming=stemming_of(content),
        media_type=content["media_type"],
        date=content["date"],
        places=tuple(place.payload["uri"] for place in ordered),
    )


def _passage(found: Found) -> Passage:
    return Passage(
        id=found.id,
        text=found.payload["text"],
        page=found.payload["page"],
        start=found.payload["start"],
        end=found.payload["end"],
        score=found.score,
    )
