"""A node of the cluster dies in the middle of an ingest: the rest goes on, also where it is too small for the pools."""

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
