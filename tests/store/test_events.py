"""The event log: one order for all, nothing left out and nothing twice, and for each caller what it may see."""

from __future__ import annotations

import asyncio
import shutil
import time
import uuid
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from qdrant_client import AsyncQdrantClient

from ray_app.errors import QueryError
from ray_app.settings import StoreSettings
from ray_app.store import collections
from ray_app.store.edge import EdgeStore
from ray_app.store.events import (
    BEGINNING,
    append_events,
    end_of_log,
    erase_events,
    new_event,
    prune_events,
    read_events,
    read_log,
    time_of,
)
from ray_app.store.named_sources import NamedSource, remove_source, save_source
from ray_app.store.runs import Run, find_run, save_run
from ray_app.store.scope import Scope
from ray_app.store.server import ServerStore

pytestmark = pytest.mark.anyio

ALL = Scope("t")
DAY_S = 86_400


@pytest.fixture(params=["edge", "local"])
async def store(request, tmp_path):
    edge = request.param == "edge"
    store = await opened(tmp_path) if edge else ServerStore(AsyncQdrantClient(":memory:"), "test")
    await store.ensure(fingerprint="f0", dimension=4)
    yield store
    await store.close()


@pytest.fixture
async def edge(tmp_path):
    store = await opened(tmp_path)
    yield store
    await store.close()


async def opened(folder):
    store = await EdgeStore.open(folder, StoreSettings())
    await store.ensure(fingerprint="f0", dimension=4)
    return store


def numbered(number, topic="job", tenant="t", source=None, **data):
    return new_event(topic, tenant=tenant, source=source, data={"n": number, **data})


def numbers(events):
    return [event.data["n"] for event in events]


async def everything(store, scope=ALL, page=7, **wanted):
    """All events, page by page, each page behind the last id of the one before."""
    found, after = [], None
    while events := await read_events(store, scope, after=after, limit=page, **wanted):
        found += events
        after = events[-1].id
    return found


async def test_events_are_read_in_the_order_in_which_they_were_appended(store):
    for start in (0, 10, 20):
        appended = await append_events(store, [numbered(start + n) for n in range(10)])
        assert numbers(appended) == list(range(start, start + 10))
    found = await everything(store)
    assert numbers(found) == list(range(30))
    assert [event.id for event in found] == sorted({event.id for event in found})
    assert await end_of_log(store) == found[-1].id


async def test_an_event_comes_back_as_it_was_with_its_place_in_the_log(store):
    event = numbered(1, "document", source="wiki", document="d1", uri="file:///a", nested={"x": [1, None]})
    (appended,) = await append_events(store, [event])
    assert appended == event.model_copy(update={"id": appended.id})
    assert await read_events(store, ALL) == [appended]
    assert abs(time_of(appended.id) - time.time()) < 60


async def test_appending_the_same_events_again_adds_nothing(store):
    events = [numbered(n) for n in range(3)]
    first = await append_events(store, events)
    again = await append_events(store, [*events, numbered(3)])
    assert again[:3] == first
    assert numbers(await everything(store)) == [0, 1, 2, 3]


async def test_a_reader_beside_many_appenders_sees_each_event_once_and_in_order(store):
    async def append(who):
        for n in range(10):
            await append_events(store, [numbered((who, n, part)) for part in range(3)])

    async def follow():
        seen = []
        while len(seen) < 8 * 30:
            await asyncio.sleep(0)  # the local engine never waits
            seen += await read_events(store, ALL, after=seen[-1].id if seen else None, limit=5)
        return seen

    follower = asyncio.create_task(follow())
    await asyncio.gather(*(append(who) for who in range(8)))
    seen = await follower
    assert [event.id for event in seen] == [event.id for event in await everything(store)]
    assert sorted(tuple(n) for n in numbers(seen)) == [(w, n, p) for w in range(8) for n in range(10) for p in range(3)]
    for who in range(8):
        assert [n for n in numbers(seen) if n[0] == who] == [[who, n, p] for n in range(10) for p in range(3)]


@pytest.mark.slow
@given(
    batches=st.lists(st.integers(0, 5), max_size=8),
    page=st.integers(1, 6),
    restarts=st.sets(st.integers(0, 7)),
)
@examples(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_the_pages_and_restarts_the_pages_are_the_log(tmp_path, batches, page, restarts):
    folder = tmp_path / uuid.uuid4().hex
    store, count, seen = await opened(folder), 0, []
    for step, size in enumerate(batches):
        await append_events(store, [numbered(count + n) for n in range(size)])
        count += size
        if step in restarts:
            await store.close()
            store = await opened(folder)
        seen += await read_events(store, ALL, after=seen[-1].id if seen else None, limit=page)
    while more := await read_events(store, ALL, after=seen[-1].id if seen else None, limit=page):
        seen += more
    await store.close()
    shutil.rmtree(folder)
    assert numbers(seen) == list(range(count))


async def test_a_clock_that_is_set_back_moves_no_event_behind_a_reader(tmp_path, monkeypatch):
    store = await opened(tmp_path)
    await append_events(store, [numbered(0)])
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - DAY_S)
    await append_events(store, [numbered(1)])
    await store.close()
    store = await opened(tmp_path)
    await append_events(store, [numbered(2)])
    assert numbers(await everything(store, page=1)) == [0, 1, 2]
    await store.close()


@pytest.mark.parametrize(
    ("scope", "visible"),
    [
        (Scope("t"), {"wiki", "board", "unheard-of", None}),
        (Scope("t", ("board",)), {"wiki", "board", "unheard-of", None}),
        (Scope("t", ("others",)), {"wiki", "unheard-of"}),
        (Scope("t", ()), {"wiki", "unheard-of"}),
        (Scope("u", ()), {"board"}),
        (Scope("nobody"), set()),
    ],
)
async def test_a_scope_shows_no_event_of_hidden_sources_nor_one_that_is_about_them_too(store, scope, visible):
    await save_source(store, NamedSource(name="board", tenant="t", uri="file:///board", groups=("board",)))
    await save_source(store, NamedSource(name="wiki", tenant="t", uri="file:///wiki"))
    sources = ["wiki", "board", "unheard-of", None]
    await append_events(store, [numbered(n, source=source) for n, source in enumerate(sources)])
    await append_events(store, [numbered(9, tenant="u", source="board")])
    assert {event.source for event in await everything(store, scope)} == visible


async def test_an_event_is_hidden_from_the_moment_its_source_is(store):
    await append_events(store, [numbered(0, source="board")])
    assert numbers(await read_events(store, Scope("t", ()))) == [0]
    await save_source(store, NamedSource(name="board", tenant="t", uri="file:///board", groups=("board",)))
    assert await read_events(store, Scope("t", ())) == []


async def test_the_events_of_a_source_go_with_it_since_nothing_would_hide_them_any_more(store):
    await save_source(store, NamedSource(name="board", tenant="t", uri="file:///board", groups=("board",)))
    events = [numbered(n, source="board") for n in range(300)]
    await append_events(store, [*events, numbered(300, source="wiki"), numbered(301, tenant="u", source="board")])
    await remove_source(store, "t", "board")
    assert numbers(await read_log(store, after=BEGINNING, limit=1000)) == [300, 301]


async def test_topics_choose(store):
    topics = ["job", "document", "label", "source", "webhook", "job"]
    await append_events(store, [numbered(n, topic) for n, topic in enumerate(topics)])
    assert numbers(await everything(store, topics=["job"])) == [0, 5]
    assert numbers(await everything(store, page=1, topics=["label", "source"])) == [2, 3]


async def test_the_log_of_all_tenants_is_read_on_behind_an_id(store):
    appended = await append_events(store, [numbered(n, tenant=tenant) for n, tenant in enumerate("tut")])
    assert numbers(await read_log(store, after=appended[0].id, limit=10)) == [1, 2]
    assert await read_log(store, after=await end_of_log(store), limit=10) == []


async def test_an_empty_log_has_an_end_too(store):
    assert await end_of_log(store) == await end_of_log(store, settle_s=5) == BEGINNING
    await append_events(store, [numbered(0)])
    assert numbers(await read_events(store, ALL, after=BEGINNING)) == [0]


@pytest.mark.parametrize("after", ["", "x", "12", "' or 1"])
async def test_what_is_no_id_is_refused(edge, after):
    with pytest.raises(QueryError, match="is no event's id") as refused:
        await read_events(edge, ALL, after=after)
    assert refused.value.reason == "invalid-cursor"


async def test_young_events_wait_where_others_may_still_come_in_before_them(store, monkeypatch):
    await append_events(store, [numbered(0)])
    end = await end_of_log(store)
    assert await read_events(store, ALL, settle_s=60) == []
    assert await end_of_log(store, settle_s=60) < end
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 61)
    assert numbers(await read_events(store, ALL, settle_s=60)) == [0]
    assert await end_of_log(store, settle_s=60) == end


async def test_old_events_are_removed_and_nothing_else_is(store, monkeypatch):
    run = Run(id="r1", tenant="t", uris=[], started="2020-01-01T00:00:00Z")
    await save_run(store, run)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 31 * DAY_S)
    await append_events(store, [numbered(n) for n in range(300)])
    monkeypatch.setattr(time, "time", lambda: now)
    await append_events(store, [numbered(300)])
    assert [await prune_events(store, keep_days=30) for _ in range(3)] == [256, 44, 0]
    assert numbers(await everything(store)) == [300]
    assert await find_run(store, "t", "r1") == run


async def test_the_events_of_an_erased_document_go_with_it(store):
    await append_events(store, [numbered(n, "document", document=f"d{n % 2}") for n in range(600)])
    await append_events(store, [numbered(600, "document", tenant="u", document="d1"), numbered(601)])
    await erase_events(store, "t", ["d1"])
    left = numbers(await read_log(store, after=BEGINNING, limit=1000))
    assert left == [*range(0, 600, 2), 600, 601]


async def test_an_index_from_before_there_were_events_gets_them(tmp_path, monkeypatch):
    registry = collections.COLLECTIONS[collections.REGISTRY]
    before = {name: kind for name, kind in registry.fields.items() if name in ("kind", "tenant", "started")}
    monkeypatch.setitem(collections.COLLECTIONS, collections.REGISTRY, replace(registry, fields=before))
    old = await opened(tmp_path)
    run = Run(id="r1", tenant="t", uris=[], started="2020-01-01T00:00:00Z")
    await save_run(old, run)
    await old.close()
    monkeypatch.undo()
    store = await opened(tmp_path)
    await append_events(store, [numbered(0, source="wiki")])
    assert numbers(await read_events(store, ALL, topics=["job"])) == [0]
    assert await find_run(store, "t", "r1") == run
    await store.close()


@pytest.mark.slow
def test_appenders_in_several_processes_leave_one_log(owned):
    import ray

    from ray_app.store import open_store

    async def make(store):
        await store.ensure(fingerprint="f0", dimension=4)

    async def append(who):
        store = await open_store(owned)
        for n in range(20):
            await append_events(store, [numbered((who, n))])

    async def read():
        return await everything(await open_store(owned))

    async def prepare():
        await make(await open_store(owned))

    asyncio.run(prepare())
    task = ray.remote(num_cpus=0)(lambda who: asyncio.run(append(who)))
    ray.get([task.remote(who) for who in range(3)])
    events = asyncio.run(read())
    assert [event.id for event in events] == sorted({event.id for event in events})
    assert sorted(numbers(events)) == [[who, n] for who in range(3) for n in range(20)]
