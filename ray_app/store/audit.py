"""The audit log: who changed what, when, by which request. It holds names and ids, never what a document says.

An entry's id counts down from the end of time, so that the store's own order of ids is the latest first: pages need no
sorting, and an entry that is written meanwhile moves none.
"""

from __future__ import annotations

import secrets
import time

from pydantic import BaseModel, ConfigDict

from ray_app.store.collections import REGISTRY
from ray_app.store.points import id_counting_down, iso
from ray_app.store.protocol import AnyOf, Filter, Point, Reader, Store

_KIND = "audit"
_DAY_S = 86_400
# Old entries that are removed with each new one: more than are added.
_REMOVED_AT_ONCE = 16


class AuditEntry(BaseModel):
    """One change. `who` is a caller's id with its name, `what` a verb such as `key.create`, `which` the id of the
    thing; `at` is ISO 8601, UTC.
    """

    model_config = ConfigDict(frozen=True)

    tenant: str
    who: str
    what: str
    which: str
    at: str = ""
    request: str = ""
    detail: str = ""


async def write_entry(store: Store, entry: AuditEntry, *, keep_days: int) -> None:
    """Adds an entry with the time of now, and removes some that are older than `keep_days`."""
    await store.run(_write, entry, keep_days)


async def _write(store: Store, entry: AuditEntry, keep_days: int) -> None:
    at = time.time()
    payload = {"kind": _KIND, **entry.model_copy(update={"at": iso(at)}).model_dump()}
    await store.upsert(REGISTRY, [Point(id_counting_down(at, secrets.randbits(64)), payload)])
    too_old = id_counting_down(at - keep_days * _DAY_S, 0)
    old, _ = await store.scroll(
        REGISTRY, filter=_of_tenant(entry.tenant), limit=_REMOVED_AT_ONCE, offset=too_old, fields=[]
    )
    if old:
        await store.delete(REGISTRY, [one.id for one in old])


async def entries(
    store: Reader, tenant: str, *, limit: int, cursor: str | None = None
) -> tuple[list[AuditEntry], str | None]:
    """A page of a tenant's log, the latest first, and the cursor of the next page (None at the end)."""
    found, following = await store.scroll(REGISTRY, filter=_of_tenant(tenant), limit=limit, offset=cursor)
    return [AuditEntry.model_validate(one.payload) for one in found], following


def _of_tenant(tenant: str) -> Filter:
    return Filter([AnyOf("kind", [_KIND]), AnyOf("tenant", [tenant])])
