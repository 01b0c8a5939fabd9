"""What the index holds after documents were written, repeated, moved, changed, broken and deleted."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

import numpy as np
import pytest
from qdrant_client import AsyncQdrantClient

from ray_app.records import Child, Chunk, Content, Document, Failure, FileRef, Label, Outcome, child_ref
from ray_app.settings import StoreSettings
from ray_app.store.collections import CHUNKS, CONTENTS, DOCUMENTS
from ray_app.store.edge import EdgeStore
from ray_app.store.hits import Seen, find_hits
from ray_app.store.lookup import changed, documents_below, known_contents
from ray_app.store.pending import give_up
from ray_app.store.protocol import AnyOf, Filter, Query
from ray_app.store.quarantine import stored_ref
from ray_app.store.removal import mark_deleted
from ray_app.store.server import ServerStore
from ray_app.store.sweep import sweep
from ray_app.store.writer import withdraw_vanished, write_documents
from tests.store.interrupted import Interrupted

pytestmark = pytest.mark.anyio

DIMENSION = 4
OK = (Outcome.INDEXED,)
FAILED = Failure("parse", "damaged", "cannot be opened")


@pytest.fixture(params=["edge", "local"])
async def store(request, tmp_path):
    opened = (
        await EdgeStore.open(tmp_path, StoreSettings())
        if request.param == "edge"
        else ServerStore(AsyncQdrantClient(":memory:"), "test")
    )
    await opened.ensure(fingerprint="f0", dimension=DIMENSION)
    yield opened
    await opened.close()


def place(path="a/x.txt", source="src", modified=1.0):
    return FileRef(f"file:///root/{path}", path, source, "t", 10, modified)


def document(ref, *texts, sha="0" * 64):
    chunks = tuple(Chunk(i, text, 1, 0, len(text)) for i, text in enumerate(texts))
    vectors = np.eye(DIMENSION, dtype=np.float32)[: len(texts)]
    label = Label("letter", 0.9, "v1")
    content = Content(
        sha, "text/plain", "A title", "2025-01-01T00:00:00Z", 1, True, chunks, "en", 0.9, vectors, (label,)
    )
    return Document(ref, sha, content)


async def write(store, *documents, run="r1", pipeline="p1"):
    return await write_documents(store, documents, run=run, pipeline=pipeline)


async def everything(store, collection):
    found, _ = await store.scroll(collection, limit=1000)
    return {one.id: one.payload for one in found}


async def state(store):
    """All points but for times and runs."""
    return [
        {
            identity: {name: value for name, value in payload.items() if name not in ("updated", "run")}
            for identity, payload in (await everything(store, collection)).items()
        }
        for collection in (DOCUMENTS, CONTENTS, CHUNKS)
    ]


async def mark(store, *refs):
    """As gone: the next sweep looks at their contents."""
    gone = {f"file:///root/{ref.path}" for ref in refs}
    for source in {ref.source for ref in refs}:
        async for page in documents_below(store, tenant="t", source=source, root="file:///root"):
            await mark_deleted(store, [one for one in page if one.payload["uri"] in gone], run="r9")


async def delete(store, *refs):
    await mark(store, *refs)
    await sweep(store, "t")


async def test_a_document_is_indexed_with_its_content_and_passages(store):
    written = await write(store, document(place(), "one", "two"))
    assert (written.outcomes, written.chunks) == (OK, 2)
    (of_place,) = (await everything(store, DOCUMENTS)).values()
    assert of_place["outcome"] == "indexed"
    assert of_place["folders"] == ["a"]
    (content,) = (await everything(store, CONTENTS)).values()
    assert (content["title"], content["label"], content["language"], content["chunks"]) == (
        "A title",
        ["letter"],
        "en",
        2,
    )
    assert sorted(chunk["text"] for chunk in (await everything(store, CHUNKS)).values()) == ["one", "two"]


@pytest.mark.parametrize("seconds", [253402304399.0, -1e14])
async def test_a_place_of_a_time_outside_the_calendar_is_written_as_of_unknown_time(store, seconds):
    """A message of `Fri, 31 Dec 9999 23:59:59 -0100` is one."""
    assert (await write(store, document(place(modified=seconds), "one"))).outcomes == OK
    (of_place,) = (await everything(store, DOCUMENTS)).values()
    assert of_place["modified"] == "1970-01-01T00:00:00Z"
    assert stored_ref(of_place).modified == seconds


async def test_writing_the_same_again_changes_nothing(store):
    await write(store, document(place(), "one", "two"))
    before = await state(store)
    again = await write(store, document(place(), "one", "two"), run="r2")
    await sweep(store, "t")
    assert again.chunks == 0
    assert await state(store) == before


async def test_a_copy_costs_one_point_and_adds_its_place(store):
    await write(store, document(place("a/x.txt"), "one"))
    written = await write(store, Document(place("b/y.txt", "other"), "0" * 64))
    await sweep(store, "t")
    assert (written.outcomes, written.chunks) == ((Outcome.DUPLICATE,), 0)
    (chunk,) = (await everything(store, CHUNKS)).values()
    assert (chunk["sources"], chunk["folders"]) == (["other", "src"], ["a", "b"])


async def test_copies_in_one_batch_are_indexed_once(store):
    ref = place("b/y.txt")
    written = await write(
        store, document(place("a/x.txt"), "one"), Document(ref, "0" * 64), document(place("c"), "one")
    )
    assert written.outcomes == (Outcome.INDEXED, Outcome.DUPLICATE, Outcome.DUPLICATE)
    assert len(await everything(store, CHUNKS)) == 1


async def test_a_changed_file_replaces_its_old_passages(store):
    await write(store, document(place(), "old"))
    await write(store, document(place(modified=2), "new", sha="1" * 64))
    await sweep(store, "t")
    assert [chunk["text"] for chunk in (await everything(store, CHUNKS)).values()] == ["new"]
    assert len(await everything(store, CONTENTS)) == 1


async def test_a_touched_file_stays_what_it_was(store):
    await write(store, document(place(), "one"))
    written = await write(store, Document(place(modified=2), "0" * 64))
    assert written.outcomes == (Outcome.UNCHANGED,)
    (of_place,) = (await everything(store, DOCUMENTS)).values()
    assert of_place["outcome"] == "indexed"
    assert await changed(store, [place(modified=2)], pipeline="p1") == []


async def test_a_changed_file_that_fails_keeps_its_old_content_marked_stale(store):
    await write(store, document(place(), "old"))
    await write(store, Document(place(modified=2), "1" * 64, failure=FAILED))
    await sweep(store, "t")
    (of_place,) = (await everything(store, DOCUMENTS)).values()
    assert (of_place["outcome"], of_place["reason"], of_place["stale"]) == ("quarantined", "damaged", True)
    assert [hit.passages[0].text for hit in await search(store)] == ["old"]


async def test_a_new_pipeline_replaces_the_passages_of_the_old_one(store):
    await write(store, document(place(), "one", "two"))
    await write(store, document(place(), "one two"), pipeline="p2")
    await sweep(store, "t")
    assert [chunk["text"] for chunk in (await everything(store, CHUNKS)).values()] == ["one two"]


async def test_content_goes_with_its_last_place(store):
    first, second = place("a/x.txt"), place("b/y.txt")
    await write(store, document(first, "one"), Document(second, "0" * 64))
    await delete(store, first)
    (chunk,) = (await everything(store, CHUNKS)).values()
    assert chunk["folders"] == ["b"]
    await delete(store, second)
    assert await state(store) == [{}, {}, {}]


async def test_only_what_lies_below_the_root_is_found_for_deletion(store):
    await write(store, document(place("a/x.txt"), "one"), document(place("ab/y.txt"), "two", sha="1" * 64))
    pages = [page async for page in documents_below(store, tenant="t", source="src", root="file:///root/a")]
    assert [one.payload["path"] for page in pages for one in page] == ["a/x.txt"]


async def test_a_failed_file_is_not_tried_again_until_it_or_the_pipeline_changes(store):
    await write(store, Document(place(), "0" * 64, failure=FAILED))
    assert await changed(store, [place()], pipeline="p1") == []
    assert await changed(store, [place(modified=2)], pipeline="p1") != []
    assert await changed(store, [place()], pipeline="p2") != []


async def test_a_passing_failure_is_tried_again(store):
    await write(store, Document(place(), failure=Failure("fetch", "unreadable", "gone", passing=True)))
    assert await changed(store, [place()], pipeline="p1") == [place()]


async def test_a_copy_whose_original_vanished_meanwhile_is_tried_again(store):
    written = await write(store, Document(place(), "0" * 64))
    assert written.outcomes == (Outcome.QUARANTINED,)
    assert await changed(store, [place()], pipeline="p1") == [place()]


async def test_only_contents_of_the_same_pipeline_are_known(store):
    await write(store, document(place(), "one"))
    hashes = [("t", "0" * 64), ("t", "1" * 64), ("other tenant", "0" * 64)]
    assert await known_contents(store, hashes, pipeline="p1") == {("t", "0" * 64)}
    assert await known_contents(store, hashes, pipeline="p2") == set()


async def test_a_write_that_broke_off_before_its_commit_is_not_found_and_can_be_repeated(store):
    whole = document(place(), "one", "two")
    await write(store, whole)
    finished = await state(store)
    await store.delete(DOCUMENTS, list(finished[0]))  # as if the process had died before its last write
    assert await search(store) == []
    written = await write(store, Document(place(), "0" * 64))
    await sweep(store, "t")
    assert written.outcomes == OK
    assert [hit.passages[0].text for hit in await search(store)] == ["one"]
    assert [{**payload, "sweep": []} for payload in (await state(store))[0].values()] == list(finished[0].values())


async def test_a_sweep_that_broke_off_is_finished_by_the_next(store):
    await write(store, document(place(), "old"))
    await write(store, document(place(modified=2), "new", sha="1" * 64))
    old = next(identity for identity, chunk in (await everything(store, CHUNKS)).items() if chunk["text"] == "old")
    await store.delete(CHUNKS, [old])  # as far as the first one came
    await sweep(store, "t")
    assert len(await everything(store, CONTENTS)) == 1
    assert all(payload["sweep"] == [] for payload in (await everything(store, DOCUMENTS)).values())


async def search(store, *, limit=10, **places):
    query = Query(limit=limit, dense=[1.0, 0.1, 0.0, 0.0])
    conditions = [AnyOf("tenant", ["t"]), *(AnyOf(field, [value]) for field, value in places.items())]
    return await find_hits(store, query, limit=limit, places=conditions)


async def test_a_hit_is_a_document_with_its_best_passage_and_all_its_places(store):
    await write(store, document(place("b/y.txt", "other"), "best", "second"), Document(place("a/x.txt"), "0" * 64))
    await sweep(store, "t")
    (hit,) = await search(store)
    assert (hit.passages[0].text, hit.title, hit.labels) == ("best", "A title", (Label("letter", 0.9, "v1"),))
    assert hit.uri == "file:///root/a/x.txt"
    assert hit.places == ("file:///root/a/x.txt", "file:///root/b/y.txt")


async def test_a_hit_shows_only_places_that_pass_the_conditions(store):
    await write(store, document(place("b/y.txt", "other"), "best"), Document(place("a/x.txt"), "0" * 64))
    (hit,) = await search(store, source="other")
    assert hit.places == ("file:///root/b/y.txt",)
    assert await search(store, source="nobody") == []


def copies(count, source="src"):
    return [Document(place(f"copies/{number:04}.txt", source), "1" * 64) for number in range(count)]


async def test_a_document_with_very_many_copies_hides_no_other(store):
    others = [document(place(f"{digit}.txt"), "other", sha=digit * 64) for digit in "2345"]
    await write(store, document(place("copies/0000.txt"), "copied", sha="1" * 64), *copies(3000), *others)
    hits = await search(store)
    assert sorted(len(hit.places) for hit in hits) == [1, 1, 1, 1, 100]
    assert {hit.uri[-5:] for hit in hits if len(hit.places) == 1} == {"2.txt", "3.txt", "4.txt", "5.txt"}


async def test_copies_that_do_not_pass_take_no_place_from_the_one_that_does(store):
    await write(store, document(place("z.txt", "other"), "copied", sha="1" * 64), *copies(1500))
    exact = Filter([AnyOf("source", ["other"])])
    (hit,) = await find_hits(store, Query(limit=1, dense=[1.0, 0.1, 0.0, 0.0]), limit=1, seen=Seen(exact=exact))
    assert hit.places == ("file:///root/z.txt",)


async def test_one_long_document_does_not_crowd_out_the_others(store):
    texts = [f"passage {i}" for i in range(60)]
    long = document(place("long.txt"), *texts, sha="1" * 64)
    vectors = np.tile(np.array([1, 0.1, 0, 0], np.float32), (60, 1))
    assert long.content
    long = Document(long.ref, long.sha256, Content(**{**_fields(long.content), "vectors": vectors}))
    await write(store, long, document(place("short.txt"), "short", sha="2" * 64))
    assert {hit.uri[-8:] for hit in await search(store, limit=2)} == {"long.txt", "hort.txt"}


def _fields(content):
    return {name: getattr(content, name) for name in Content.__slots__}


def archive(*members, ref=None, sha="a" * 64):
    """A document with members (name, hash) inside."""
    outer = ref or place("mail.zip")
    inside = [child_ref(outer, Child(name, b"")) for name, _ in members]
    children = [document(one, f"text of {one.uri}", sha=hash) for one, (_, hash) in zip(inside, members, strict=True)]
    whole = document(outer, "mail", sha=sha)
    content = replace(whole.content, children=len(children))
    return replace(whole, content=content, children=tuple(children))


async def uris(store):
    return {one["uri"].removeprefix("file:///root/") for one in (await everything(store, DOCUMENTS)).values()}


async def test_files_inside_a_document_are_documents_that_name_it(store):
    written = await write(store, archive(("a.txt", "b" * 64), ("b.txt", "c" * 64)))
    assert (written.outcomes, written.children, written.chunks) == (OK, 2, 3)
    assert await uris(store) == {"mail.zip", "mail.zip!/a.txt", "mail.zip!/b.txt"}
    places = await everything(store, DOCUMENTS)
    (outer,) = [identity for identity, one in places.items() if one.get("children") == 2]
    assert {one.get("parent") for identity, one in places.items() if identity != outer} == {outer}


async def test_a_member_that_left_its_archive_is_gone_after_the_sweep(store):
    await write(store, archive(("a.txt", "b" * 64), ("b.txt", "c" * 64)))
    await write(store, archive(("b.txt", "c" * 64), sha="d" * 64))
    await sweep(store, "t")
    assert await uris(store) == {"mail.zip", "mail.zip!/b.txt"}
    assert len(await everything(store, CONTENTS)) == 2


async def test_an_archive_takes_everything_inside_with_it(store):
    inner = archive(("deep.txt", "e" * 64), ref=child_ref(place("mail.zip"), Child("inner.zip", b"")))
    outer = archive(("a.txt", "b" * 64), sha="d" * 64)
    await write(store, replace(outer, children=(*outer.children, inner)))
    assert "mail.zip!/inner.zip!/deep.txt" in await uris(store)
    await delete(store, place("mail.zip"))
    assert await uris(store) == set()
    assert await everything(store, CHUNKS) == {}


async def test_an_archive_that_breaks_keeps_what_was_inside_until_it_can_be_read(store):
    await write(store, archive(("a.txt", "b" * 64)))
    await write(store, Document(place("mail.zip", modified=2.0), "f" * 64, failure=FAILED))
    await sweep(store, "t")
    assert await uris(store) == {"mail.zip", "mail.zip!/a.txt"}
    await write(store, archive(("b.txt", "c" * 64), sha="f" * 64))
    await sweep(store, "t")
    assert await uris(store) == {"mail.zip", "mail.zip!/b.txt"}


async def test_a_content_with_files_inside_is_opened_again_at_another_place(store):
    await write(store, archive(("a.txt", "b" * 64)))
    hashes = {("t", "a" * 64), ("t", "b" * 64)}
    assert await known_contents(store, hashes, pipeline="p1") == {("t", "b" * 64)}


async def test_a_content_without_vectors_is_marked_as_pending(store):
    whole = document(place(), "one")
    await write(store, replace(whole, content=replace(whole.content, vectors=None)))
    (content,) = (await everything(store, CONTENTS)).values()
    assert content["pending"] == ["embedding"]
    await write(store, document(place(), "one"), pipeline="p2")
    (content,) = (await everything(store, CONTENTS)).values()
    assert "pending" not in content


async def test_a_place_whose_content_was_swept_away_while_it_was_written_is_taken_anew(store):
    await write(store, document(place(), "one"))
    (identity,) = await everything(store, CONTENTS)
    await store.delete(CONTENTS, [identity])
    (found,) = (await store.scroll(DOCUMENTS))[0]
    await withdraw_vanished(store, [found])
    (of_place,) = (await everything(store, DOCUMENTS)).values()
    assert (of_place["outcome"], of_place["reason"]) == ("quarantined", "content_vanished")
    assert await changed(store, [place()], pipeline="p1") == [place()]


def in_both_sources(number):
    """The same file in two sources, as two workers bring it."""
    return [
        document(place(f"{folder}/{number}.txt", source), f"text {number}", sha=f"{number:064}")
        for folder, source in (("a", "one"), ("b", "two"))
    ]


async def lies_in(store):
    """Where each content says that it lies, and each of its passages."""
    return [
        (one["sources"], one["folders"])
        for collection in (CONTENTS, CHUNKS)
        for one in (await everything(store, collection)).values()
    ]


async def test_copies_that_two_writers_have_in_work_at_once_lie_in_both_places(store):
    for number in range(20):
        await asyncio.gather(*(write(store, one) for one in in_both_sources(number)))
    await sweep(store, "t")
    assert await lies_in(store) == [(["one", "two"], ["a", "b"])] * 40


@pytest.mark.parametrize("dies", [False, True])
async def test_copies_lie_in_both_places_whatever_the_order_of_their_writers(store, dies):
    """One comes before each call of the other in turn, which may die there; the next run then does what it left."""
    number, came = 0, True
    while came:
        slow, quick = in_both_sources(number)

        async def meanwhile(quick=quick):
            await write(store, quick)
            if dies:
                raise EOFError

        interrupted = Interrupted(store, number, meanwhile)
        with contextlib.suppress(EOFError):
            await write(interrupted, slow)
        came = interrupted.left < 0
        await write(store, *([] if came else [quick]))
        if await changed(store, [slow.ref], pipeline="p1"):
            await write(store, slow)
        await sweep(store, "t")
        number += 1
        assert await lies_in(store) == [(["one", "two"], ["a", "b"])] * 2 * number
        assert all(one["sweep"] == [] for one in (await everything(store, DOCUMENTS)).values())
    assert number > 5


async def test_new_contents_leave_no_work_for_the_sweep(store):
    await write(
        store, document(place(), "one"), Document(place("b/y.txt"), "0" * 64), document(place("c"), "two", sha="1" * 64)
    )
    assert [one["sweep"] for one in (await everything(store, DOCUMENTS)).values()] == [[]] * 3


async def test_all_places_of_a_content_that_the_model_cannot_take_are_in_quarantine(store):
    refs = [place(f"{number}.txt") for number in range(1100)]
    await write(store, document(refs[0], "odd"), *(Document(ref, "0" * 64) for ref in refs[1:]))
    await give_up(store, "t", ["0" * 64], stage="embed", detail="odd")
    assert await store.count(DOCUMENTS, Filter([AnyOf("outcome", ["quarantined"])])) == 1100
