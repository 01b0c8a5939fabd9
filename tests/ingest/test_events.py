"""What a run tells the event log, and that it never fails of it."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from dataclasses import replace

import pytest

from ray_app.ingest.events import telling
from ray_app.ingest.progress import Failed, Snapshot
from ray_app.records import document_id
from ray_app.settings import EventSettings, Settings
from ray_app.store.edge import EdgeStore
from ray_app.store.events import read_events
from ray_app.store.runs import Run
from ray_app.store.scope import Scope
from tests.conftest import EXAMPLES
from tests.ingest.test_run import asked, run

WHOLE = Scope("default")
RUN = Run(id="r1", tenant="default", uris=["file:///a"], started="2026-01-01T00:00:00Z")


@pytest.fixture
def empty(tmp_path):
    settings = Settings(data_dir=tmp_path, events=EventSettings(progress_s=1e-9, documents_per_run=3, poll_s=0.01))
    with_store(settings, lambda store: store.ensure(fingerprint="f0", dimension=4))
    return settings


def with_store(settings, work):
    async def run_it():
        store = await EdgeStore.open(settings.index_dir, settings.store)
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run_it())


def told(settings, scope=WHOLE):
    return with_store(settings, lambda store: read_events(store, scope, limit=1000))


def failed(number):
    return Failed(f"d{number}", f"file:///a/{number}", "wiki", "parse", "password")


def test_a_run_tells_its_beginning_its_progress_and_its_end(empty):
    done = RUN.model_copy(update={"state": "finished", "seconds": 2.5, "counts": {"indexed": 7}})
    with telling(empty, "r1", job="ingest", sources=["wiki"]) as teller:
        teller.began(RUN)
        teller.progress(Snapshot(documents=Counter(write=4), outcomes=Counter(quarantined=1), chunks=9, total=8))
        teller.ended(done)
    events = told(empty)
    assert [(event.topic, event.data["state"]) for event in events] == [
        ("job", "started"), ("job", "running"), ("source", "finished"), ("job", "finished"),
    ]  # fmt: skip
    assert {event.source for event in events} == {"wiki"}
    assert {event.data["run"] for event in events} == {"r1"}
    assert events[1].data.items() >= {"documents": 4, "total": 8, "chunks": 9, "quarantined": 1}.items()
    assert events[2].data["counts"] == events[3].data["counts"] == {"indexed": 7}


def test_progress_is_told_now_and_then_only(empty):
    rarely = empty.model_copy(update={"events": empty.events.model_copy(update={"progress_s": 3600.0})})
    with telling(rarely, "r1", job="ingest") as teller:
        for _ in range(100):
            teller.progress(Snapshot())
    assert told(empty) == []


def test_documents_in_quarantine_are_told_up_to_a_number_and_then_counted(empty):
    with telling(empty, "r1", job="ingest", sources=["wiki"]) as teller:
        for numbers in ([0, 1], [2, 3, 4], [5]):
            teller.progress(replace(Snapshot(), failed=tuple(failed(number) for number in numbers)))
        teller.ended(RUN)
    documents = [event for event in told(empty) if event.topic == "document"]
    assert [event.data["document"] for event in documents] == ["d0", "d1", "d2"]
    assert documents[0].source == "wiki"
    assert documents[0].data.items() >= {"uri": "file:///a/0", "outcome": "quarantined", "reason": "password"}.items()
    assert told(empty)[-1].data["documents_untold"] == 3


def test_what_is_about_several_sources_is_for_those_who_see_them_all(empty):
    from ray_app.store.named_sources import NamedSource, save_source

    board = NamedSource(name="board", tenant="default", uri="file:///b", groups=("board",))
    with_store(empty, lambda store: save_source(store, board))
    with telling(empty, "r1", job="ingest", sources=["wiki", "board"]) as teller:
        teller.began(RUN)
        teller.ended(RUN.model_copy(update={"counts": {"indexed": 7}}))
    assert len(told(empty)) == 4
    (seen,) = told(empty, Scope("default", ()))
    assert (seen.topic, seen.source) == ("source", "wiki")
    assert "counts" not in seen.data


def test_a_run_does_not_fail_where_nothing_can_be_told(tmp_path):
    nowhere = tmp_path / "file"
    nowhere.write_text("no folder")
    with telling(Settings(data_dir=nowhere), "r1", job="ingest") as teller:
        teller.began(RUN)
        teller.ended(RUN)
    assert nowhere.read_text() == "no folder"


@pytest.mark.slow
def test_an_ingest_tells_what_it_does_and_what_it_could_not_read(owned, tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "a.txt").write_text("The lease of the warehouse ends with a notice period of six months.")
    shutil.copy(EXAMPLES / "inbox" / "0017.pdf", folder / "broken.pdf")
    summary = run(owned, folder)
    events = asked(owned, lambda store: read_events(store, Scope("default"), limit=1000))
    about = [(event.topic, event.data.get("state") or event.data["outcome"]) for event in events]
    assert about[0] == ("job", "started")
    assert ("document", "quarantined") in about
    assert about[-2:] == [("source", "finished"), ("job", "finished")]
    (document,) = [event for event in events if event.topic == "document"]
    assert document.data["document"] == document_id("default", "papers", document.data["uri"])
    assert events[-1].data["counts"] == summary.counts()
    assert {event.data["run"] for event in events} == {summary.run_id}
