"""Processes that die in the middle of an ingest: it goes on or is repeated, and ends as if nothing had happened."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections import Counter
from dataclasses import dataclass
from typing import Any

import psutil
import pytest

from ray_app.cluster.session import ray_session
from ray_app.settings import IngestSettings, Settings
from ray_app.store import open_store
from ray_app.store.collections import CONTENTS, DOCUMENTS
from ray_app.store.owner import stop_owner
from ray_app.store.protocol import AnyOf, Filter, Missing
from tests.conftest import RAY_APP, last_line_json, run_cli
from tests.ingest.test_run import answered, asked, stored
from tests.system.conftest import copy_index
from tests.system.points import assert_same_points, points
from tests.system.processes import EMBEDDER, PARSER, owner_of, stopped, workers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# Seconds of CPU after which a parsing process has started and is reading.
READING_CPU_S = 1.0
DELETED = AnyOf("outcome", ["deleted"])
both_sources = pytest.mark.parametrize("source", ["new_source", "changed_source"], indirect=True)
changed_only = pytest.mark.parametrize("source", ["changed_source"], indirect=True)


@dataclass(frozen=True)
class Disturbed:
    """An index whose ingest is to be disturbed, and how that is started."""

    settings: Settings
    environment: dict[str, str]
    source: Any
    runs_before: frozenset[str]
    bystanders: frozenset[int]
    started: list[subprocess.Popen[str]]

    @property
    def command(self):
        return ["ingest", str(self.source.folder), "--delete-missing", "--json"]

    def start(self):
        command, pipe = [str(RAY_APP), *self.command], subprocess.PIPE
        self.started.append(subprocess.Popen(command, env=self.environment, stdout=pipe, stderr=pipe, text=True))
        return self.started[-1]

    def workers(self, title):
        return [pid for pid in workers(title) if pid not in self.bystanders]

    def wait_for(self, condition, ingest):
        """Returns as soon as `condition(store)` holds, which must be before the ingest ends."""

        async def wait():
            store = await open_store(self.settings)
            while not await condition(store):
                assert ingest.poll() is None, ingest.communicate()
                await asyncio.sleep(0.01)

        asyncio.run(wait())

    async def written(self, store):
        """How many documents the disturbed ingest has written so far."""
        written = Filter([Missing("parent")], must_not=[AnyOf("run", sorted(self.runs_before)), DELETED])
        return await store.count(DOCUMENTS, written)

    def wait_for_the_middle(self, ingest):
        self.wait_for(self.written, ingest)
        assert asked(self.settings, self.written) < self.source.written, "all was written before the kill"

    def runs_list(self):
        """The records of runs, the last one first."""
        return run_cli("runs", "list", "--json", environment=self.environment).stdout.splitlines()

    def assert_undisturbed(self):
        stop_owner(self.settings.index_dir)
        assert_same_points(points(self.settings.index_dir), self.source.after)


@pytest.fixture
def disturbed(cluster, data_dir, source):
    settings = Settings(data_dir=data_dir, ingest=IngestSettings(lease_s=3))
    copy_index(source.before, settings.index_dir)
    small = {"EMBED_WORKERS": "1", "PARSE_WORKERS": "1", "BLOCK_DOCUMENTS": "4", "LEASE_S": "3"}
    environment = cluster.environment(data_dir) | {f"RAY_APP_INGEST__{name}": value for name, value in small.items()}
    with ray_session(settings):
        before = frozenset(place["run"] for place in stored(settings, DOCUMENTS).values())
        one = Disturbed(settings, environment, source, before, frozenset(workers(PARSER) + workers(EMBEDDER)), [])
        yield one
        for ingest in one.started:
            ingest.kill()
            ingest.communicate()
        stop_owner(settings.index_dir)


def ended(ingest):
    """The summary of an ingest that ended well."""
    output, errors = ingest.communicate(timeout=300)
    assert ingest.returncode == 0, errors
    return last_line_json(output)


@pytest.mark.parametrize("source", ["new_source"], indirect=True)
def test_an_ingest_that_a_person_ends_says_what_it_did_and_is_finished_by_the_next(disturbed):
    ingest = disturbed.start()
    disturbed.wait_for_the_middle(ingest)
    ingest.send_signal(signal.SIGINT)
    _, errors = ingest.communicate(timeout=120)
    assert ingest.returncode != 0, errors
    (ended_early, *_) = [json.loads(line) for line in disturbed.runs_list()]
    assert ended_early["state"] == "cancelled"
    assert ended_early["stages"]["write"]["documents"] > 0
    assert ended_early["bottleneck"]
    ended(disturbed.start())
    disturbed.assert_undisturbed()


def test_the_undisturbed_ingest_did_all_that_is_compared(changed_source):
    places = [payload for (collection, _), (payload, _) in changed_source.after.items() if collection == DOCUMENTS]
    assert Counter(place["outcome"] for place in places) == {"indexed": 253, "duplicate": 5, "quarantined": 1}
    (stale,) = [place for place in places if place.get("stale")]
    assert (stale["path"], stale["reason"]) == ("policy/ferie-og-fridage.pdf", "damaged")
    assert {place["path"] for place in places if place["folder"] == "archive"} == {
        path.relative_to(changed_source.folder).as_posix() for path in (changed_source.folder / "archive").iterdir()
    }
    assert not any(place["path"] in ("policy/sygefravaer.html", "notes/000.txt") for place in places)


@both_sources
@pytest.mark.parametrize("victim", ["owner", "embedding actor"])
def test_an_ingest_survives_the_death_of_the(victim, disturbed):
    ingest = disturbed.start()
    disturbed.wait_for_the_middle(ingest)
    (pid,) = [owner_of(disturbed.settings.index_dir)] if victim == "owner" else disturbed.workers(EMBEDDER)
    os.kill(pid, signal.SIGKILL)
    assert ended(ingest)["documents"] == disturbed.source.documents
    disturbed.assert_undisturbed()


@changed_only
def test_of_a_parsing_process_that_dies_only_the_document_is_lost_until_it_is_retried(disturbed):
    ingest = disturbed.start()
    while not (reading := [pid for pid in disturbed.workers(PARSER) if cpu_s(pid) > READING_CPU_S]):
        assert ingest.poll() is None, ingest.communicate()
    os.kill(reading[0], signal.SIGKILL)
    assert ended(ingest)["documents"] == disturbed.source.documents
    places = stored(disturbed.settings, DOCUMENTS).values()
    crashed = [place["uri"] for place in places if place.get("reason") == "crashed"]
    assert len(crashed) == 1
    run_cli("quarantine", "retry", *crashed, environment=disturbed.environment)
    disturbed.assert_undisturbed()


def cpu_s(pid):
    try:
        times = psutil.Process(pid).cpu_times()
        return times.user + times.system
    except psutil.NoSuchProcess:
        return 0.0


@both_sources
def test_an_ingest_whose_driver_is_killed_is_finished_by_the_next(disturbed):
    ingest = disturbed.start()
    disturbed.wait_for_the_middle(ingest)
    ingest.kill()
    ingest.communicate()
    done = asked(disturbed.settings, disturbed.written)
    assert done < disturbed.source.written
    again = last_line_json(run_cli(*disturbed.command, environment=disturbed.environment).stdout)
    assert again["documents"] == disturbed.source.documents
    assert again["documents"] - again["indexed"] >= done
    disturbed.assert_undisturbed()


@changed_only
@pytest.mark.parametrize("victims", [("driver",), ("owner",), ("driver", "owner")], ids=" and ".join)
def test_a_deletion_is_finished_after_the_death_of(victims, disturbed):
    ingest = disturbed.start()
    disturbed.wait_for(lambda store: store.count(DOCUMENTS, Filter([DELETED])), ingest)
    contents = asked(disturbed.settings, lambda store: store.count(CONTENTS))
    if "owner" in victims:  # it sweeps
        disturbed.wait_for(lambda store: fewer(store, contents), ingest)
    if "driver" in victims:
        ingest.kill()
    if "owner" in victims:
        os.kill(owner_of(disturbed.settings.index_dir), signal.SIGKILL)
    assert asked(disturbed.settings, lambda store: store.count(DOCUMENTS, Filter([DELETED]))), "all was swept before"
    if "driver" in victims:
        ingest.communicate()
        run_cli(*disturbed.command, environment=disturbed.environment)
    else:
        ended(ingest)
    disturbed.assert_undisturbed()


async def fewer(store, contents):
    return await store.count(CONTENTS) < contents


@changed_only
def test_a_second_ingest_of_a_source_is_refused_and_the_first_ends_undisturbed(disturbed):
    ingest = disturbed.start()
    disturbed.wait_for_the_middle(ingest)
    (embedder,) = disturbed.workers(EMBEDDER)
    with stopped(embedder):  # so that the first is still at work when the second comes
        second = run_cli(*disturbed.command, environment=disturbed.environment, check=False)
    assert second.returncode == 1
    assert f"(process {ingest.pid} on " in second.stderr
    assert "is at work on source 'papers': wait for it, or end it" in second.stderr
    assert ended(ingest)["documents"] == disturbed.source.documents
    disturbed.assert_undisturbed()


@changed_only
def test_who_loses_a_source_in_the_middle_of_its_ingest_finds_nothing_of_it_from_then_on(disturbed, model):
    def seen_by(group):
        found = answered(disturbed.settings, model, "quiet buoy neighbours", groups=(group,))
        return len(found["hits"]), found["total"], len(found["facets"]["source"])

    def allow(group):
        command = ["sources", "add", "papers", str(disturbed.source.folder), "--group", group]
        run_cli(*command, environment=disturbed.environment)

    allow("staff")
    ingest = disturbed.start()
    disturbed.wait_for_the_middle(ingest)
    (embedder,) = disturbed.workers(EMBEDDER)
    with stopped(embedder):
        assert seen_by("staff")[0] == 10
        allow("board")
        assert seen_by("staff") == (0, 0, 0)
    while ingest.poll() is None:
        assert seen_by("staff") == (0, 0, 0)
    ended(ingest)
    assert seen_by("staff") == (0, 0, 0)
    assert seen_by("board")[0] == 10
    disturbed.assert_undisturbed()
