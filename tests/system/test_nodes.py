"""Clusters of several kinds of nodes: one dies in the middle of an ingest, one has a GPU."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import RAY_APP, ROOT, last_line_json
from tests.system.conftest import copy_index
from tests.system.points import assert_same_points, points

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def nodes(request):
    """The process that keeps a cluster of these nodes."""
    command = [sys.executable, "-m", "tests.system.nodes", *map(str, request.param)]
    keeper = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    yield keeper
    end(keeper)


def end(keeper):
    """Shuts the cluster down, and the index's owner with it."""
    if keeper.poll() is None:
        keeper.communicate(timeout=60)


def first_line(process):
    """The first line that is an address: Ray prints some of its own."""
    while line := process.stdout.readline():
        if ":" in line and " " not in line.strip():
            return line.strip()
    raise AssertionError("the cluster did not start")


@pytest.mark.parametrize("nodes", [(1, 3)], indirect=True, ids=["one CPU is left of four"])
@pytest.mark.parametrize("source", ["new_source"], indirect=True)  # a changed one is over before a node can be hit
def test_an_ingest_outlives_a_node(source, nodes, alone):
    index_dir = Path(alone["RAY_APP_DATA_DIR"]) / "index"
    copy_index(source.before, index_dir)
    environment = {**alone, "RAY_ADDRESS": first_line(nodes), "RAY_AUTH_MODE": "disabled"}
    environment["RAY_APP_INGEST__BLOCK_DOCUMENTS"] = "4"
    ingest = subprocess.Popen(
        [str(RAY_APP), "ingest", str(source.folder), "--delete-missing", "--json"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in ingest.stderr:
        if "documents/s" in line and not line.startswith("0/"):
            break  # some documents are written
    assert int(line.partition("/")[0]) < source.written, "all was written before the kill"
    nodes.stdin.write("kill\n")
    nodes.stdin.flush()
    output, errors = ingest.communicate(timeout=400)
    assert ingest.returncode == 0, errors
    assert last_line_json(output)["documents"] == source.documents
    end(nodes)
    assert_same_points(points(index_dir), source.after)


@pytest.mark.parametrize("nodes", [("--gpus", 1, 2)], indirect=True, ids=["a GPU"])
@pytest.mark.parametrize("source", ["new_source"], indirect=True)
@pytest.mark.parametrize("commands", [["ingest"], ["ingest --embed later", "backfill"]], ids=["at once", "later"])
def test_workers_that_ask_for_a_gpu_make_the_same_index(source, nodes, commands, alone):
    """Ray hands out a GPU that is not there; the workers that hold it are told to calculate on the CPU."""
    environment = {**alone, "RAY_ADDRESS": first_line(nodes), "RAY_AUTH_MODE": "disabled"}
    environment["RAY_APP_EMBEDDING__DEVICE"] = "cpu"
    for command in commands:
        name, *options = command.split()
        folder = [str(source.folder)] if name == "ingest" else []
        done = subprocess.run(
            [RAY_APP, name, *folder, *options, "--json"],
            env=environment, capture_output=True, text=True, timeout=400, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    end(nodes)
    assert_same_points(points(Path(alone["RAY_APP_DATA_DIR"]) / "index"), source.after)
