"""Backfills over contents that cannot be worked on, on the real engine and without a cluster."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ray_app.backfill.run import _rounds
from ray_app.backfill.tasks import TASKS, read_for
from ray_app.records import content_id
from ray_app.settings import Settings, StoreSettings
from ray_app.store.collections import CHUNKS, CONTENTS, DOCUMENTS
from ray_app.store.edge import EdgeStore
from ray_app.store.pending import give_up
from ray_app.store.points import chunk_ids
from tests.store.test_writer import DIMENSION, document, place, write


@pytest.fixture
def runner():
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path, tenant="t")


@pytest.fixture
def store(runner, settings):
    store = runner.run(EdgeStore.open(settings.index_dir, StoreSettings()))
    runner.run(store.ensure(fingerprint="f", dimension=DIMENSION))
    yield store
    runner.run(store.close())


async def write_one(store, name, *, vectors=True):
    """Its hash is the name, repeated."""
    whole = document(place(f"{name}.txt"), name, sha=name * 64)
    content = replace(whole.content, labels=(), vectors=whole.content.vectors if vectors else None)
    await write(store, replace(whole, content=content))
    return content_id("t", name * 64)


async def lose_passages(store, identity):
    (content,) = await store.retrieve(CONTENTS, [identity])
    await store.delete(CHUNKS, chunk_ids(content.payload, "t"))


def fill(runner, store, settings, name):
    """What each round of a backfill works on; the work itself changes nothing but the vectors."""
    task, rounds = TASKS[name], []
    for ids in _rounds(runner, store, settings, task.left(settings), None):
        contents = runner.run(read_for(task, store, settings, ids))
        vectors = document(place(), "one").content.vectors
        done = [replace(one, vectors=vectors, searched_by=searched(settings)) for one in contents]
        runner.run(task.write(store, settings, done))
        rounds.append([content_id("t", one.sha256) for one in contents])
    return rounds


def searched(settings):
    from ray_app.ingest.enriching import entities_version

    return entities_version(settings)


def test_labels_are_told_of_the_others_where_the_embedding_gave_one_up(runner, store, settings):
    runner.run(write_one(store, "a", vectors=False))
    well = runner.run(write_one(store, "b"))
    runner.run(give_up(store, "t", ["a" * 64], stage="embed", detail="odd"))
    assert fill(runner, store, settings, "labels") == [[well]]
    assert fill(runner, store, settings, "labels") == []


@pytest.mark.parametrize("name", ["embedding", "labels", "entities"])
def test_a_content_whose_passages_are_gone_does_not_hold_a_backfill_up(runner, store, settings, name):
    lost = runner.run(write_one(store, "a", vectors=name != "embedding"))
    well = runner.run(write_one(store, "b", vectors=name != "embedding"))
    runner.run(lose_passages(store, lost))
    assert fill(runner, store, settings, name) == [[well]]
    assert fill(runner, store, settings, name) == []


def test_a_document_whose_passages_were_gone_before_they_were_embedded_is_told_of_and_can_be_made_anew(
    runner, store, settings
):
    lost = runner.run(write_one(store, "a", vectors=False))
    runner.run(lose_passages(store, lost))
    fill(runner, store, settings, "embedding")
    (told,), _ = runner.run(store.scroll(DOCUMENTS, limit=10))
    assert (told.payload["outcome"], told.payload["stage"]) == ("quarantined", "embed")
    (content,) = runner.run(store.retrieve(CONTENTS, [lost]))
    assert content.payload["incomplete"]
