"""What a run leaves behind for people: its record, its log, metrics; and how quarantined documents get another try."""

from __future__ import annotations

import json
import os
import shutil
import time
import urllib.request
from pathlib import Path

import pytest
import ray
from typer.testing import CliRunner

from ray_app.cli.main import app
from ray_app.errors import ConfigurationError, NotFoundError
from ray_app.ingest.hold import sources_held
from ray_app.store.collections import CONTENTS, DOCUMENTS
from ray_app.store.pending import give_up
from ray_app.store.runs import Run, find_run, save_run
from tests.conftest import EXAMPLES, last_line_json
from tests.ingest.test_run import asked, counts, run, stored

SECRET = "The salinity probe drifts when its electrode is dry."


@pytest.fixture
def command(owned, monkeypatch):
    """Runs `ray-app` in this process, over the owned index."""
    monkeypatch.setenv("RAY_APP_DATA_DIR", str(owned.data_dir))
    for name in ("EMBED_WORKERS", "PARSE_WORKERS"):
        monkeypatch.setenv(f"RAY_APP_INGEST__{name}", "1")
    monkeypatch.setenv("RAY_APP_INGEST__LEASE_S", "3")

    def invoke(*arguments):
        result = CliRunner().invoke(app, [str(one) for one in arguments])
        if result.exception:
            raise result.exception
        return result.stdout

    return invoke


@pytest.fixture
def papers(tmp_path):
    folder = tmp_path / "observed"  # a name of its own: metrics count by source, over all runs of a cluster
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.txt").write_text(f"{SECRET} {number}")
    shutil.copy(EXAMPLES / "inbox" / "0017.pdf", folder / "broken.pdf")
    return folder


def metrics():
    node = ray.nodes()[0]
    url = f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}/metrics"
    with urllib.request.urlopen(url, timeout=5) as answer:
        return [line for line in answer.read().decode().splitlines() if line.startswith("ray_app_")]


def value(lines, name, **tags):
    wanted = [f'{tag}="{content}"' for tag, content in tags.items()]
    found = [line for line in lines if line.startswith(f"{name}{{") and all(one in line for one in wanted)]
    return sum(float(line.rsplit(" ", 1)[1]) for line in found)


def assert_exported(wanted, name, **tags):
    """The metric gets this value once Ray's agent has all of it: processes tell it theirs every few seconds."""
    deadline = time.monotonic() + 30
    while (found := value(metrics(), name, **tags)) != wanted:
        assert time.monotonic() < deadline, f"{name} {tags} is {found}, not {wanted}, among {metrics()}"
        time.sleep(0.5)


def test_a_run_is_observed_from_all_sides(owned, command, papers):
    """Its record, its log file, its workers' logs and the metrics endpoint; one run serves them all."""
    summary = run(owned, papers)
    record = asked(owned, lambda store: find_run(store, owned.tenant, summary.run_id))
    assert (record.state, record.reasons, record.counts["indexed"]) == ("finished", {"damaged": 1}, 3)
    assert {stage: one.documents for stage, one in record.stages.items()} == {"extract": 4, "embed": 4, "write": 4}
    assert {"fetch", "lookup", "parse", "chunk", "language"} <= set(record.stages["extract"].parts)
    assert record.startup_s > 0
    assert record.startup_s + record.working_s <= record.seconds + 0.5
    assert "% of the working time" in record.bottleneck or "was behind" in record.bottleneck
    assert {"pipeline", "model", "fingerprint"} <= set(record.setup)

    log = (owned.runs_dir / f"{summary.run_id}.log").read_text()
    lines = [json.loads(line) for line in log.splitlines()]
    assert {line.get("run") for line in lines} == {summary.run_id}
    (failed,) = [line for line in lines if line["event"] == "document in quarantine"]
    assert (failed["stage"], failed["reason"], failed["source"]) == ("parse", "damaged", "observed")
    assert failed["uri"].endswith("/observed/broken.pdf")
    assert lines[-1]["event"] == "run ended"

    session = Path(ray._private.worker._global_node.get_session_dir_path()) / "logs"
    ours = [path for path in session.glob("worker-*.err") if summary.run_id in path.read_text(errors="replace")]
    told = [json.loads(line) for path in ours for line in path.read_text().splitlines() if summary.run_id in line]
    assert {line["stage"] for line in told if line["event"] == "block done"} == {"extract", "embed", "write"}
    assert "salinity" not in log + "".join(map(str, told))

    assert_exported(3, "ray_app_documents_total", job="ingest", source="observed", outcome="indexed")
    tags = {"job": "ingest", "source": "observed", "stage": "parse", "reason": "damaged"}
    assert_exported(1, "ray_app_quarantined_total", **tags)
    names = {line.split("{")[0] for line in metrics()}
    assert {
        "ray_app_passages_total",
        "ray_app_stage_documents_total",
        "ray_app_stage_block_seconds_sum",
        "ray_app_part_seconds_total",
        "ray_app_stage_waiting",
    } <= names
    assert_exported(0, "ray_app_stage_waiting")

    (line,) = command("runs", "list", "--json").splitlines()
    assert json.loads(line) == record.model_dump()
    shown = command("runs", "show", summary.run_id)
    assert "quarantine 1 damaged" in shown
    assert record.bottleneck in shown
    assert str(owned.runs_dir / f"{summary.run_id}.log") in shown
    with pytest.raises(NotFoundError, match="there is no run 'x'"):
        command("runs", "show", "x")


@pytest.mark.slow
def test_a_quarantined_document_is_shown_exported_and_tried_again(owned, command, papers, tmp_path):
    run(owned, papers, embed="later")
    broken = papers / "broken.pdf"
    uri = f"file://{broken}"
    listed = command("quarantine", "list", "--reason", "damaged", "--source", "observed")
    assert uri in listed
    assert listed.endswith("1 in quarantine: 1 damaged\n")
    assert command("quarantine", "list", "--reason", "password") == "0 in quarantine\n"
    (shown,) = map(json.loads, command("quarantine", "show", uri, "--json").splitlines())
    assert (shown["stage"], shown["reason"], shown["size"]) == ("parse", "damaged", broken.stat().st_size)
    assert "then retry" in shown["advice"]
    assert command("quarantine", "show", shown["id"]).startswith(f"id        {shown['id']}\n")
    table = tmp_path / "table.csv"
    assert command("quarantine", "export", table) == f"1 documents written to {table}\n"
    assert uri in table.read_text()
    assert json.loads(command("quarantine", "export", "--format", "jsonl"))["reason"] == "damaged"

    was = broken.stat()
    broken.write_text("It can be read now. ".ljust(was.st_size, "."))
    os.utime(broken, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert counts(run(owned, papers, embed="later"))[2] == 4, "its size and time are what they were"
    summary = last_line_json(command("quarantine", "retry", uri, "--json"))
    assert (summary["documents"], summary["indexed"], summary["quarantined"]) == (1, 1, 0)
    (place,) = [one for one in stored(owned, DOCUMENTS).values() if one["uri"] == uri]
    assert (place["outcome"], place["path"], place["source"]) == ("indexed", "broken.pdf", "observed")
    with pytest.raises(NotFoundError, match="is not in quarantine"):
        command("quarantine", "retry", uri)
    assert command("quarantine", "retry", "--all") == "no such document is in quarantine\n"
    with pytest.raises(ConfigurationError, match="name documents by id or URI"):
        command("quarantine", "retry")


@pytest.mark.slow
def test_a_document_that_the_model_could_not_take_gets_its_vectors_by_a_retry(owned, command, papers):
    run(owned, papers, embed="later")
    (content, *_) = stored(owned, CONTENTS).values()
    asked(owned, lambda store: give_up(store, "default", [content["sha256"]], stage="embed", detail="odd"))
    assert command("quarantine", "list", "--reason", "error").endswith("1 in quarantine: 1 error\n")
    summary = last_line_json(command("quarantine", "retry", "--reason", "error", "--json"))
    assert (summary["documents"], summary["quarantined"], summary["chunks"]) == (1, 0, content["chunks"])
    (again,) = [one for one in stored(owned, CONTENTS).values() if one["sha256"] == content["sha256"]]
    assert again["labels"]
    assert not again.get("incomplete")


@pytest.mark.slow
def test_a_source_in_several_passes_is_one_run_with_one_count(owned, papers):
    small = owned.model_copy(update={"ingest": owned.ingest.model_copy(update={"round_documents": 2})})
    summary = run(small, papers, embed="later")
    record = asked(owned, lambda store: find_run(store, owned.tenant, summary.run_id))
    assert {stage: one.documents for stage, one in record.stages.items()} == {"extract": 4, "write": 4}
    progress = [json.loads(line) for line in (owned.runs_dir / f"{summary.run_id}.log").read_text().splitlines()]
    assert "listing more files" in [line["event"] for line in progress]


def test_a_run_that_was_killed_is_told_from_one_at_work(owned, command):
    run(owned)  # makes the index
    for identity in ("dead", "living"):
        record = Run(id=identity, tenant="default", uris=[], started="2026-01-01T00:00:00Z")
        asked(owned, lambda store, record=record: save_run(store, record))
    with sources_held(owned, ["observed"], run="living"):
        states = {one["id"]: one["state"] for one in map(json.loads, command("runs", "list", "--json").splitlines())}
        assert (states["dead"], states["living"]) == ("ended without a word", "running")
        assert "ended without a word" in command("status")
    assert asked(owned, lambda store: find_run(store, "default", "dead")).state == "running", "nothing is written"
