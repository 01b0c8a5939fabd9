"""Passages that a new pipeline writes while another run sweeps, which may take them for those of an older one."""

from __future__ import annotations

import pytest

from ray_app.records import Document
from ray_app.store.collections import CHUNKS, CONTENTS
from ray_app.store.lookup import changed
from ray_app.store.sweep import sweep
from tests.store.interrupted import Interrupted
from tests.store.test_writer import delete, document, everything, mark, place, store, write

__all__ = ["store"]  # the fixture: each test runs over both engines
pytestmark = pytest.mark.anyio

GONE = place("c.txt")
NEWER = document(place("b/y.txt", "other"), "three", "four")


async def each_moment(store, disturb):
    """`disturb(number)` says whether it was interrupted before its call of that number; is NEWER there in the end?"""
    number, came = 0, True
    while came:
        older = document(place(), "one", "two")
        await write(store, older, Document(NEWER.ref, NEWER.sha256), Document(GONE, NEWER.sha256))
        await mark(store, GONE)  # a sweep has to look at their content
        came = await disturb(number)
        await sweep(store, "t")
        while await changed(store, [NEWER.ref], pipeline="p2"):  # for the next run
            await write(store, NEWER, pipeline="p2")
            await sweep(store, "t")
        assert sorted(chunk["text"] for chunk in (await everything(store, CHUNKS)).values()) == ["four", "three"]
        assert not any(content.get("incomplete") for content in (await everything(store, CONTENTS)).values())
        await delete(store, older.ref, NEWER.ref)
        number += 1
    assert number > 5


async def test_they_are_there_whenever_the_other_sweeps(store):
    async def disturb(number):
        interrupted = Interrupted(store, number, lambda: sweep(store, "t"))
        await write(interrupted, NEWER, pipeline="p2")
        return interrupted.left < 0

    await each_moment(store, disturb)


@pytest.mark.parametrize("sweeps", [False, True])
async def test_they_are_there_whenever_they_come_into_the_sweep(store, sweeps):
    async def meanwhile():
        await write(store, NEWER, pipeline="p2")
        if sweeps:
            await sweep(store, "t")

    async def disturb(number):
        interrupted = Interrupted(store, number, meanwhile)
        await sweep(interrupted, "t")
        return interrupted.left < 0

    await each_moment(store, disturb)
