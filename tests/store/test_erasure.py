"""What is left of erased documents when erasures, sweeps and a worker's writes meet: nothing."""

from __future__ import annotations

import asyncio
import hashlib
import random
import uuid

import pytest

from ray_app.records import Document
from ray_app.store.collections import CHUNKS, CONTENTS, DOCUMENTS
from ray_app.store.erasure import erase_document
from ray_app.store.points import place_id
from ray_app.store.queue import enqueue, entry_for, take, upload_entry
from ray_app.store.removal import mark_deleted
from ray_app.store.sweep import sweep
from tests.store.interrupted import Interrupted
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


async def moments_of_a_sweep(store, before, meanwhile):
    """Sweeps what `before` prepared, again and again: `meanwhile` happens before its first call, its second, ..."""
    moment = 0
    while True:
        await before()
        interrupted = Interrupted(store, moment, meanwhile)
        await sweep(interrupted, "t")
        if interrupted.left >= 0:
            return
        yield moment
        moment += 1


async def test_an_erasure_that_begins_at_any_moment_of_a_sweep_leaves_nothing(store):
    """Also where the sweep has already found the content in its place: the note about it is then another."""
    sha256, copies, moment = hash_of("secret"), [place("p.txt"), place("q.txt")], 0
    last = place_id(copies[1])

    async def before():
        await write(store, document(copies[0], "secret", sha=sha256), Document(copies[1], sha256))
        await write(store, Document(copies[1], sha256))
        await mark_deleted(store, await store.retrieve(DOCUMENTS, [place_id(copies[0])]), run="r2")

    async def meanwhile():
        await mark_deleted(store, await store.retrieve(DOCUMENTS, [last]), run="erasure")

    async for moment in moments_of_a_sweep(store, before, meanwhile):
        await erase_document(store, "t", last, erase=lambda sha: None)
        assert await nothing_is_left(store), moment
    assert moment > 5


async def test_a_file_that_changes_at_any_moment_of_a_sweep_leaves_nothing_of_the_old(store):
    old, new, moment = hash_of("old"), hash_of("new"), 0

    async def before():
        await erase_document(store, "t", place_id(place()), erase=lambda sha: None)
        await write(store, document(place(), "old", sha=old))
        await write(store, Document(place(), old))

    async def meanwhile():
        await write(store, document(place(), "new", sha=new))

    async for moment in moments_of_a_sweep(store, before, meanwhile):
        await sweep(store, "t")
        assert [one["sha256"] for one in (await everything(store, CONTENTS)).values()] == [new], moment
        assert [one["text"] for one in (await everything(store, CHUNKS)).values()] == ["new"], moment
    assert moment > 3


async def test_a_file_that_comes_back_at_any_moment_of_a_sweep_is_in_the_index(store):
    moment = 0

    async def meanwhile():
        await write(store, document(place(), "back"))

    async def before():
        await meanwhile()
        await mark_deleted(store, (await store.scroll(DOCUMENTS))[0], run="r2")

    async for moment in moments_of_a_sweep(store, before, meanwhile):
        await sweep(store, "t")
        (of_place,) = (await everything(store, DOCUMENTS)).values()
        found = [len(await everything(store, collection)) for collection in (CONTENTS, CHUNKS)]
        assert (of_place["outcome"], found) in [("indexed", [1, 1]), ("quarantined", [0, 0])], moment
    assert moment > 5


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
