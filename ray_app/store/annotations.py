"""What people stated about contents: the labels that they gave. The index never overwrites it, and training reads it.

A statement is a point of its own, and none is ever changed: a correction is a later one. Statements stay when a
document vanishes from its place, and go when a person erases it. Ids count down from the end of time, as those of the
audit log: the latest comes first.

Whoever writes a content calls `apply_stated` after it, and a person's statement is written before it is applied. So
whichever comes last, the statement counts.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Sequence

from pydantic import BaseModel, ConfigDict

from ray_app.store.collections import ANNOTATIONS, CHUNKS, CONTENTS
from ray_app.store.paging import scroll_all
from ray_app.store.points import chunk_ids, id_counting_down, iso_ms, label_fields
from ray_app.store.protocol import AnyOf, Filter, Payload, Point, Reader, Store

_KIND = "labels"
_PAGE = 256


class Stated(BaseModel):
    """One statement: these are the content's labels; none withdraws what was stated before.

    `who` is a caller's id with its name, `at` ISO 8601 in UTC. `before` is what the index said until then.
    """

    model_config = ConfigDict(frozen=True)

    tenant: str
    content: str
    labels: tuple[str, ...]
    who: str
    at: str = ""
    before: tuple[str, ...] = ()


async def state_labels(store: Store, stated: Stated) -> Stated:
    """Adds the statement with the time of now, and lets it count; returns it. Runs beside the index.

    A content that is not there (any more) keeps the statement for when it comes.
    """
    return await store.run(_state, stated)


async def history(store: Reader, content: str) -> list[Stated]:
    """All that was ever stated about a content, the latest first."""
    return [Stated.model_validate(one.payload) for one in await scroll_all(store, ANNOTATIONS, _about([content]))]


async def forget_stated(store: Store, contents: Collection[str]) -> None:
    """Removes all that was stated about contents that are erased."""
    while contents:
        page, _ = await store.scroll(ANNOTATIONS, filter=_about(contents), limit=_PAGE, fields=[])
        if not page:
            return
        await store.delete(ANNOTATIONS, [one.id for one in page])


async def apply_stated(store: Store, contents: Collection[str]) -> None:
    """Lets what people stated count on these contents: on all that have just been written."""
    for identity, stated in (await _latest(store, contents)).items():
        await _apply(store, identity, stated.labels)


async def count_stated(store: Reader, tenant: str, *, since: str = "") -> int:
    """How many contents people stated the labels of, last at this time (ISO 8601) or later."""
    return sum(one.at >= since for one in (await _all_stated(store, tenant)).values())


async def stated_contents(store: Reader, tenant: str) -> dict[str, tuple[str, ...]]:
    """The ids of all contents whose labels people stated, with those labels."""
    return {identity: stated.labels for identity, stated in (await _all_stated(store, tenant)).items() if stated.labels}


async def _all_stated(store: Reader, tenant: str) -> dict[str, Stated]:
    return await _last(store, Filter([AnyOf("kind", [_KIND]), AnyOf("tenant", [tenant])]))


async def _state(store: Store, stated: Stated) -> Stated:
    found = await store.retrieve(CONTENTS, [stated.content], fields=["label"])
    before = (found[0].payload.get("label") or []) if found else []
    at = time.time()
    made = stated.model_copy(
        update={"at": iso_ms(at), "before": (before,) if isinstance(before, str) else tuple(before)}
    )
    payload = {"kind": _KIND, **made.model_dump()}
    await store.upsert(ANNOTATIONS, [Point(id_counting_down(at, secrets.randbits(64)), payload)])
    await _apply(store, stated.content, (await _latest(store, [stated.content]))[stated.content].labels)
    return made


async def _apply(store: Store, content: str, stated: Sequence[str]) -> None:
    found = await store.retrieve(CONTENTS, [content], fields=["labels", "tenant", "sha256", "pipeline", "chunks"])
    for one in found:
        fields = label_fields(one.payload.get("labels", []), stated)
        shown: Payload = {"label": fields["label"]}
        await store.set_payload(CHUNKS, chunk_ids(one.payload, one.payload["tenant"]), shown)
        await store.set_payload(CONTENTS, [content], fields)


async def _latest(store: Reader, contents: Collection[str]) -> dict[str, Stated]:
    """Of each content that people said something of, what they said last."""
    return await _last(store, _about(contents)) if contents else {}


async def _last(store: Reader, which: Filter) -> dict[str, Stated]:
    latest: dict[str, Stated] = {}
    for one in await scroll_all(store, ANNOTATIONS, which):
        latest.setdefault(one.payload["content"], Stated.model_validate(one.payload))
    return latest


def _about(contents: Collection[str]) -> Filter:
    return Filter([AnyOf("kind", [_KIND]), AnyOf("content", sorted(contents))])
