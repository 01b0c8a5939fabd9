"""Contents whose vectors and labels were left for later: which they are, what they say, and how they are completed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

import numpy as np

from ray_app.records import Chunk, Content, Outcome, content_id
from ray_app.store.annotations import apply_stated
from ray_app.store.collections import CHUNKS, CONTENTS, DOCUMENTS
from ray_app.store.personal import mentions_of, reasons_of, watched_of, words_of
from ray_app.store.points import EMBEDDING, chunk_ids, judged_fields
from ray_app.store.protocol import AnyOf, Filter, Order, Payload, Store

_CHUNK_FIELDS = ("ordinal", "text", "page", "start", "end")
_PAGE = 1000


async def pending(store: Store, tenant: str, *, limit: int) -> list[str]:
    """The ids of the contents without vectors, those with the latest date first."""
    found, _ = await store.scroll(
        CONTENTS, filter=_pending_of(tenant), limit=limit, order=Order("date", descending=True), fields=[]
    )
    return [one.id for one in found]


async def count_pending(store: Store, tenant: str) -> int:
    """How many contents have no vectors yet."""
    return await store.count(CONTENTS, _pending_of(tenant))


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
    """Writes the vectors and labels of contents that `read_contents` gave; returns how many passages got theirs."""
    identities = [content_id(tenant, content.sha256) for content in contents]
    stored = {
        one.id: one.payload
        for one in await store.retrieve(CONTENTS, identities, fields=["sha256", "pipeline", "chunks"])
    }
    by_label: dict[str, list[str]] = defaultdict(list)
    passages: list[str] = []
    vectors = []
    for identity, content in zip(identities, contents, strict=True):
        ids = chunk_ids(stored[identity], tenant) if identity in stored else []
        if content.vectors is None or len(ids) != len(content.vectors):
            continue  # it was replaced meanwhile, and got its vectors with that
        passages += ids
        vectors.append(content.vectors)
        if content.labels:
            by_label[content.labels[0].label] += ids
    if passages:
        await store.set_dense(CHUNKS, passages, np.concatenate(vectors))
    for label, ids in by_label.items():
        await store.set_payload(CHUNKS, ids, {"label": [label]})
    for identity, content in zip(identities, contents, strict=True):
        await store.set_payload(CONTENTS, [identity], _completed(content))
    await apply_stated(store, identities)
    return len(passages)


async def give_up(store: Store, tenant: str, hashes: Collection[str], *, stage: str, detail: str) -> None:
    """Quarantines the places of contents that the model cannot take; they stay findable by their words."""
    for sha256 in hashes:
        identity = content_id(tenant, sha256)
        failure = {"outcome": Outcome.QUARANTINED.value, "stage": stage, "reason": "error", "detail": detail}
        places, _ = await store.scroll(DOCUMENTS, filter=Filter([AnyOf("content", [identity])]), limit=_PAGE, fields=[])
        await store.set_payload(DOCUMENTS, [place.id for place in places], failure)
        await store.set_payload(CONTENTS, [identity], {"pending": [], "incomplete": True})


def _pending_of(tenant: str) -> Filter:
    return Filter([AnyOf("tenant", [tenant]), AnyOf("pending", [EMBEDDING])])


def _completed(content: Content) -> Payload:
    return {"pending": [], **(judged_fields(content.labels) if content.labels else {})}


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
        mentions=tuple(mentions_of(payload)),
        words=tuple(words_of(payload)),
        watched=tuple(watched_of(payload)),
        risk=payload.get("risk", ""),
        reasons=tuple(reasons_of(payload)),
    )
