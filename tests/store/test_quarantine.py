"""Quarantined documents are found, counted, and given another try."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest

from ray_app.errors import NotFoundError
from ray_app.records import Child, Document, Failure, FileRef, child_ref
from ray_app.store.leases import Lease, acquire, alive, renew, this_process
from ray_app.store.lookup import changed
from ray_app.store.points import place_id
from ray_app.store.quarantine import all_quarantined, find_places, forget_verdict, outermost, reasons, stored_ref
from tests.store.test_writer import document, place, store, write  # noqa: F401 (a fixture)

pytestmark = pytest.mark.anyio


def failed(ref, reason="damaged"):
    return Document(ref, "1" * 64, failure=Failure("parse", reason, "detail"))


async def test_they_are_counted_by_reason_and_filtered(store):  # noqa: F811
    refs = [place(f"{name}.pdf") for name in "abc"]
    await write(store, failed(refs[0]), failed(refs[1], "password"), failed(refs[2]), document(place(), "text"))
    assert await reasons(store, "t") == {"damaged": 2, "password": 1}
    assert await reasons(store, "other") == {}
    found = [one.payload["uri"] async for one in all_quarantined(store, "t", reason="password", source="src")]
    assert found == [refs[1].uri]


async def test_a_document_is_found_by_its_id_and_by_its_uri_but_not_its_folder(store):  # noqa: F811
    ref = place("a/x.pdf")
    await write(store, failed(ref), failed(place("a/x.pdf", source="other")), failed(place("a/x.pdf.txt")))
    assert [one.id for one in await find_places(store, "t", place_id(ref))] == [place_id(ref)]
    assert {one.payload["source"] for one in await find_places(store, "t", ref.uri)} == {"src", "other"}
    for unknown in ("file:///root/a", place_id(place("never.txt"))):
        with pytest.raises(NotFoundError, match="name its id or its whole URI"):
            await find_places(store, "t", unknown)


async def test_what_lies_inside_another_is_tried_again_through_the_outermost(store):  # noqa: F811
    top = place("mail.eml")
    archive = child_ref(top, Child("files.zip", b""))
    inner = child_ref(archive, Child("broken.pdf", b""))
    tree = Document(archive, "3" * 64, document(archive, "text", sha="3" * 64).content, children=(failed(inner),))
    whole = Document(top, "2" * 64, document(top, "text", sha="2" * 64).content, children=(tree,))
    await write(store, whole)
    places = await find_places(store, "t", inner.uri)
    assert [one.payload["uri"] for one in await outermost(store, [*places, *places])] == [top.uri]


async def test_a_forgotten_verdict_makes_the_file_count_as_changed(store):  # noqa: F811
    ref = place("x.pdf")
    await write(store, failed(ref))
    assert await changed(store, [ref], pipeline="p1") == []
    await forget_verdict(store, await find_places(store, "t", ref.uri))
    assert await changed(store, [ref], pipeline="p1") == [ref]


async def test_a_file_is_known_again_from_its_place(store):  # noqa: F811
    refs = [
        FileRef(f"file:///root/{number}.pdf", f"{number}.pdf", "src", "t", 10, modified, etag)
        for number, (modified, etag) in enumerate([(0.0, ""), (1764000000.123456, "a-b-1"), (-5.25, "")])
    ]
    await write(store, *map(failed, refs))
    for ref in refs:
        (found,) = await find_places(store, "t", ref.uri)
        assert stored_ref(found.payload) == ref


def lease(run, holder):
    return Lease(tenant="t", source="papers", run=run, holder=holder)


async def test_a_run_of_this_machine_lives_as_long_as_its_process(store):  # noqa: F811
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    gone = this_process().replace(str(os.getpid()), str(ended.pid))
    await acquire(store, [lease("here", this_process())], lease_s=1)
    assert await alive(store, {"here": "t", "never": "t"}, lease_s=0.1) == {"here"}
    await renew(store, [lease("here", gone)], 1)
    assert await alive(store, {"here": "t"}, lease_s=0.1) == set()


async def test_a_run_of_another_machine_is_watched_for_a_sign_of_life(store):  # noqa: F811
    held = [lease("there", "process 1 on elsewhere")]
    await acquire(store, held, lease_s=1)
    assert await alive(store, {"there": "t"}, lease_s=1) == set()
    watching = asyncio.create_task(alive(store, {"there": "t"}, lease_s=10))
    await asyncio.sleep(0.5)
    await renew(store, held, 7)
    assert await asyncio.wait_for(watching, 5) == {"there"}
