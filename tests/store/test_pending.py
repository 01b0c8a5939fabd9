"""Stored contents that are worked on again, on the real engine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ray_app.records import content_id
from ray_app.settings import StoreSettings
from ray_app.store.edge import EdgeStore
from ray_app.store.pending import complete, latest, pending_of, read_contents
from tests.store.test_writer import DIMENSION, document, place, write

pytestmark = pytest.mark.anyio


@pytest.fixture
async def store(tmp_path):
    store = await EdgeStore.open(tmp_path, StoreSettings())
    await store.ensure(fingerprint="f", dimension=DIMENSION)
    yield store
    await store.close()


async def write_one(store, name, *, date="2025-01-01T00:00:00Z", vectors=True):
    """Its hash is the name, repeated."""
    whole = document(place(f"{name}.txt"), name, sha=name * 64)
    kept = whole.content.vectors if vectors else None
    await write(store, replace(whole, content=replace(whole.content, date=date, vectors=kept)))
    return content_id("t", name * 64)


@pytest.mark.parametrize("date", ["0000-00-00", "2024-02-30", "2024-05-06T10:00Z"])
async def test_a_content_whose_date_cannot_be_read_is_taken_after_the_others(store, date):
    odd = await write_one(store, "a", date=date, vectors=False)
    old = await write_one(store, "b", date="2001-01-01T00:00:00Z", vectors=False)
    new = await write_one(store, "c", date="2024-01-01T00:00:00Z", vectors=False)
    which, vectors = pending_of("t"), document(place(), "a").content.vectors
    assert await latest(store, which, limit=10) == [new, old]
    done = await read_contents(store, "t", [new, old])
    await complete(store, "t", [replace(one, vectors=vectors) for one in done])
    assert await latest(store, which, limit=10) == [odd]
