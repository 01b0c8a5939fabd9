"""The commands as a person types them, each in its own process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.conftest import EXAMPLES, RAY_APP, last_line_json, run_cli


def test_search_goes_through_the_running_server(served):
    found = last_line_json(
        run_cli("search", "unpaid invoice from the shipyard", "--json", environment=served.environment).stdout
    )
    assert {"hits", "facets", "timings"} <= set(found)
    assert found["hits"][0]["uri"].endswith("minutes/design-review-sula-compass.docx")


def test_search_prints_what_people_read(served):
    shown = run_cli("search", "who approved the warehouse move", "--limit", "2", environment=served.environment).stdout
    assert " 1. Minutes of the board meeting 18 April 2024" in shown
    assert "board-2024-04-18.pdf, page 1" in shown.replace("\n", "")
    assert "documents hold a word of the query" in shown


@pytest.mark.slow
def test_status_and_quarantine_tell_what_became_of_the_documents(served):
    status = run_cli("status", environment=served.environment).stdout
    assert "107 documents" in status
    assert "quarantined" in status
    assert served.summary["run_id"] in status
    failed = run_cli("quarantine", "list", "--json", environment=served.environment).stdout.splitlines()
    assert {(one["stage"], one["reason"]) for one in map(json.loads, failed)} == {
        ("parse", "damaged"),
        ("parse", "password"),
    }


def test_ingest_ends_with_one_line_of_json_and_a_second_run_does_nothing(served):
    folder = str(EXAMPLES / "inbox")
    done = run_cli("ingest", folder, "--json", environment=served.environment)
    (line,) = done.stdout.splitlines()
    summary = json.loads(line)
    assert (summary["documents"], summary["unchanged"], summary["chunks"]) == (20, 20, 0)


@pytest.mark.slow
def test_search_without_a_server_opens_the_index_and_loads_neither_ray_nor_torch(alone, tmp_path):
    """An ingest with a cluster of its own, then a search that stands alone."""
    shutil.copy(EXAMPLES / "documents" / "policy" / "sygefravaer.html", tmp_path)
    ingested = run_cli("ingest", str(tmp_path), "--json", environment=alone)
    assert last_line_json(ingested.stdout)["indexed"] == 1
    assert "starting Ray" in ingested.stderr
    script = """
import sys
from ray_app.cli.main import main
try:
    main(["search", "hvornår skal sygemelding ske", "--json"])
finally:
    print("heavy:", sorted({"ray", "torch", "sklearn", "transformers"} & set(sys.modules)), file=sys.stderr)
"""
    searched = subprocess.run([sys.executable, "-c", script], env=alone, capture_output=True, text=True, check=True)
    assert searched.stderr.strip() == "heavy: []"
    (hit,) = json.loads(searched.stdout)["hits"]
    assert hit["uri"].endswith("sygefravaer.html")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["search", "x"], "holds no index yet: ingest a folder first"),
        (["status"], "holds no index yet: ingest a folder first"),
        (["quarantine", "list"], "holds no index yet: ingest a folder first"),
        (["runs", "list"], "holds no index yet: ingest a folder first"),
        (["--config", "nowhere.yaml", "status"], "nowhere.yaml: No such file or directory"),
        (["train"], "give either --labels-from-folders, or --labels-file with --documents"),
        (["train", "--labels-from-folders", "/no/such/folder"], "/no/such/folder: no such file or folder"),
        (["search", "x", "--filter", "label"], "write FIELD=VALUE"),
    ],
)
def test_an_error_is_one_line_that_says_what_to_do(alone, arguments, message):
    failed = run_cli(*arguments, environment=alone, check=False)
    assert failed.returncode == 1
    (line,) = failed.stderr.strip().splitlines()
    assert line.startswith("ray-app: ")
    assert message in line
    assert failed.stdout == ""


def test_an_empty_query_and_an_unknown_filter_are_one_line_too(served):
    for arguments, message in (
        (["search", " "], "the query is empty"),
        (["search", "x", "--filter", "colour=red"], "unknown filter field 'colour'"),
        (["search", "x", "--limit", "0"], "limit must be between 1 and 100"),
    ):
        failed = run_cli(*arguments, environment=served.environment, check=False)
        assert failed.returncode == 1
        assert message in failed.stderr


@pytest.mark.slow
def test_an_index_that_another_process_holds_is_named_and_nothing_hangs(alone):
    directory = alone["RAY_APP_DATA_DIR"] + "/index"
    os.makedirs(directory)
    script = f"""
import asyncio, sys
from pathlib import Path
from ray_app.settings import StoreSettings
from ray_app.store.edge import EdgeStore
async def main():
    await EdgeStore.open(Path({directory!r}), StoreSettings())
    print("open", flush=True)
    sys.stdin.read()
asyncio.run(main())
"""
    holder = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout
        assert holder.stdout.readline() == "open\n"
        environment = {**alone, "RAY_APP_STORE__LOCK_WAIT_S": "1"}
        failed = run_cli("status", environment=environment, check=False)
        assert failed.returncode == 1
        assert f"the index in {directory} is in use by another process" in failed.stderr
        refused = run_cli("ingest", str(EXAMPLES / "inbox"), environment=environment, check=False)
        assert refused.returncode == 1
        assert "is in use by another process" in refused.stderr
    finally:
        holder.communicate("")


def test_help_names_every_command():
    shown = subprocess.run([str(RAY_APP), "--help"], capture_output=True, text=True, check=True).stdout
    for command in ("ingest", "search", "serve", "train", "models", "status", "quarantine"):
        assert command in shown
