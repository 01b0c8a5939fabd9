"""The queue of the online worker: one small record for each upload, retry or erasure that is yet to be finished.

A document also says of itself that it waits (its outcome). The records are apart from it so that none can be lost: a
document that is replaced while its first version is being read has two, and what the worker writes about the
first cannot cover the second. Of several records of one document the latest counts; but another try (`reprocess`) takes
nothing from an upload that waits: it goes on with that one's bytes.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote
from weakref import WeakKeyDictionary

from pydantic import BaseModel, ConfigDict

from ray_app.records import Document, FileRef, Outcome, document_id
from ray_app.store.collections import DOCUMENTS, REGISTRY
from ray_app.store.events import Event, append_events, new_event
from ray_app.store.paging import scroll_all
from ray_app.store.points import document_payload
from ray_app.store.protocol import AnyOf, Between, Filter, Found, Order, Payload, Point, Reader, Store
from ray_app.store.quarantine import stored_ref

URI_SCHEME = "upload"
WAITING = (Outcome.QUEUED.value, Outcome.PROCESSING.value)
_KIND = "queue"
# An upload whose bytes could not be read or kept: it waits for nothing but that a person lets it be tried again.
_KEPT = "kept upload"

# Of each store that is open in this process; beside an embedded index's owner nobody puts entries there.
_locks: WeakKeyDictionary[Store, asyncio.Lock] = WeakKeyDictionary()

Action = Literal["index", "reprocess", "erase"]


class Entry(BaseModel):
    """What is to be done with one document.

    `id` is a UUID, and the name under which the uploaded bytes wait; `sha256` is theirs, "" where they lie elsewhere.
    `started` is when it was put here, `due` when it may be taken: ISO 8601 with microseconds, so that they sort.
    `begun` counts how often a worker began and did not say how it ended, `failed` how often a passing failure ended it.
    `waited` are the hashes of bytes that waited for the document when it was erased: a worker may have them in work.
    `kept` is an upload that was given up before its bytes were read: they lie there until a later entry uses them.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    tenant: str
    source: str
    uri: str
    path: str
    action: Action = "index"
    sha256: str = ""
    size: int = 0
    modified: float = 0.0
    etag: str = ""
    tags: tuple[str, ...] = ()
    waited: tuple[str, ...] = ()
    started: str
    due: str
    begun: int = 0
    failed: int = 0
    kept: bool = False

    @property
    def document(self) -> str:
        return document_id(self.tenant, self.source, self.uri)

    @property
    def hashes(self) -> tuple[str, ...]:
        """Of all bytes that this entry knows its document to have had."""
        return tuple(sorted({self.sha256, *self.waited} - {""}))

    @property
    def ref(self) -> FileRef:
        return FileRef(self.uri, self.path, self.source, self.tenant, self.size, self.modified, self.etag)


class Taken(BaseModel):
    """The one of a document's entries that counts, and the others, which it makes needless.

    `original` is the hash of the copy that the document has now. `anew`: somebody wants it made again as it is.
    """

    entry: Entry
    needless: tuple[Entry, ...] = ()
    original: str = ""

    @property
    def anew(self) -> bool:
        return any(one.action == "reprocess" for one in (self.entry, *self.needless))


def upload_entry(
    *, ticket: str, tenant: str, source: str, path: str, sha256: str, size: int, tags: Sequence[str] = ()
) -> Entry:
    """For bytes that wait under a ticket; they become the document at this path of the source."""
    uri = f"{URI_SCHEME}://{source}/{quote(path)}"  # quoted: `!/` in a name would lead into another document
    at = timestamp()
    return Entry(
        id=ticket, tenant=tenant, source=source, uri=uri, path=path, sha256=sha256, size=size, modified=time.time(),
        etag=sha256, tags=tuple(tags), started=at, due=at,
    )  # fmt: skip


def entry_for(place: Found, action: Literal["reprocess", "erase"], waiting: Sequence[Entry] = ()) -> Entry:
    """For a document that is in the index, and what waits for it."""
    ref, at = stored_ref(place.payload), timestamp()
    return Entry(
        id=str(uuid.uuid4()), tenant=ref.tenant, source=ref.source, uri=ref.uri, path=ref.path, action=action,
        sha256=place.payload.get("original") or "", size=ref.size, modified=ref.modified, etag=ref.etag,
        tags=tuple(place.payload.get("tags") or ()), waited=tuple(sorted({one.sha256 for one in waiting} - {""})),
        started=at, due=at,
    )  # fmt: skip


def timestamp(ahead_s: float = 0.0) -> str:
    """A time so many seconds from now, as entries hold it."""
    at = datetime.now(UTC) + timedelta(seconds=ahead_s)
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def told(entry: Entry, outcome: str, *, stage: str | None = None, reason: str | None = None) -> Event:
    """What subscribers hear of a document: nothing that it says, nor its name. Erasing it removes these too."""
    data = {"document": entry.document, "outcome": outcome, "stage": stage, "reason": reason}
    data = {name: value for name, value in data.items() if value is not None}
    return new_event("document", tenant=entry.tenant, source=entry.source, data=data)


async def enqueue(store: Store, entries: Sequence[Entry]) -> list[Found]:
    """Puts entries into the queue, durably, and lets their documents say that they wait.

    Returns the documents as they are now, in this order; those that are to be erased are left out.
    """
    async with _locks.setdefault(store, asyncio.Lock()):  # two first uploads to one path: one of them makes the place
        waiting = [entry for entry in entries if entry.action != "erase"]
        places = await _mark_queued(store, waiting)
        await append_events(store, [told(entry, Outcome.QUEUED.value) for entry in waiting])
        # Last: a quick worker must not be done with a document before its place and its event say that it waits.
        await _save(store, entries)
    return places


async def _mark_queued(store: Store, waiting: Sequence[Entry]) -> list[Found]:
    found = await store.retrieve(DOCUMENTS, [entry.document for entry in waiting])
    there = {one.id: one.payload for one in found}
    fresh: list[Point] = []
    now: list[Found] = []
    for entry in waiting:
        known = there.get(entry.document)
        fields: Payload = {"queued": entry.started, "begun": None, "finished": None, "attempts": 0}
        if known and known["outcome"] != Outcome.DELETED.value:
            outcome: Payload = {"outcome": Outcome.QUEUED.value, "stage": None, "reason": None, "detail": None}
            await store.set_payload(DOCUMENTS, [entry.document], outcome | fields)
            now.append(Found(entry.document, known | outcome | fields))
        else:
            payload = _new_place(entry) | fields | {"sweep": (known or {}).get("sweep", [])}
            fresh.append(Point(entry.document, payload))
            now.append(Found(entry.document, payload))
    await store.upsert(DOCUMENTS, fresh)
    return now


async def take(store: Store, *, limit: int, most_bytes: int) -> list[Taken]:
    """The documents that have waited longest, each marked as begun; several only where none was begun before.

    What ended a worker is then alone when it does so again. The first is taken whatever its size.
    """
    due = Filter([AnyOf("kind", [_KIND]), Between("due", lte=timestamp())])
    found, _ = await store.scroll(REGISTRY, filter=due, limit=limit, order=Order("started"))
    taken: list[Taken] = []
    size = 0
    seen: set[str] = set()
    for one in (_entry(one) for one in found):
        if one.document in seen:
            continue
        seen.add(one.document)
        entries = await entries_of(store, one.tenant, one.document) or [one]
        chosen = _counts(entries)
        size += chosen.size
        if taken and (chosen.begun or size > most_bytes):
            break
        taken.append(await _begin(store, chosen, [entry for entry in entries if entry != chosen]))
        if chosen.begun:
            break
    return taken


def _counts(entries: Sequence[Entry]) -> Entry:
    """The latest; instead of a wish to try again, the upload before it, whose bytes nothing else may keep."""
    for entry in reversed(entries):
        if entry.action == "index":
            return entry
        if entry.action == "erase":
            break
    return entries[-1]


async def entries_of(store: Reader, tenant: str, document: str) -> list[Entry]:
    """What waits for one document, the latest last; an upload that is kept for another try is among them."""
    which = Filter([AnyOf("kind", [_KIND, _KEPT]), AnyOf("tenant", [tenant]), AnyOf("document", [document])])
    found = await scroll_all(store, REGISTRY, which)  # an earlier one taken for the latest would bring back the old
    return sorted((_entry(one) for one in found), key=lambda entry: (entry.started, entry.id))


async def put_back(store: Store, entries: Sequence[Entry], *, wait_s: float = 0.0, detail: str | None = None) -> None:
    """Lets entries wait again, as they are, with the reason for people; those that were removed meanwhile stay so."""
    there = {one.id for one in await store.retrieve(REGISTRY, [entry.id for entry in entries], fields=[])}
    left = [entry.model_copy(update={"due": timestamp(wait_s)}) for entry in entries if entry.id in there]
    await _save(store, left)
    outcome: Payload = {"outcome": Outcome.QUEUED.value, "detail": detail}
    waiting = [entry for entry in left if entry.action != "erase"]
    await store.set_payload(DOCUMENTS, [entry.document for entry in waiting], outcome)
    await append_events(store, [told(entry, Outcome.QUEUED.value) for entry in waiting])


async def keep_for_retry(store: Store, entry: Entry) -> None:
    """Lets an upload lie until somebody has it tried again or erases it; one that was removed meanwhile stays so."""
    if await waited_for(store, [entry.id]):
        await _save(store, [entry.model_copy(update={"kept": True, "begun": 0, "failed": 0})])


async def remove(store: Store, entries: Sequence[Entry]) -> None:
    """Takes finished entries out of the queue."""
    await store.delete(REGISTRY, [entry.id for entry in entries])


async def waited_for(store: Reader, tickets: Sequence[str]) -> set[str]:
    """Those of the tickets that have an entry."""
    return {one.id for one in await store.retrieve(REGISTRY, list(tickets), fields=[])} if tickets else set()


async def count_waiting(store: Reader, tenant: str) -> int:
    """How many entries of a tenant wait."""
    return await store.count(REGISTRY, Filter([AnyOf("kind", [_KIND]), AnyOf("tenant", [tenant])]))


async def _begin(store: Store, entry: Entry, needless: Sequence[Entry]) -> Taken:
    found = await store.retrieve(DOCUMENTS, [entry.document], fields=["original"])
    original = (found[0].payload.get("original") if found else None) or ""
    update: Payload = {"begun": entry.begun + 1, "kept": False}
    if entry.action == "reprocess" and original:  # an upload that was in work then has another copy by now
        update["sha256"] = original
    begun = entry.model_copy(update=update)
    await _save(store, [begun])
    if entry.action != "erase":
        attempts = entry.begun + entry.failed + 1
        state = {"outcome": Outcome.PROCESSING.value, "begun": timestamp(), "attempts": attempts}
        await store.set_payload(DOCUMENTS, [entry.document], state)
        await append_events(store, [told(entry, Outcome.PROCESSING.value)])
    return Taken(entry=begun, needless=tuple(needless), original=original)


async def _save(store: Store, entries: Sequence[Entry]) -> None:
    points = [
        Point(entry.id, {"kind": _kind(entry), "document": entry.document, **entry.model_dump(mode="json")})
        for entry in entries
    ]
    await store.upsert(REGISTRY, points)


def _kind(entry: Entry) -> str:
    return _KEPT if entry.kept else _KIND


def _new_place(entry: Entry) -> Payload:
    payload = document_payload(Document(entry.ref), outcome=Outcome.QUEUED, run=entry.id, pipeline="")
    return payload | {"tags": list(entry.tags)}


def _entry(found: Found) -> Entry:
    return Entry.model_validate(found.payload)
