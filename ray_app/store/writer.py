"""Writes finished documents so that any step may be repeated: passages, then contents, then the places.

The point of a place is the commit: a passage counts only once some place names its content. A place that
names another content than before carries the old one in `sweep`, until `sweep.py` has looked after it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass, replace

from ray_app.records import Document, Failure, Outcome, content_id, walk
from ray_app.store.annotations import apply_stated
from ray_app.store.collections import CHUNKS, CONTENTS, DOCUMENTS
from ray_app.store.notes import NEW, no_others, with_notes
from ray_app.store.points import ancestors, chunk_ids, content_points, document_payload, place_id
from ray_app.store.protocol import AnyOf, Filter, Found, HasId, Payload, Point, Store
from ray_app.store.removal import mark_left_out

# Places that have the contents of a block as well and are looked at: were there more, the sweep looks at all.
_PAGE = 256
_VANISHED = Failure("write", "content_vanished", "another run removed its content meanwhile", passing=True)


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did: the outcome of each document, in order; how many lie inside them; how many passages are new;
    those in quarantine, with the ones inside others.
    """

    outcomes: tuple[Outcome, ...]
    children: int
    chunks: int
    failed: tuple[Document, ...] = ()


async def write_documents(
    store: Store,
    documents: Sequence[Document],
    *,
    run: str,
    pipeline: str,
) -> Written:
    """Indexes or quarantines each document. Repeating it, whole or in part, ends in the same state.

    A place is written after all that lie inside it, so that an archive counts as seen once all of it is.
    """
    everything = list(walk(documents))
    before = await _payloads(store, DOCUMENTS, [place_id(document.ref) for document in everything])
    stored = await _payloads(store, CONTENTS, sorted({_content_of(document) for document in everything} - {""}))
    present = {*stored, *(_content_of(document) for document in everything if document.content)}
    everything = [_checked(document, present) for document in everything]
    fresh, chunks = await _write_contents(store, everything, stored, run, pipeline)
    claimed = await _named(store, stored) | set(fresh)
    outcomes = {}
    places = []
    for document in everything:
        identity = place_id(document.ref)
        outcome = _outcome(document, before.get(identity), fresh, claimed)
        claimed.add(_content_of(document))
        outcomes[identity] = outcome
        payload = document_payload(document, outcome=outcome, run=run, pipeline=pipeline)
        _add_result(payload, document, before.get(identity), stored)
        places.append(Point(identity, payload))
    opened = {place_id(document.ref) for document in everything if not document.failure}
    was_open = {identity for identity in opened if before.get(identity, {}).get("children")}
    await mark_left_out(store, was_open, {place.id for place in places}, run=run)
    await store.upsert(DOCUMENTS, places)
    await withdraw_vanished(store, places)
    await _take_back_notes(store, places, fresh)
    top = tuple(outcomes[place_id(document.ref)] for document in documents)
    failed = tuple(document for document in everything if document.failure)
    return Written(top, len(everything) - len(top), chunks, failed)


async def withdraw_vanished(store: Store, places: Sequence[Point | Found]) -> None:
    """Quarantines places whose content a sweep removed while they were being written; the next run takes them anew."""
    named = {place.payload["content"] for place in places if place.payload.get("content")}
    there = {one.id for one in await store.retrieve(CONTENTS, sorted(named), fields=[])}
    failure = {
        "outcome": Outcome.QUARANTINED.value,
        "stage": _VANISHED.stage,
        "reason": _VANISHED.reason,
        "detail": _VANISHED.detail,
        "pipeline": "",
        "content": None,
        "sha256": None,
    }
    gone = [place.id for place in places if place.payload.get("content") in named - there]
    await store.set_payload(DOCUMENTS, gone, failure)


async def _take_back_notes(store: Store, places: Sequence[Point], fresh: Collection[str]) -> None:
    """Wipes out the notes about new contents that lie in these places alone.

    Two writers that have the same content in work each write it as if it lay in their own places alone, and write it
    before those. So the one whose places come last sees the other's here, and leaves its notes for the sweep.
    """
    new = [place for place in places if place.payload.get("content") in fresh]
    if not new:
        return
    others = Filter([AnyOf("content", sorted(fresh))], must_not=[HasId([place.id for place in new])])
    page, more = await store.scroll(DOCUMENTS, filter=others, limit=_PAGE, fields=["content"])
    if more is None:
        elsewhere = {place.payload["content"] for place in page}
        alone = [place.id for place in new if place.payload["content"] not in elsewhere]
        await store.set_payload(DOCUMENTS, alone, {"sweep": []}, where=no_others([NEW]))


async def _write_contents(
    store: Store,
    documents: Sequence[Document],
    stored: dict[str, Payload],
    run: str,
    pipeline: str,
) -> tuple[dict[str, Document], int]:
    """Writes new contents and their passages, and adds places to known ones.

    Returns the document that brought each new content, and the number of passages.
    """
    groups: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        if not document.failure:
            groups[_content_of(document)].append(document)
    fresh: dict[str, Document] = {}
    contents: list[Point] = []
    passages: list[Point] = []
    for identity, group in groups.items():
        known = stored.get(identity)
        sources, folders = _places(group, known)
        tenant = group[0].ref.tenant
        newest = next((document for document in group if document.content), None)
        if newest and newest.content and (not known or known["pipeline"] != pipeline or known.get("incomplete")):
            whole, parts = content_points(
                newest.content,
                tenant=tenant,
                sources=sources,
                folders=folders,
                run=run,
                pipeline=pipeline,
            )
            fresh[identity] = newest
            contents.append(whole)
            passages.extend(parts)
        elif known and (sources != set(known["sources"]) or folders != set(known["folders"])):
            await set_places(store, identity, known, tenant, sources, folders)
    await store.upsert(CHUNKS, passages)
    await store.upsert(CONTENTS, contents)
    await apply_stated(store, fresh)
    return fresh, len(passages)


async def set_places(
    store: Store, identity: str, content: Payload, tenant: str, sources: set[str], folders: set[str]
) -> None:
    """Says on a content and its passages where it lies."""
    where = {"sources": sorted(sources), "folders": sorted(folders)}
    await store.set_payload(CHUNKS, chunk_ids(content, tenant), where)
    await store.set_payload(CONTENTS, [identity], where)


def _checked(document: Document, present: Set[str]) -> Document:
    """A copy whose original was removed by another run since it was looked up cannot be indexed now."""
    if document.failure or _content_of(document) in present:
        return document
    return replace(document, failure=_VANISHED)


def _outcome(document: Document, before: Payload | None, fresh: dict[str, Document], claimed: Set[str]) -> Outcome:
    """`claimed` are the contents that some place names already."""
    identity = _content_of(document)
    if document.failure:
        return Outcome.QUARANTINED
    if fresh.get(identity) is document:
        return Outcome.INDEXED
    if before and before.get("content") == identity:
        return Outcome.UNCHANGED
    # A content that no place names was left by a run that died before its commit.
    return Outcome.DUPLICATE if identity in claimed else Outcome.INDEXED


def _add_result(payload: Payload, document: Document, before: Payload | None, stored: dict[str, Payload]) -> None:
    old = (before or {}).get("content")
    sweep: set[str] = set()
    if document.failure:
        failure = document.failure
        payload |= {"stage": failure.stage, "reason": failure.reason, "detail": failure.detail}
        if failure.passing:
            payload["pipeline"] = ""  # no version of the pipeline has judged it: the next run tries again
        if old and before:  # the last readable content stays findable
            payload |= {"content": old, "sha256": before["sha256"], "stale": True}
        if before and before.get("children"):
            payload["children"] = before["children"]
    else:
        identity = _content_of(document)
        payload |= {"content": identity, "sha256": document.sha256}
        if old and old != identity:
            sweep.add(old)
        if identity in stored:  # it has several places, or passages of an older pipeline
            sweep.add(identity)
    if payload["outcome"] == Outcome.UNCHANGED and before:
        kept = (Outcome.INDEXED, Outcome.DUPLICATE)  # it waited, or had failed and is as it was before
        payload["outcome"] = before["outcome"] if before["outcome"] in kept else Outcome.INDEXED.value
    payload["sweep"] = with_notes((before or {}).get("sweep"), sweep)
    if not document.failure and _content_of(document) not in stored:
        payload["sweep"].append(NEW)


def _places(group: Sequence[Document], known: Payload | None) -> tuple[set[str], set[str]]:
    sources = {document.ref.source for document in group}
    folders = {folder for document in group for folder in ancestors(document.ref.folder)}
    if known:
        sources |= set(known["sources"])
        folders |= set(known["folders"])
    return sources, folders


def _content_of(document: Document) -> str:
    """The id of its content, "" where it failed before its bytes were known."""
    return content_id(document.ref.tenant, document.sha256) if document.sha256 else ""


async def _payloads(store: Store, collection: str, ids: Sequence[str]) -> dict[str, Payload]:
    return {point.id: point.payload for point in await store.retrieve(collection, ids)}


async def _named(store: Store, contents: Collection[str]) -> set[str]:
    """Those of the contents that some place names."""
    if not contents:
        return set()
    counted = await store.facet(
        DOCUMENTS, "content", filter=Filter([AnyOf("content", sorted(contents))]), limit=len(contents)
    )
    return {identity for identity, _ in counted}
