"""The queue of the online worker, on the real engine."""

from __future__ import annotations

import uuid

import pytest

from ray_app.settings import StoreSettings
from ray_app.store.collections import DOCUMENTS
from ray_app.store.edge import EdgeStore
from ray_app.store.erasure import erase_document
from ray_app.store.protocol import Found
from ray_app.store.queue import (
    count_waiting,
    enqueue,
    entry_for,
    keep_for_retry,
    put_back,
    remove,
    take,
    upload_entry,
    waited_for,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
async def store(tmp_path):
    store = await EdgeStore.open(tmp_path, StoreSettings())
    await store.ensure(fingerprint="f", dimension=4)
    yield store
    await store.close()


def entry(path, size=1, tenant="t"):
    return upload_entry(ticket=str(uuid.uuid4()), tenant=tenant, source="s", path=path, sha256="0" * 64, size=size)


async def place(store, document) -> Found:
    (found,) = await store.retrieve(DOCUMENTS, [document])
    return found


async def taken(store, limit=10, most_bytes=1000):
    return await take(store, limit=limit, most_bytes=most_bytes)


async def test_what_came_first_is_taken_first(store):
    entries = [entry(name) for name in "cab"]
    await enqueue(store, entries)
    assert [one.entry.path for one in await taken(store, limit=2)] == ["c", "a"]


async def test_a_document_says_that_it_waits_and_that_it_is_in_work(store):
    one = entry("a")
    await enqueue(store, [one])
    assert (await place(store, one.document)).payload["outcome"] == "queued"
    await taken(store)
    payload = (await place(store, one.document)).payload
    assert (payload["outcome"], payload["attempts"]) == ("processing", 1)


async def test_a_known_document_keeps_its_content_while_it_waits(store):
    one = entry("a")
    await enqueue(store, [one])
    await store.set_payload(DOCUMENTS, [one.document], {"outcome": "quarantined", "reason": "damaged", "content": "c"})
    await enqueue(store, [entry("a")])
    payload = (await place(store, one.document)).payload
    assert (payload["outcome"], payload.get("reason"), payload["content"]) == ("queued", None, "c")


async def test_of_several_entries_of_a_document_the_latest_counts(store):
    first, second = entry("a"), entry("a")
    await enqueue(store, [first])
    await enqueue(store, [second])
    (one,) = await taken(store)
    assert one.entry.id == second.id
    assert [other.id for other in one.needless] == [first.id]


async def test_another_try_goes_on_with_the_upload_that_waits(store):
    upload = entry("a")
    await enqueue(store, [upload])
    await enqueue(store, [entry_for(await place(store, upload.document), "reprocess")])
    (one,) = await taken(store)
    assert (one.entry.id, one.entry.action, one.anew) == (upload.id, "index", True)
    assert [other.action for other in one.needless] == ["reprocess"]


async def test_another_try_that_was_wished_for_while_the_upload_was_in_work_reads_the_copy_that_it_made(store):
    upload = entry("a")
    await enqueue(store, [upload])
    (first,) = await taken(store)
    await enqueue(store, [entry_for(await place(store, upload.document), "reprocess")])
    await store.set_payload(DOCUMENTS, [upload.document], {"original": upload.sha256})
    await remove(store, [first.entry])
    (one,) = await taken(store)
    assert (one.entry.action, one.entry.sha256) == ("reprocess", upload.sha256)


async def test_an_upload_that_is_kept_waits_until_it_is_to_be_tried_again(store):
    upload = entry("a")
    await enqueue(store, [upload])
    (first,) = await taken(store)
    await keep_for_retry(store, first.entry)
    assert (await taken(store), await count_waiting(store, "t")) == ([], 0)
    assert await waited_for(store, [upload.id]), "nobody takes its bytes for left over"
    await enqueue(store, [entry_for(await place(store, upload.document), "reprocess")])
    (one,) = await taken(store)
    assert (one.entry.id, one.entry.begun, one.entry.failed, one.entry.kept) == (upload.id, 1, 0, False)


async def test_of_very_many_entries_of_a_document_the_latest_counts(store):
    entries = [entry("a", size=number) for number in range(1100)]
    await enqueue(store, entries)
    (one,) = await taken(store)
    assert (one.entry.id, len(one.needless)) == (entries[-1].id, 1099)


async def test_what_came_while_a_document_was_in_work_is_not_lost(store):
    first, second = entry("a"), entry("a")
    await enqueue(store, [first])
    (one,) = await taken(store)
    await enqueue(store, [second])
    await remove(store, [one.entry, *one.needless])
    (next_one,) = await taken(store)
    assert next_one.entry.id == second.id


async def test_what_was_begun_before_is_taken_alone(store):
    await enqueue(store, [entry(name) for name in "abc"])
    await taken(store, limit=2)  # its worker dies
    assert [one.entry.path for one in await taken(store)] == ["a"]


async def test_a_batch_is_limited_in_bytes_but_holds_one(store):
    await enqueue(store, [entry("a", 600), entry("b", 300), entry("c", 300)])
    assert [one.entry.path for one in await taken(store)] == ["a", "b"]
    await enqueue(store, [entry("large", 5000, tenant="u")])
    everything = await take(store, limit=10, most_bytes=10)
    assert len(everything) == 1


async def test_what_is_put_back_waits_for_its_time(store):
    one = entry("a")
    await enqueue(store, [one])
    (begun,) = await taken(store)
    await put_back(store, [begun.entry], wait_s=60, detail="later")
    assert await taken(store) == []
    payload = (await place(store, one.document)).payload
    assert (payload["outcome"], payload["detail"]) == ("queued", "later")
    assert await count_waiting(store, "t") == 1


async def test_what_was_removed_meanwhile_is_not_put_back(store):
    one = entry("a")
    await enqueue(store, [one])
    await remove(store, [one])
    await put_back(store, [one])
    assert await count_waiting(store, "t") == 0


async def test_erasing_beats_the_upload_before_it_and_not_the_one_after(store):
    first = entry("a")
    await enqueue(store, [first])
    await enqueue(store, [entry_for(await place(store, first.document), "erase")])
    assert await erase_document(store, "t", first.document, erase=lambda sha256: None)
    (one,) = await taken(store)
    assert (one.entry.action, len(one.needless)) == ("erase", 1)
    await enqueue(store, [entry("a")])
    (one,) = await taken(store)
    assert (one.entry.action, len(one.needless)) == ("index", 2)


async def test_a_copy_that_a_waiting_or_failed_place_keeps_is_not_erased(store):
    one, other, erased = entry("a"), entry("b"), []
    await enqueue(store, [one, other])
    await store.set_payload(DOCUMENTS, [one.document, other.document], {"original": "0" * 64})
    await erase_document(store, "t", one.document, erase=erased.append)
    assert erased == []
    await erase_document(store, "t", other.document, erase=erased.append)
    assert erased == ["0" * 64]


async def test_a_document_of_another_tenant_is_not_erased(store):
    one = entry("a")
    await enqueue(store, [one])
    assert not await erase_document(store, "u", one.document, erase=lambda sha256: None)
    assert (await place(store, one.document)).payload["outcome"] == "queued"
