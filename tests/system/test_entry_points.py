"""The other ways in: a Ray job, a Serve configuration, the demonstration."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.conftest import EXAMPLES, ROOT, free_port, wait_until_ready
from tests.system.processes import ray_head

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

BIN = Path(sys.executable).parent


def test_an_ingest_is_submitted_as_a_ray_job(alone):
    dashboard = free_port()
    environment = {**alone, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "a" * 40, "RAY_USAGE_STATS_ENABLED": "0"}
    with ray_head(environment, dashboard, cpus=2):
        environment["RAY_ADDRESS"] = f"http://127.0.0.1:{dashboard}"
        command = [str(BIN / "ray"), "job", "submit", "--", sys.executable, str(ROOT / "jobs" / "ingest.py")]
        done = None
        for _ in range(30):
            done = subprocess.run(
                [*command, str(EXAMPLES / "inbox"), "--json"],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            if "succeeded" in done.stdout or "failed" in done.stdout:
                break
            time.sleep(1)  # the head is still starting
        assert done
        assert done.returncode == 0, done.stdout + done.stderr
        (summary,) = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"run_id"')]
        assert summary["documents"] == 20
        assert (summary["indexed"], summary["quarantined"]) == (19, 1)


def test_the_serve_configuration_starts_the_same_application(alone, tmp_path):
    port = free_port()
    config = (ROOT / "serve_configs" / "local.yaml").read_text().replace("port: 8000", f"port: {port}")
    (tmp_path / "local.yaml").write_text(config)
    environment = {**alone, "RAY_USAGE_STATS_ENABLED": "0"}
    server = subprocess.Popen(
        [str(BIN / "serve"), "run", str(tmp_path / "local.yaml")], env=environment, cwd=ROOT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(url, server)
        assert httpx.post(f"{url}/v1/search", json={"query": "anything"}, timeout=30).json()["hits"] == []
        ingest = [str(BIN / "ray-app"), "ingest", str(EXAMPLES / "documents" / "policy")]
        subprocess.run(ingest, env=alone, check=True, timeout=240)
        found = httpx.post(f"{url}/v1/search", json={"query": "how long must a password be"}, timeout=30).json()
        assert "IT-02-passwords" in found["hits"][0]["uri"]
    finally:
        server.terminate()
        server.wait(timeout=60)


def test_the_demonstration_runs_to_its_end_without_a_terminal(alone, tmp_path):
    command = [sys.executable, "-m", "examples.demo", "--data-dir", str(tmp_path)]
    done = subprocess.run(
        command, cwd=ROOT, env=alone, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=800, check=False
    )
    assert done.returncode == 0, done.stderr
    for expected in (
        "classifier 2", "107 documents in", "hits, lexical", "hits, hybrid", "kopi.pdf", "mention: person",
        "by a person", "Things to try",
    ):  # fmt: skip
        assert expected in done.stdout
    assert (tmp_path / "documents" / "index" / "index.json").exists()


def test_the_demonstration_takes_a_folder_of_ones_own(alone, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "note.txt").write_text("The salinity probe drifts when its electrode is dry.")
    command = [sys.executable, "-m", "examples.demo", "--data-dir", str(tmp_path / "demo"), "--docs", str(own)]
    done = subprocess.run(
        command, cwd=ROOT, env=alone, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=400, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "zero-shot" in done.stdout
    assert "own/note.txt" in done.stdout
