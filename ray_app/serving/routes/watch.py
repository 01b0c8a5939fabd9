"""The watch list: people whose mentions are looked for, and the documents that name them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from ray_app.enrichment.privacy.matcher import compile_watchlist
from ray_app.errors import ConfigurationError, QueryError
from ray_app.search.personal import count_naming, naming
from ray_app.serving.bodies.privacy import MatchOut, Naming, Namings, People, PersonBody, PersonOut
from ray_app.serving.lookup import all_places
from ray_app.serving.services import WHOLE_TENANT, AuditOf, IndexOf, ServicesOf, requires
from ray_app.store.personal import watched_of
from ray_app.store.points import is_id
from ray_app.store.watchlist import Watched, get_person, list_people, new_person_id, remove_person, save_person

router = APIRouter(prefix="/v1/watch", tags=["privacy"], dependencies=[requires("admin"), WHOLE_TENANT])


@router.get("")
async def people(index: IndexOf, services: ServicesOf) -> People:
    """Everybody on the watch list, by name, with how many documents name them."""
    listed = await list_people(services.store, index.scope.tenant)
    counted = await index.run(count_naming, [one.id for one in listed]) if listed else {}
    return People(people=[_out(one, counted.get(one.id, 0)) for one in listed])


@router.post("", status_code=201)
async def add(body: PersonBody, index: IndexOf, services: ServicesOf, audit: AuditOf) -> PersonOut:
    """Puts someone on the watch list. The documents that may name them are looked through next."""
    return await _save(new_person_id(), body, index.scope.tenant, services, audit, "watch.add")


@router.put("/{person_id}")
async def change(person_id: str, body: PersonBody, index: IndexOf, services: ServicesOf, audit: AuditOf) -> PersonOut:
    """Changes how someone is looked for. What no longer holds is revoked; events tell the difference."""
    await get_person(services.store, index.scope.tenant, person_id)
    return await _save(person_id, body, index.scope.tenant, services, audit, "watch.change")


@router.delete("/{person_id}", status_code=204)
async def remove(person_id: str, index: IndexOf, services: ServicesOf, audit: AuditOf) -> None:
    """Takes someone off the watch list, and what was found of them out of the index."""
    await remove_person(services.store, index.scope.tenant, person_id)
    services.wake()
    await audit("watch.remove", person_id)


@router.get("/{person_id}/documents")
async def documents(
    person_id: str,
    index: IndexOf,
    services: ServicesOf,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
) -> Namings:
    """The documents that name someone on the watch list, and where."""
    if cursor is not None and not is_id(cursor):
        raise QueryError("invalid-cursor", "cursor is not the `next` of a page before")
    await get_person(services.store, index.scope.tenant, person_id)
    found, following = await index.run(naming, person_id, limit=limit, offset=cursor)
    places = await all_places(index, [one.id for one in found])
    shown = [
        Naming(
            document_id=places[one.id][0].id,
            uri=places[one.id][0].payload["uri"],
            title=one.payload["title"],
            places=[place.payload["uri"] for place in places[one.id]],
            risk=one.payload["risk"],
            matches=[
                MatchOut(**{name: value for name, value in asdict(match).items() if name != "person_id"})
                for match in watched_of(one.payload)
                if match.person_id == person_id
            ],
        )
        for one in found
        if one.id in places
    ]
    return Namings(documents=shown, next=following)


async def _save(
    identity: str, body: PersonBody, tenant: str, services: ServicesOf, audit: AuditOf, what: str
) -> PersonOut:
    wanted = Watched(id=identity, tenant=tenant, **body.model_dump())
    try:
        compile_watchlist([body.person(identity)])
    except ConfigurationError as error:
        raise QueryError("invalid-request", str(error)) from error
    saved = await save_person(services.store, wanted)
    services.wake()
    await audit(what, identity)  # no name: the log is read by more people than the list
    return _out(saved, 0)


def _out(person: Watched, documents: int) -> PersonOut:
    shown = person.model_dump(include={*PersonOut.model_fields} - {"documents"})
    return PersonOut(**shown, documents=documents)
