"""The watch list: people whose mentions a tenant looks for, and which changes of it the index has yet to follow."""

from __future__ import annotations

import time
import uuid
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ray_app.errors import NotFoundError
from ray_app.findings import WatchedPerson
from ray_app.records import record_id
from ray_app.store.collections import REGISTRY
from ray_app.store.paging import scroll_all
from ray_app.store.points import iso, now
from ray_app.store.protocol import AnyOf, Filter, Payload, Point, Reader, Store

_KIND = "watched"
# How long it is remembered that someone was removed: longer than a run lives that may still look for them.
_REMEMBERED_S = 30 * 86_400
# Tenants that are seen to at a time; the others are as soon as these are done.
_MOST_TENANTS = 100


class Watched(BaseModel):
    """Someone on the watch list. Times are ISO 8601, UTC.

    `state` is pending until the documents were looked through for what a change means; `before` is then how the person
    was looked for until now, None for one who was not. Of a `removed` one the id alone stays when that is done:
    a run that began before may still write that they were found.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    tenant: str
    name: str = Field(max_length=200)
    aliases: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    national_ids: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    created: str = ""
    updated: str = ""
    state: Literal["pending", "followed"] = "pending"
    removed: bool = False
    before: dict[str, Any] | None = None

    @property
    def person(self) -> WatchedPerson | None:
        """How they are looked for, None for one who was removed."""
        return None if self.removed else _person(self.model_dump())

    @property
    def person_before(self) -> WatchedPerson | None:
        """How they were looked for when all documents were looked through last."""
        return _person(self.before) if self.before else None


def new_person_id() -> str:
    """An id for someone who is new on the list."""
    return uuid.uuid4().hex[:12]


async def save_person(store: Store, wanted: Watched) -> Watched:
    """Adds or replaces someone; returns the record. Runs beside the index."""
    return await store.run(_save, wanted)


async def remove_person(store: Store, tenant: str, identity: str) -> Watched:
    """Takes someone off the list: what was found of them is revoked. Raises NotFoundError."""
    found = await get_person(store, tenant, identity)
    return await store.run(_save, found.model_copy(update={"removed": True}))


async def get_person(store: Reader, tenant: str, identity: str) -> Watched:
    """Someone on the list. Raises NotFoundError."""
    found = await store.retrieve(REGISTRY, [_point_id(tenant, identity)])
    person = Watched.model_validate(found[0].payload) if found else None
    if person is None or person.removed:
        raise NotFoundError(f"nobody on the watch list has the id {identity!r}")
    return person


async def list_people(store: Reader, tenant: str, *, removed: bool = False) -> list[Watched]:
    """Everybody on the list, by name; also those who are being removed, where asked for."""
    of_tenant = Filter([AnyOf("kind", [_KIND]), AnyOf("tenant", [tenant])])
    people = [Watched.model_validate(one.payload) for one in await scroll_all(store, REGISTRY, of_tenant)]
    return sorted((one for one in people if removed or not one.removed), key=lambda one: (one.name, one.id))


async def tenants_behind(store: Reader) -> list[str]:
    """The tenants whose documents have yet to be looked through for somebody."""
    behind = Filter([AnyOf("kind", [_KIND]), AnyOf("state", ["pending"])])
    return [tenant for tenant, _ in await store.facet(REGISTRY, "tenant", filter=behind, limit=_MOST_TENANTS)]


async def scanned(store: Store, person: Watched) -> None:
    """Notes that all documents were looked through for this version of the record, unless it has changed since."""
    await store.run(_scanned, person)


async def scan_again(store: Store, tenant: str, *, since: str) -> None:
    """Lets documents be looked through anew for those who changed since then: runs may have missed the change."""
    forgotten = iso(time.time() - _REMEMBERED_S)
    for one in await list_people(store, tenant, removed=True):
        where = [_point_id(tenant, one.id)]
        if one.updated >= since and one.state == "followed":
            await store.set_payload(REGISTRY, where, {"state": "pending"})
        elif one.removed and one.state == "followed" and one.updated < forgotten:
            await store.delete(REGISTRY, where)


async def _save(store: Store, wanted: Watched) -> Watched:
    found = await store.retrieve(REGISTRY, [_point_id(wanted.tenant, wanted.id)])
    old = Watched.model_validate(found[0].payload) if found else None
    before = old and (old.before if old.state == "pending" else old.model_dump(exclude={"before"}))
    times = {"created": old.created if old else now(), "updated": now()}
    made = wanted.model_copy(update={**times, "state": "pending", "before": before})
    payload = {"kind": _KIND, **made.model_dump(mode="json")}
    await store.upsert(REGISTRY, [Point(_point_id(wanted.tenant, wanted.id), payload)])
    return made


async def _scanned(store: Store, person: Watched) -> None:
    where = [_point_id(person.tenant, person.id)]
    found = await store.retrieve(REGISTRY, where, fields=["updated", "removed"])
    if not found or found[0].payload["updated"] != person.updated or found[0].payload["removed"] != person.removed:
        return
    if person.removed:
        bare = Watched(id=person.id, tenant=person.tenant, name="", updated=person.updated, removed=True)
        payload = {"kind": _KIND, **bare.model_dump(mode="json"), "state": "followed"}
        await store.upsert(REGISTRY, [Point(where[0], payload)])
    else:
        done: Payload = {"state": "followed", "before": None}
        await store.set_payload(REGISTRY, where, done)


def _person(fields: dict[str, Any]) -> WatchedPerson:
    lists = ("aliases", "emails", "phones", "national_ids", "languages")
    return WatchedPerson(fields["id"], fields["name"], **{name: tuple(fields[name]) for name in lists})


def _point_id(tenant: str, identity: str) -> str:
    return record_id(_KIND, f"{tenant}\n{identity}")
