"""What is left of erased documents when erasures, sweeps and a worker's writes meet: nothing."""

from __future__ import annotations

import asyncio
import hashlib
import random
import uuid

import pytest

from ray_app.store.collections import CHUNKS, CONTENTS, DOCUMENTS
from ray_app.store.erasure import erase_document
from ray_app.store.queue import enqueue, entry_for, take, upload_entry
from tests.store.test_writer import document, everything, place, store, write

pytestmark = pytest.mark.anyio


__all__ = ["store"]  # the fixture: each test runs over both engines


def hash_of(text):
    return hashlib.sha256(text.encode()).hexdigest()


async def nothing_is_left(store):
    return [await everything(store, collection) for collection in (DOCUMENTS, CONTENTS, CHUNKS)] == [{}, {}, {}]


async def test_documents_erased_at_the_same_time_leave_nothing(store):
    moments, erased = random.Random(0), []

    async def erase_soon(identity):
        await asyncio.sleep(moments.random() * 0.05)
        await erase_document(store, "t", identity, erase=erased.append)

    for number in range(25):
        names = [f"{number}-{letter}.txt" for letter in "abcdefghijkl"]
        await write(store, *(document(place(name), name, sha=hash_of(name)) for name in names))
        await asyncio.gather(*map(erase_soon, await everything(store, DOCUMENTS)))
        assert await nothing_is_left(store)
        assert set(erased) >= {hash_of(name) for name in names}


async def test_what_a_worker_wrote_of_an_erased_upload_goes_with_its_erasure(store):
    """It read the bytes before the erasure, and its place was removed after it had written the content."""
    sha256, erased = hash_of("hasty"), []
    upload = upload_entry(ticket=str(uuid.uuid4()), tenant="t", source="src", path="a/x.txt", sha256=sha256, size=5)
    (queued,) = await enqueue(store, [upload])
    await take(store, limit=1, most_bytes=10)
    await enqueue(store, [entry_for(queued, "erase", [upload])])
    await write(store, document(upload.ref, "hasty", sha=sha256))
    await store.delete(DOCUMENTS, [upload.document])
    (taken,) = await take(store, limit=1, most_bytes=10)
    await erase_document(store, "t", upload.document, erase=erased.append, known=taken.entry.waited)
    assert await nothing_is_left(store)
    assert set(erased) == {sha256}
