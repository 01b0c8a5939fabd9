"""Processes that die in the middle of an ingest: it goes on, and ends as if nothing had happened."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from ray_app.cluster.session import ray_session
from ray_app.store.owner import stop_owner
from tests.conftest import EXAMPLES, RAY_APP, last_line_json
from tests.ingest.test_run import asked, run, state, stored

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def ancestors(pid):
    while pid > 1:
        yield pid
        pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def workers(title):
    """Our own cluster's processes with this title."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if title in (entry / "cmdline").read_text() and os.getpid() in ancestors(int(entry.name)):
                found.append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


@pytest.fixture
def data_dirs(cluster, make_data_dir, settings):
    """Settings of two empty indexes: one for the disturbed run, one for the undisturbed."""
    both = [settings.model_copy(update={"data_dir": make_data_dir(name)}) for name in ("disturbed", "calm")]
    yield both
    for one in both:
        stop_owner(one.index_dir)


@pytest.mark.parametrize("title", ["ray::Owner", "ray::MapWorker(MapBatches(Embed))", "ray_app.parsing.worker"])
def test_an_ingest_survives_the_death_of(title, cluster, data_dirs):
    disturbed, calm = data_dirs
    with ray_session(calm):
        expected = run(calm, EXAMPLES / "documents")
        undisturbed = state(calm)
    with ray_session(disturbed):
        asked(disturbed, lambda store: store.ensure(fingerprint=FINGERPRINT, dimension=384))
        command = [str(RAY_APP), "ingest", str(EXAMPLES / "documents"), "--json"]
        environment = cluster.environment(disturbed.data_dir)
        before = set(workers(title))
        ingest = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if title == "ray::Owner":
            while not stored(disturbed, "chunks"):
                time.sleep(0.2)
            victims = before
        else:
            while not (victims := set(workers(title)) - before):
                assert ingest.poll() is None, "the run was over before the kill"
                time.sleep(0.05)
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        output, errors = ingest.communicate(timeout=300)
        assert ingest.returncode == 0, errors
        summary = last_line_json(output)
        assert summary["documents"] == expected.documents
        after = state(disturbed)
    crashed = [one for one in after[0].values() if one.get("reason") == "crashed"]
    if title == "ray_app.parsing.worker":
        assert len(crashed) <= 1, "only the document that was being read is lost"
        if crashed:
            return
    assert after == undisturbed


def test_an_ingest_whose_driver_is_killed_is_finished_by_the_next(cluster, data_dirs):
    disturbed, calm = data_dirs
    with ray_session(calm):
        run(calm, EXAMPLES / "documents")
        undisturbed = state(calm)
    with ray_session(disturbed):
        command = [str(RAY_APP), "ingest", str(EXAMPLES / "documents")]
        ingest = subprocess.Popen(command, env=cluster.environment(disturbed.data_dir), stderr=subprocess.PIPE)
        asked(disturbed, lambda store: store.ensure(fingerprint=FINGERPRINT, dimension=384))
        while not stored(disturbed, "documents"):
            assert ingest.poll() is None, "the run was over before the kill"
            time.sleep(0.1)
        ingest.kill()
        ingest.communicate()
        done = len(stored(disturbed, "documents"))
        assert done < len(undisturbed[0])
        again = run(disturbed, EXAMPLES / "documents")
        assert again.unchanged + again.duplicate >= done
        assert state(disturbed) == undisturbed


FINGERPRINT = "337ca5c837a5"  # of the default model
