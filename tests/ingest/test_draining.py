"""What the online worker does with uploads, in this process: the real stages, index and storage, and no cluster."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass

import pytest

from ray_app.ingest.draining import Drain
from ray_app.settings import Settings, UploadSettings
from ray_app.sources.incoming import Incoming
from ray_app.store.collections import DOCUMENTS
from ray_app.store.edge import EdgeStore
from ray_app.store.erasure import erase_document
from ray_app.store.protocol import Payload, Store
from ray_app.store.queue import Entry, enqueue, entry_for, upload_entry

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Worker:
    """An online worker with its index."""

    drain: Drain
    store: Store
    settings: Settings

    async def upload(self, path: str, data: bytes, *, tenant: str = "default") -> Entry:
        ticket = str(uuid.uuid4())
        incoming = Incoming(self.settings.originals_url, tenant, ticket, self.settings.sources)
        incoming.write(data)
        incoming.finish()
        entry = upload_entry(
            ticket=ticket, tenant=tenant, source="s", path=path, sha256=incoming.sha256, size=len(data)
        )
        await enqueue(self.store, [entry])
        return entry

    async def ask_for(self, action, document: str) -> None:
        (place,) = await self.store.retrieve(DOCUMENTS, [document])
        await enqueue(self.store, [entry_for(place, action)])

    async def settled(self, document: str) -> Payload:
        """The document once nothing waits for it."""
        for _ in range(100):
            await self.drain.round(self.store)
            (place,) = await self.store.retrieve(DOCUMENTS, [document])
            if place.payload["outcome"] not in ("queued", "processing"):
                return place.payload
            await asyncio.sleep(0.05)
        raise AssertionError(f"still {place.payload}")

    def stored(self) -> list[bytes]:
        """All bytes in the originals' storage."""
        return [path.read_bytes() for path in self.settings.data_dir.glob("originals/**/*") if path.is_file()]


@pytest.fixture
async def worker(settings):
    uploads = UploadSettings(attempts=2, longest_wait_s=0.1)
    settings = settings.model_copy(update={"uploads": uploads})
    store = await EdgeStore.open(settings.index_dir, settings.store)
    drain = Drain(settings)
    manifest = drain._embedder.manifest
    await store.ensure(fingerprint=manifest.fingerprint, dimension=manifest.dimension)
    yield Worker(drain, store, settings)
    drain.close()
    await store.close()


def block(worker, entry):
    """Puts a file where the folder of the copy belongs: it cannot be kept. Returns that file."""
    folder = worker.settings.data_dir / "originals" / "default" / entry.sha256[:2]
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.touch()
    return folder


async def test_a_replacement_that_waits_is_not_lost_by_another_try(worker):
    first = await worker.upload("a.txt", b"the first version")
    await worker.settled(first.document)
    second = await worker.upload("a.txt", b"the second version")
    await worker.ask_for("reprocess", second.document)
    done = await worker.settled(second.document)
    assert (done["outcome"], done["sha256"], done["original"]) == ("indexed", second.sha256, second.sha256)
    assert worker.stored() == [b"the second version"]


async def test_a_first_upload_is_not_lost_by_another_try(worker):
    entry = await worker.upload("a.txt", b"the only version")
    await worker.ask_for("reprocess", entry.document)
    assert (await worker.settled(entry.document))["outcome"] == "indexed"


async def test_an_upload_that_could_not_be_kept_is_indexed_when_it_is_tried_again(worker):
    entry = await worker.upload("a.txt", b"precious")
    blocked = block(worker, entry)
    done = await worker.settled(entry.document)
    assert (done["outcome"], done["stage"]) == ("quarantined", "fetch")
    assert b"precious" in worker.stored()
    await worker.drain.tidy(worker.store)
    assert await worker.drain.round(worker.store) == 0, "it is not tried for ever"
    blocked.unlink()
    await worker.ask_for("reprocess", entry.document)
    done = await worker.settled(entry.document)
    assert (done["outcome"], done["original"]) == ("indexed", entry.sha256)
    assert worker.stored() == [b"precious"]


async def test_an_upload_that_could_not_be_kept_goes_with_its_document(worker):
    entry = await worker.upload("a.txt", b"precious")
    blocked = block(worker, entry)
    await worker.settled(entry.document)
    blocked.unlink()
    await worker.ask_for("erase", entry.document)
    await erase_document(worker.store, "default", entry.document, erase=lambda sha256: None)
    await worker.drain.round(worker.store)
    assert worker.stored() == []


async def test_what_one_tenant_has_is_nothing_to_another_in_the_same_batch(worker):
    """Bytes that the index has of one tenant already, and bytes that come from both at once."""
    known, new = b"The tide turns at six.", b"The harbour freezes in January."
    entries = [await worker.upload("known.txt", known, tenant="one")]
    await worker.drain.round(worker.store)
    entries += [
        await worker.upload("other.txt", new, tenant="one"),
        await worker.upload("known.txt", known, tenant="two"),
        await worker.upload("other.txt", new, tenant="two"),
    ]
    assert await worker.drain.round(worker.store) == 3
    found = await worker.store.retrieve(DOCUMENTS, [one.document for one in entries])
    assert [(one.payload["outcome"], one.payload.get("reason")) for one in found] == [("indexed", None)] * 4
