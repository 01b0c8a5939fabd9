"""Stored contents that are worked on again: which they are, what they say, and how the result is written."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from ray_app.records import Chunk, Content, Outcome, content_id
from ray_app.store.annotations import apply_stated
from ray_app.store.collections import CHUNKS, CONTENTS, DOCUMENTS
from ray_app.store.lookup import places_of
from ray_app.store.personal import (
    found_fields,
    mentions_of,
    personal_fields,
    reason_fields,
    reasons_of,
    watched_fields,
    watched_of,
    words_of,
)
from ray_app.store.points import EMBEDDING, chunk_ids, judged_fields
from ray_app.store.protocol import AnyOf, Filter, Order, Payload, Store

_CHUNK_FIELDS = ("ordinal", "text", "page", "start", "end")
# What the ids of a content's passages are made of.
_NAMES = ("sha256", "pipeline", "chunks")


async def latest(store: Store, which: Filter, *, limit: int) -> list[str]:
    """The ids of the contents that pass, those with the latest date first.

    Those whose date the engine cannot read come last: it leaves them out where it orders. Older versions wrote some.
    """
    order = Order("date", descending=True)
    found, _ = await store.scroll(CONTENTS, filter=which, limit=limit, order=order, fields=[])
    if not found:
        found, _ = await store.scroll(CONTENTS, filter=which, limit=limit, fields=[])
    return [one.id for one in found]


def pending_of(tenant: str) -> Filter:
    """Contents without vectors."""
    return Filter([AnyOf("tenant", [tenant]), AnyOf("pending", [EMBEDDING])])


async def with_vectors(store: Store, tenant: str, contents: Sequence[Content]) -> list[Content]:
    """The contents with the vectors that the index holds; those without, or replaced meanwhile, are left out."""
    identities = [content_id(tenant, content.sha256) for content in contents]
    stored = {one.id: one.payload for one in await store.retrieve(CONTENTS, identities, fields=_NAMES)}
    found = []
    for identity, content in zip(identities, contents, strict=True):
        ids = chunk_ids(stored[identity], tenant) if identity in stored else []
        vectors = await store.vectors(CHUNKS, ids)
        if ids and len(vectors) == len(ids) == len(content.chunks):
            found.append(replace(content, vectors=np.stack([vectors[one] for one in ids])))
    return found


async def read_contents(store: Store, tenant: str, ids: Sequence[str]) -> list[Content]:
    """The contents with their passages, as they were cut; those that are gone meanwhile are left out."""
    found = {one.id: one.payload for one in await store.retrieve(CONTENTS, ids)}
    wanted = [identity for payload in found.values() for identity in chunk_ids(payload, tenant)]
    passages: dict[str, list[Chunk]] = defaultdict(list)
    for one in await store.retrieve(CHUNKS, wanted, fields=[*_CHUNK_FIELDS, "content"]):
        passages[one.payload["content"]].append(Chunk(**{name: one.payload[name] for name in _CHUNK_FIELDS}))
    return [
        _content(found[identity], sorted(passages[identity], key=lambda chunk: chunk.ordinal))
        for identity in ids
        if passages[identity]
    ]


async def complete(store: Store, tenant: str, contents: Sequence[Content]) -> int:
    """Writes the vectors and labels, and the risk that follows, of contents that `read_contents` gave.

    Returns how many passages got theirs.
    """
    identities = [content_id(tenant, content.sha256) for content in contents]
    stored = {
        one.id: one.payload
        for one in await store.retrieve(CONTENTS, identities, fields=["sha256", "pipeline", "chunks"])
    }
    judged: dict[tuple[str, str], list[str]] = defaultdict(list)
    passages: list[str] = []
    vectors = []
    for identity, content in zip(identities, contents, strict=True):
        ids = chunk_ids(stored[identity], tenant) if identity in stored else []
        if content.vectors is None or len(ids) != len(content.vectors):
            continue  # it was replaced meanwhile, and got its vectors with that
        passages += ids
        vectors.append(content.vectors)
        if content.labels:
            judged[content.labels[0].label, content.risk] += ids
    if passages:
        await store.set_dense(CHUNKS, passages, np.concatenate(vectors))
    for (label, risk), ids in judged.items():
        await store.set_payload(CHUNKS, ids, {"label": [label], **({"risk": risk} if risk else {})})
    for identity, content in zip(identities, contents, strict=True):
        await store.set_payload(CONTENTS, [identity], _completed(content))
    await apply_stated(store, identities)
    return len(passages)


async def write_labels(store: Store, tenant: str, contents: Sequence[Content], *, judged_by: str) -> int:
    """Writes the labels of stored contents, and what they say of the risk, and nothing else; returns how many passages.

    What people stated goes on to count.
    """
    touched = 0
    for identity, ids, content in await _still_there(store, tenant, contents):
        judged = judged_fields(content.labels)
        fields: Payload = {**judged, "judged_by": judged_by, **found_fields(content), **reason_fields(content)}
        await store.set_payload(CHUNKS, ids, {"label": judged.get("label", []), **found_fields(content)})
        await store.set_payload(CONTENTS, [identity], fields)
        touched += len(ids)
    await apply_stated(store, [content_id(tenant, content.sha256) for content in contents])
    return touched


async def write_personal(store: Store, tenant: str, contents: Sequence[Content]) -> int:
    """Writes the personal data that was found in stored contents, and nothing else; returns how many passages."""
    touched = 0
    for identity, ids, content in await _still_there(store, tenant, contents):
        await store.set_payload(CHUNKS, ids, found_fields(content))
        await store.set_payload(CONTENTS, [identity], personal_fields(content))
        touched += len(ids)
    return touched


async def write_watched(store: Store, tenant: str, contents: Sequence[Content]) -> None:
    """Writes which watched people stored contents name, and the risk that follows, and nothing else."""
    for identity, ids, content in await _still_there(store, tenant, contents):
        await store.set_payload(CHUNKS, ids, found_fields(content))
        fields = {**watched_fields(content.watched), **found_fields(content), **reason_fields(content)}
        await store.set_payload(CONTENTS, [identity], fields)


async def _still_there(store: Store, tenant: str, contents: Sequence[Content]) -> list[tuple[str, list[str], Content]]:
    """Contents with their ids and those of their passages, as they are now."""
    identities = [content_id(tenant, content.sha256) for content in contents]
    stored = {one.id: one.payload for one in await store.retrieve(CONTENTS, identities, fields=_NAMES)}
    return [
        (identity, chunk_ids(stored[identity], tenant), content)
        for identity, content in zip(identities, contents, strict=True)
        if identity in stored
    ]


async def give_up(store: Store, tenant: str, hashes: Collection[str], *, stage: str, detail: str) -> None:
    """Quarantines the places of contents that the model cannot take; they stay findable by their words."""
    for sha256 in hashes:
        identity = content_id(tenant, sha256)
        failure = {"outcome": Outcome.QUARANTINED.value, "stage": stage, "reason": "error", "detail": detail}
        places = await places_of(store, [identity], fields=[])
        await store.set_payload(DOCUMENTS, [place.id for place in places], failure)
        await store.set_payload(CONTENTS, [identity], {"pending": [], "incomplete": True})


def _completed(content: Content) -> Payload:
    if not content.labels:
        return {"pending": []}
    return {"pending": [], **judged_fields(content.labels), **found_fields(content), **reason_fields(content)}


def _content(payload: Payload, chunks: Sequence[Chunk]) -> Content:
    return Content(
        sha256=payload["sha256"],
        media_type=payload["media_type"],
        title=payload["title"],
        date=payload["date"],
        page_count=payload["pages"],
        has_text=payload["has_text"],
        chunks=tuple(chunks),
        language=payload.get("language", ""),
        language_confidence=payload["language_confidence"],
        children=payload.get("children", 0),
        stemming=payload.get("stemming", ""),
        plain=payload.get("plain", False),
        signature=base64.b64decode(payload.get("signature", "")),
        mentions=tuple(mentions_of(payload)),
        mentions_found=payload.get("mentions_found", 0),
        kinds=tuple(payload.get("kinds", ())),
        words=tuple(words_of(payload)),
        watched=tuple(watched_of(payload)),
        risk=payload.get("risk", ""),
        reasons=tuple(reasons_of(payload)),
        searched_by=payload.get("searched_by", ""),
    )
