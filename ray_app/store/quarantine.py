"""Documents that could not be indexed: which they are, why, and how they are given another try."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence

from ray_app.errors import NotFoundError
from ray_app.records import FileRef, Outcome
from ray_app.store.collections import DOCUMENTS
from ray_app.store.protocol import AnyOf, Condition, Filter, Found, Payload, Reader, Store

_PAGE = 500
# How `FileRef.version` is written; a time before 1970 is negative.
_VERSION = re.compile(r"(\d+)-(-?[\d.]+)-(.*)", re.DOTALL)
# Distinct reasons are few: they are stable codes.
_REASONS = 200


async def quarantined(
    store: Store,
    tenant: str,
    *,
    limit: int,
    offset: str | None = None,
    reason: str | None = None,
    source: str | None = None,
) -> tuple[list[Found], str | None]:
    """A page of the documents that could not be indexed, with stage, reason and detail."""
    which = _which(tenant, reason=reason, source=source)
    return await store.scroll(DOCUMENTS, filter=which, limit=limit, offset=offset)


async def all_quarantined(
    store: Store, tenant: str, *, reason: str | None = None, source: str | None = None
) -> AsyncIterator[Found]:
    """All of them, however many: they are read page by page."""
    offset = None
    while True:
        page, offset = await quarantined(store, tenant, limit=_PAGE, offset=offset, reason=reason, source=source)
        for one in page:
            yield one
        if offset is None:
            return


async def reasons(store: Store, tenant: str, *, reason: str | None = None, source: str | None = None) -> Counter[str]:
    """How many documents are in quarantine for each reason."""
    which = _which(tenant, reason=reason, source=source)
    return Counter(dict(await store.facet(DOCUMENTS, "reason", filter=which, limit=_REASONS)))


async def stages_and_reasons(store: Reader, *, source: str | None = None) -> Counter[tuple[str, str]]:
    """How many documents that the reader shows failed at each stage for each reason."""
    which = Filter([AnyOf("outcome", [Outcome.QUARANTINED.value]), *([AnyOf("source", [source])] if source else [])])
    counted: Counter[tuple[str, str]] = Counter()
    for stage, _ in await store.facet(DOCUMENTS, "stage", filter=which, limit=_REASONS):
        at_stage = which.and_(AnyOf("stage", [stage]))
        for reason, count in await store.facet(DOCUMENTS, "reason", filter=at_stage, limit=_REASONS):
            counted[stage, reason] = count
    return counted


async def find_places(store: Store, tenant: str, id_or_uri: str) -> list[Found]:
    """The documents that a person means: one by its id, or those of all sources with this URI.

    Raises NotFoundError where there is none.
    """
    if _is_id(id_or_uri):
        found = [one for one in await store.retrieve(DOCUMENTS, [id_or_uri]) if one.payload["tenant"] == tenant]
    else:
        at_or_below = Filter([AnyOf("tenant", [tenant]), AnyOf("ancestors", [id_or_uri])])
        # A folder's documents come before or after the one that is meant: read on until it is there.
        found, offset = [], None
        while True:
            page, offset = await store.scroll(DOCUMENTS, filter=at_or_below, limit=_PAGE, offset=offset)
            found += [one for one in page if one.payload["uri"] == id_or_uri]
            if offset is None:
                break
    if not found:
        raise NotFoundError(f"no document {id_or_uri!r} is in the index: name its id or its whole URI")
    return found


async def outermost(store: Store, places: Sequence[Found]) -> list[Found]:
    """The documents themselves, or those that they lie in: only these can be read from a source. Each once."""
    tops: dict[str, Found] = {}
    inner = list(places)
    while inner:
        tops |= {one.id: one for one in inner if "parent" not in one.payload}
        above = {one.payload["parent"] for one in inner if "parent" in one.payload}
        inner = []
        for start in range(0, len(above), _PAGE):
            inner += await store.retrieve(DOCUMENTS, sorted(above)[start : start + _PAGE])
    return list(tops.values())


async def forget_verdict(store: Store, places: Sequence[Found]) -> None:
    """Makes the documents count as changed: the next run that lists them takes them through the pipeline again."""
    for start in range(0, len(places), _PAGE):
        await store.set_payload(DOCUMENTS, [one.id for one in places[start : start + _PAGE]], {"pipeline": ""})


def stored_ref(payload: Payload) -> FileRef:
    """The file as it was when it was listed last."""
    size, modified, etag = _VERSION.fullmatch(payload["version"]).groups()  # type: ignore[union-attr]
    return FileRef(
        uri=payload["uri"],
        path=payload["path"],
        source=payload["source"],
        tenant=payload["tenant"],
        size=int(size),
        modified=float(modified),
        etag=etag,
    )


def _which(tenant: str, *, reason: str | None, source: str | None) -> Filter:
    conditions: list[Condition] = [AnyOf("tenant", [tenant]), AnyOf("outcome", [Outcome.QUARANTINED.value])]
    if reason:
        conditions.append(AnyOf("reason", [reason]))
    if source:
        conditions.append(AnyOf("source", [source]))
    return Filter(conditions)


def _is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
