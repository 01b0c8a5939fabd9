"""What people stated counts, whatever machines write before, meanwhile and after."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest

from ray_app.records import Label, content_id
from ray_app.store.annotations import Stated, apply_stated, history, state_labels, stated_contents
from ray_app.store.collections import ANNOTATIONS, CHUNKS, CONTENTS, DOCUMENTS
from ray_app.store.erasure import erase_document
from ray_app.store.pending import complete, read_contents
from ray_app.store.points import STATED, labels, place_id
from ray_app.store.protocol import AnyOf, Filter
from ray_app.store.removal import mark_deleted
from ray_app.store.sweep import sweep
from tests.store.interrupted import Interrupted
from tests.store.test_writer import document, place, store, write

__all__ = ["store"]  # the fixture: each test runs over both engines
pytestmark = pytest.mark.anyio

CONTENT = content_id("t", "0" * 64)


async def state(store, *labels, who="u1 (Ulla)"):
    return await state_labels(store, Stated(tenant="t", content=CONTENT, labels=labels, who=who))


async def found_by(store):
    """The labels that the content and its passages are found by."""
    content = (await store.retrieve(CONTENTS, [CONTENT]))[0].payload
    passages, _ = await store.scroll(CHUNKS, filter=Filter([AnyOf("content", [CONTENT])]))
    assert {tuple(one.payload["label"]) for one in passages} == {tuple(content["label"])}
    return content["label"]


async def test_a_stated_label_comes_before_the_judged_ones(store):
    await write(store, document(place(), "one", "two"))
    made = await state(store, "invoice")
    assert (await found_by(store), made.before) == (["invoice"], ("letter",))
    content = (await store.retrieve(CONTENTS, [CONTENT]))[0].payload
    assert labels(content) == (Label("invoice", 1.0, STATED), Label("letter", 0.9, "v1"))


async def test_a_run_that_writes_the_content_anew_leaves_it(store):
    await write(store, document(place(), "one"))
    await state(store, "invoice")
    await write(store, document(place(), "one"), run="r2", pipeline="p2")
    assert await found_by(store) == ["invoice"]


async def test_a_backfill_leaves_it(store):
    later = document(place(), "one")
    await write(store, replace(later, content=replace(later.content, vectors=None, labels=())))
    await state(store, "invoice")
    (content,) = await read_contents(store, "t", [CONTENT])
    await complete(store, "t", [replace(content, vectors=later.content.vectors, labels=later.content.labels)])
    assert await found_by(store) == ["invoice"]


async def test_a_statement_waits_for_its_content(store):
    await state(store, "invoice")
    await write(store, document(place(), "one"))
    assert await found_by(store) == ["invoice"]


async def test_the_last_statement_counts_and_none_is_forgotten(store):
    await write(store, document(place(), "one"))
    await state(store, "invoice")
    await state(store, "contract", "policy", who="u2 (Bo)")
    assert await found_by(store) == ["contract", "policy"]
    told = await history(store, CONTENT)
    assert [(one.labels, one.before, one.who) for one in told] == [
        (("contract", "policy"), ("invoice",), "u2 (Bo)"),
        (("invoice",), ("letter",), "u1 (Ulla)"),
    ]


async def test_what_is_withdrawn_gives_way_to_what_was_judged(store):
    await write(store, document(place(), "one"))
    await state(store, "invoice")
    await state(store)
    assert (await found_by(store), await stated_contents(store, "t")) == (["letter"], {})
    assert len(await history(store, CONTENT)) == 2


async def test_it_goes_when_the_document_is_erased_and_not_while_a_copy_is_left(store):
    copy = place("b/copy.txt")
    await write(store, document(place(), "one"), document(copy, "one"))
    await state(store, "invoice")
    await erase_document(store, "t", place_id(place()), erase=lambda sha256: None)
    assert len(await history(store, CONTENT)) == 1
    await erase_document(store, "t", place_id(copy), erase=lambda sha256: None)
    assert await history(store, CONTENT) == []


async def test_it_goes_with_an_erasure_that_broke_off_anywhere_and_was_repeated(store):
    async def dies():
        raise EOFError

    number, died = 0, True
    while died:
        await write(store, document(place(), "one"))
        await state(store, "invoice")
        interrupted = Interrupted(store, number, dies)
        with contextlib.suppress(EOFError):
            await erase_document(interrupted, "t", place_id(place()), erase=lambda sha256: None)
        died = interrupted.left < 0
        await erase_document(store, "t", place_id(place()), erase=lambda sha256: None)
        assert await history(store, CONTENT) == [], number
        number += 1
    assert number > 5


async def test_it_goes_when_two_copies_are_erased_at_the_same_time(store):
    """The one whole before each call of the other's erasure in turn."""
    copy = place("b/copy.txt")

    async def meanwhile():
        await erase_document(store, "t", place_id(copy), erase=lambda sha256: None)

    number, came = 0, True
    while came:
        await write(store, document(place(), "one"), document(copy, "one"))
        await state(store, "invoice")
        interrupted = Interrupted(store, number, meanwhile)
        await erase_document(interrupted, "t", place_id(place()), erase=lambda sha256: None)
        came = interrupted.left < 0
        await meanwhile()
        assert await history(store, CONTENT) == [], number
        number += 1
    assert number > 5


async def test_it_stays_when_the_file_vanishes(store):
    await write(store, document(place(), "one"))
    await state(store, "invoice")
    places, _ = await store.scroll(DOCUMENTS)
    await mark_deleted(store, places, run="r2")
    await sweep(store, "t")
    await write(store, document(place("c/back.txt"), "one"))
    assert await found_by(store) == ["invoice"]


async def test_only_contents_with_a_statement_are_for_training(store):
    other = replace(place("b/y.txt"), size=11)
    await write(store, document(place(), "one"), document(other, "two", sha="1" * 64))
    await state(store, "invoice")
    assert await stated_contents(store, "t") == {CONTENT: ("invoice",)}
    assert await stated_contents(store, "elsewhere") == {}


async def test_applying_it_again_changes_nothing(store):
    await write(store, document(place(), "one"))
    await state(store, "invoice")
    before = (await store.retrieve(CONTENTS, [CONTENT]))[0].payload
    await apply_stated(store, [CONTENT])
    assert (await store.retrieve(CONTENTS, [CONTENT]))[0].payload == before
    assert await store.count(ANNOTATIONS) == 1
