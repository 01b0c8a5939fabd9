"""A small index of documents that differ in everything that can be searched for."""

from __future__ import annotations

import hashlib
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from qdrant_client import AsyncQdrantClient

from ray_app.records import Chunk, Content, Document, FileRef, Label
from ray_app.search.request import SearchRequest
from ray_app.search.searcher import Searcher, answer
from ray_app.settings import Settings, StoreSettings
from ray_app.store.edge import EdgeStore
from ray_app.store.protocol import Store
from ray_app.store.scope import Scope
from ray_app.store.server import ServerStore
from ray_app.store.writer import write_documents

SCOPE = Scope("default")
# Path, source, label, day, and passages.
CORPUS = [
    ("contract/lease.txt", "files", "contract", "2024-03-01",
     ["The lease of the warehouse ends with a notice period of six months. The rent is paid every quarter.",
      "The tenant keeps the gates of the warehouse in repair. The landlord insures the building."]),
    ("contract/loan.txt", "files", "contract", "2023-05-01",
     ["The loan is repaid in yearly parts, the interest is fixed. No period of notice is agreed."]),
    ("report/probe.txt", "files", "report", "2025-01-01",
     ["The salinity probe drifts when its electrode is dry. It must be calibrated every spring."]),
    ("report/probe-draft.txt", "files", "report", "2025-02-01",
     ["The salinity probes drift when the electrode is dry. This is a draft.", "The draft was never approved."]),
    ("mail/gates.txt", "mail", "letter", "2025-01-01",
     ["Dear landlord, the gates of the warehouse do not close. Please send somebody."]),
    ("mail/bread.txt", "mail", "letter", "2022-12-24", ["A good bread needs flour, water, salt and a long night."]),
]  # fmt: skip


def document(path, source, label, day, passages, embedder, *, sha=None, language="en"):
    texts = tuple(passages)
    starts = [sum(len(one) + 1 for one in texts[:row]) for row in range(len(texts))]
    chunks = tuple(
        Chunk(row, text, 1, start, start + len(text))
        for row, (text, start) in enumerate(zip(texts, starts, strict=True))
    )
    digest = sha or hashlib.sha256("\n".join(texts).encode()).hexdigest()
    ref = FileRef(f"file:///{source}/{path}", path, source, "default", 1, 0.0)
    content = Content(
        digest, "text/plain", path.rsplit("/")[-1], f"{day}T00:00:00Z", len(chunks), True, chunks,
        language, 0.9, embedder.embed_passages(list(texts)), (Label(label, 0.9, "v1"),),
    )  # fmt: skip
    return Document(ref, digest, content)


@dataclass(frozen=True)
class Index:
    """An index, its searcher, and shorthands of what tests ask."""

    store: Store
    searcher: Searcher
    embedder: object
    settings: Settings

    async def ask(self, query="", *, scope=SCOPE, **options):
        return await answer(self.searcher, SearchRequest(query, **options), scope)

    async def paths(self, query="", **options):
        return names(await self.ask(query, **options))


def names(found):
    return [hit["uri"].split("/", 4)[4] for hit in found["hits"]]


@asynccontextmanager
async def opened(folder, embedder, documents, *, engine="edge", **options):
    settings = Settings(data_dir=folder)
    store = (
        await EdgeStore.open(folder / "index", StoreSettings())
        if engine == "edge"
        else ServerStore(AsyncQdrantClient(":memory:"), "test")
    )
    await store.ensure(fingerprint=embedder.manifest.fingerprint, dimension=embedder.manifest.dimension)
    await write_documents(store, documents, run="r", pipeline="p")
    yield Index(store, Searcher(store, embedder, settings, **options), embedder, settings)
    await store.close()


@pytest.fixture(scope="module")
async def index(embedder, tmp_path_factory):
    """For reading only: one for all tests of a module."""
    documents = [document(*about, embedder) for about in CORPUS]
    async with opened(tmp_path_factory.mktemp("index"), embedder, documents) as one:
        yield one
