"""An index of two tenants with the same words in it, and what of it nobody else may see."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from ray_app.models.embedder import Embedder
from ray_app.records import Chunk, Content, Document, FileRef, Label, content_id, document_id
from ray_app.settings import Settings
from ray_app.store.audit import AuditEntry, write_entry
from ray_app.store.collections import COLLECTIONS, DOCUMENTS, REGISTRY
from ray_app.store.invitations import invite
from ray_app.store.keys import Grant
from ray_app.store.named_sources import NamedSource, save_source
from ray_app.store.protocol import AnyOf, Filter
from ray_app.store.runs import Run, save_run
from ray_app.store.watchlist import Watched, save_person
from ray_app.store.writer import write_documents
from tests.serving.apps import Api, api_over, required

# The tenant that must not be seen, and its source that only the group `board` sees.
NORTH, OPEN, BOARD = "north", "north-wiki", "north-board"
TEXTS = {
    OPEN: "The harbour lease of the quokkafield warehouse ends in six months.",
    BOARD: "The harbour merger with zebrafinch shipping is decided in secret.",
}
COMMON = "The harbour is open on weekdays from eight to four."
EVERYTHING = Filter([AnyOf("tenant", [NORTH])])


@dataclass(frozen=True)
class World:
    """The API, ids of the north, the strangers' keys, and the words that none of them may read."""

    api: Api
    document: str
    content: str
    source: str
    key_id: str
    invitation: str
    run: str
    keys: dict[str, str]
    markers: dict[str, frozenset[str]]

    async def state(self) -> dict[str, Any]:
        """All that is on record of the north, but for when a key was used."""
        found = {}
        for name in COLLECTIONS:
            points, _ = await self.api.store.scroll(name, filter=EVERYTHING, limit=10_000)
            for one in points:
                found[one.id] = {field: value for field, value in one.payload.items() if field != "last_used"}
        return found


@asynccontextmanager
async def world(settings: Settings, embedder: Embedder) -> AsyncIterator[World]:
    async with api_over(required(settings, requests_per_minute=None), embedder) as api:
        await _fill(api, embedder)
        run = Run(id="run-of-north", tenant=NORTH, uris=["file:///north-secret"], started="2026-01-01T00:00:00Z")
        await save_run(api.store, run)
        grant = Grant(tenant=NORTH, name="nora-of-the-north", role="reader")
        offer, _ = await invite(api.store, grant, created_by="nils-of-the-north", hours=1, key_days=None)
        for which, detail in (("thing-of-the-north", ""), (BOARD, f"file:///{BOARD}")):
            entry = AuditEntry(tenant=NORTH, who="nils-of-the-north", what="test", which=which, detail=detail)
            await write_entry(api.store, entry, keep_days=1)
        await save_person(api.store, Watched(id="wanda", tenant=NORTH, name="Wanda zebrafinch"))
        keys = {
            "south reader": await api.key("reader", "south", groups=("board",)),
            "south editor": await api.key("editor", "south", groups=("board",)),
            "south admin": await api.key("admin", "south"),
            "north reader": await api.key("reader", NORTH, groups=("others",)),
            "north editor": await api.key("editor", NORTH, groups=()),
            "north admin": await api.key("admin", NORTH, groups=("others",)),
            "owner": await api.key("admin", NORTH),
            "board reader": await api.key("reader", NORTH, groups=("board",)),
        }
        whole = await _words(api, EVERYTHING)
        board = await _words(api, EVERYTHING.and_(AnyOf("source", [BOARD])))
        uri = f"file:///{BOARD}/minutes.txt"
        yield World(
            api=api,
            document=document_id(NORTH, BOARD, uri),
            content=content_id(NORTH, _sha(TEXTS[BOARD])),
            source=BOARD,
            key_id=keys["owner"].split("_")[1],
            invitation=offer.id,
            run=run.id,
            keys=keys,
            markers={name: board if name.startswith("north") else whole for name in keys},
        )


async def _fill(api: Api, embedder: Embedder) -> None:
    documents = [_document(tenant, source, "minutes.txt", text, embedder) for tenant, source, text in _places()]
    await write_documents(api.store, documents, run="r", pipeline="p")
    await save_source(api.store, NamedSource(name=BOARD, tenant=NORTH, uri=f"file:///{BOARD}", groups=("board",)))
    await save_source(api.store, NamedSource(name="south-wiki", tenant="south", uri="file:///south-wiki"))


def _places() -> list[tuple[str, str, str]]:
    """Both tenants hold the common text: what is the same must not lead from one to the other."""
    own = [(NORTH, source, text) for source, text in TEXTS.items()]
    return [*own, (NORTH, f"{OPEN}-2", COMMON), ("south", "south-wiki", COMMON)]


def _document(tenant: str, source: str, path: str, text: str, embedder: Embedder) -> Document:
    ref = FileRef(f"file:///{source}/{path}", path, source, tenant, len(text), 0.0)
    content = Content(
        _sha(text), "text/plain", text.split()[3] + " paper", "2025-01-01T00:00:00Z", 1, True,
        (Chunk(0, text, 1, 0, len(text)),), "en", 0.9, embedder.embed_passages([text]), (Label("report", 0.9, "v1"),),
    )  # fmt: skip
    return Document(ref, content.sha256, content)


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def _words(api: Api, which: Filter) -> frozenset[str]:
    """Ids, and words that tell: those of the documents chosen, and for a whole tenant those of its records."""
    places, _ = await api.store.scroll(DOCUMENTS, filter=which, limit=100)
    words = {BOARD, "zebrafinch"}
    for place in places:
        words |= {place.id, str(place.payload["uri"]), str(place.payload["content"])}
    if which == EVERYTHING:
        words |= {OPEN, "quokkafield", "of-the-north", "north-secret", "run-of-north"}
        records, _ = await api.store.scroll(REGISTRY, filter=which, limit=1000)
        words |= {one.payload["id"] for one in records if "id" in one.payload}
    return frozenset(words)
