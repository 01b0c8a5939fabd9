"""A node of the cluster dies in the middle of an ingest: the rest goes on, also where it is too small for the pools."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from ray_app.settings import StoreSettings
from ray_app.store.collections import CHUNKS, CONTENTS, DENSE, DOCUMENTS
from ray_app.store.edge import EdgeStore
from tests.conftest import EXAMPLES, RAY_APP, ROOT, last_line_json, run_cli
from tests.ingest.test_run import rounded

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
def test_an_ingest_outlives_a_node(nodes, alone, make_data_dir):
    calm = {**alone, "RAY_APP_DATA_DIR": str(make_data_dir("calm"))}
    run_cli("ingest", str(EXAMPLES / "documents"), environment=calm)
    environment = {**alone, "RAY_ADDRESS": first_line(nodes), "RAY_AUTH_MODE": "disabled"}
    ingest = subprocess.Popen(
        [str(RAY_APP), "ingest", str(EXAMPLES / "documents"), "--json"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in ingest.stderr:
        if "documents/s" in line and not line.startswith("0/"):
            break  # some documents are written
    assert ingest.poll() is None, "the run was over before the kill"
    nodes.stdin.write("kill\n")
    nodes.stdin.flush()
    output, errors = ingest.communicate(timeout=400)
    assert ingest.returncode == 0, errors
    assert last_line_json(output)["documents"] == 87
    end(nodes)
    assert_same_points(*[asyncio.run(points(one["RAY_APP_DATA_DIR"])) for one in (environment, calm)])


async def points(data_dir):
    """Every point of an index that no process has open: its payload but for times and runs, and its vectors."""
    store = await EdgeStore.open(Path(data_dir) / "index", StoreSettings())
    found = {}
    for name in (DOCUMENTS, CONTENTS, CHUNKS):
        ids = [one.id for one in (await store.scroll(name, limit=10_000, fields=[]))[0]]
        for record in store._shards[name].shard.retrieve(ids, True, True):
            payload = {key: rounded(value) for key, value in record.payload.items() if key not in ("updated", "run")}
            found[name, str(record.id)] = payload, record.vector or {}
    await store.close()
    return found


def assert_same_points(some, others):
    assert set(some) == set(others)
    for identity, (payload, vectors) in some.items():
        expected, expected_vectors = others[identity]
        assert payload == expected
        if DENSE in vectors:
            assert vectors[DENSE] == pytest.approx(expected_vectors[DENSE], abs=1e-5)
