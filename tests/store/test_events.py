"""The event log over each engine: its order, who sees what, and what is left out by age."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qdrant_client import AsyncQdrantClient

from ray_app.errors import QueryError
from ray_app.settings import StoreSettings
from ray_app.store import events as log
from ray_app.store.edge import EdgeStore
from ray_app.store.events import append_events, log_end, new_event, next_events, prune_events, read_events
from ray_app.store.named_sources import NamedSource, save_source
from ray_app.store.protocol import Store
from ray_app.store.scope import Scope
from ray_app.store.server import ServerStore

pytestmark = pytest.mark.anyio
ALL = Scope("acme")


@pytest.fixture(params=["edge", "local"])
async def store(request, tmp_path) -> AsyncIterator[Store]:
    opened: Store
    if request.param == "edge":
        opened = await EdgeStore.open(tmp_path, StoreSettings())
    else:
        opened = ServerStore(AsyncQdrantClient(":memory:"), "test")
    await opened.ensure(fingerprint="f0", dimension=8)
    yield opened
    await opened.close()


def numbered(*numbers, topic="job", tenant="acme", source=None):
    return [new_event(topic, tenant=tenant, source=source, data={"n": number}) for number in numbers]


def numbers(events):
    return [event.data["n"] for event in events]


async def test_events_come_back_in_the_order_in_which_they_were_written(store):
    written = await append_events(store, numbered(*range(600)))
    written += await append_events(store, numbered(600, 601))
    read = await read_events(store, ALL, limit=1000)
    assert numbers(read) == list(range(602))
    assert read == written
    assert sorted({event.id for event in read}) == [event.id for event in read]
    assert read[0].at.endswith("Z")


async def test_reading_goes_on_behind_an_event_that_was_seen(store):
    await append_events(store, numbered(*range(10)))
    first = await read_events(store, ALL, limit=4)
    assert numbers(await read_events(store, ALL, after=first[-1].id)) == [4, 5, 6, 7, 8, 9]


async def test_reading_goes_on_where_the_event_itself_is_gone(store):
    first, *_ = await append_events(store, numbered(*range(3)))
    await store.delete("registry", [first.id])
    assert numbers(await read_events(store, ALL, after=first.id)) == [1, 2]


async def test_what_comes_at_the_same_time_has_one_order(store):
    await asyncio.gather(*(append_events(store, numbered(number)) for number in range(30)))
    read = await read_events(store, ALL)
    assert sorted(numbers(read)) == list(range(30))
    for at in range(29):
        assert numbers(await read_events(store, ALL, after=read[at].id)) == numbers(read[at + 1 :])


async def test_topics_and_tenants_are_kept_apart(store):
    await append_events(store, numbered(1) + numbered(2, topic="document") + numbered(3, tenant="other"))
    assert numbers(await read_events(store, ALL, topics=["document"])) == [2]
    assert numbers(await read_events(store, ALL)) == [1, 2]
    assert numbers(await read_events(store, Scope("other"))) == [3]


async def test_events_of_hidden_sources_are_left_out(store):
    await save_source(store, NamedSource(name="open", tenant="acme", uri="/open"))
    await save_source(store, NamedSource(name="board", tenant="acme", uri="/board", groups=("board",)))
    await append_events(store, numbered(1, source="open") + numbered(2, source="board") + numbered(3))
    assert numbers(await read_events(store, Scope("acme", ("staff",)))) == [1, 3]
    assert numbers(await read_events(store, Scope("acme", ("board",)))) == [1, 2, 3]


async def test_who_sees_little_reads_past_what_is_hidden(store):
    await save_source(store, NamedSource(name="board", tenant="acme", uri="/board", groups=("board",)))
    await append_events(store, numbered(*range(700), source="board") + numbered(700, 701))
    assert numbers(await read_events(store, Scope("acme", ()), limit=1)) == [700]


async def test_what_is_written_after_the_end_was_asked_for_is_behind_it(store):
    await append_events(store, numbered(1))
    end = await log_end(store)
    await append_events(store, numbered(2))
    assert numbers(await next_events(store, end)) == [2]


async def test_who_waits_is_woken_by_the_next_event(store):
    end = await log_end(store)
    waiting = asyncio.ensure_future(next_events(store, end, wait_s=60))
    await asyncio.sleep(0.05)
    await append_events(store, numbered(1))
    assert numbers(await asyncio.wait_for(waiting, 10)) == [1]


async def test_a_wait_ends_with_nothing_where_nothing_comes(store):
    assert await next_events(store, await log_end(store), wait_s=0.05) == []


async def test_the_order_outlives_a_clock_that_is_set_back(store, monkeypatch):
    await append_events(store, numbered(1))
    real = log._now
    monkeypatch.setattr(log, "_now", lambda: real() - (3_600_000 << 12))
    await append_events(store, numbered(2))
    log._sequences.clear()  # as after a restart
    await append_events(store, numbered(3))
    assert numbers(await read_events(store, ALL)) == [1, 2, 3]


async def test_events_that_are_not_settled_are_left_for_later(store):
    await append_events(store, numbered(1))
    assert await read_events(store, ALL, settle_s=60) == []
    assert numbers(await read_events(store, ALL, settle_s=0)) == [1]


async def test_old_events_are_removed_and_young_ones_kept(store, monkeypatch):
    real = log._now
    with monkeypatch.context() as back:
        back.setattr(log, "_now", lambda: real() - (10_000_000 << 12))
        await append_events(store, numbered(*range(600)))
        log._sequences.clear()
    await append_events(store, numbered(600))
    assert await prune_events(store, keep_s=3600) == 600
    assert numbers(await read_events(store, ALL)) == [600]


@pytest.mark.parametrize("after", ["x", "", str(uuid.uuid4())])
async def test_what_is_no_events_id_is_refused(store, after):
    with pytest.raises(QueryError, match="no event's id"):
        await read_events(store, ALL, after=after)


async def test_the_order_outlives_a_restart(tmp_path):
    for number in range(3):
        store = await EdgeStore.open(tmp_path, StoreSettings())
        await store.ensure(fingerprint="f0", dimension=8)
        await append_events(store, numbered(number))
        await store.close()
    store = await EdgeStore.open(tmp_path, StoreSettings())
    assert numbers(await read_events(store, ALL)) == [0, 1, 2]
    await store.close()


@given(st.lists(st.integers(0, (1 << 60) - 1), min_size=2, max_size=20))
def test_ids_sort_as_their_numbers_do(drawn):
    ids = [log._lowest(number, 7) for number in drawn]
    assert [log._number(one) for one in ids] == drawn
    assert [log._number(one) for one in sorted(ids)] == sorted(drawn)
    assert {uuid.UUID(one).version for one in ids} == {7}
