"""The guides' worked examples, run as they stand against a server."""

from __future__ import annotations

import subprocess
import sys
import time

import httpx
import pytest

from tests.conftest import EXAMPLES, ROOT

API = EXAMPLES / "api"
GUIDES = {
    "search": "search.md",
    "ask": "search.md",
    "upload": "documents.md",
    "follow": "events.md",
    "administer": "jobs.md",
}


@pytest.fixture
def example(served):
    """Runs one of the examples with these arguments; gives what it prints."""

    def run(name, *arguments):
        command = [sys.executable, str(API / f"{name}.py"), *map(str, arguments)]
        environment = served.environment | {"RAY_APP_CLIENT__URL": served.url}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_every_example_stands_in_its_guide_as_it_is():
    assert {path.stem for path in API.glob("*.py")} == set(GUIDES)
    for name, guide in GUIDES.items():
        program = (API / f"{name}.py").read_text(encoding="utf-8")
        assert f"```python\n{program}```" in (ROOT / "docs" / "guides" / guide).read_text(encoding="utf-8"), name


def test_a_search(example):
    told = example("search")
    assert told.startswith("lexical:\n")
    assert "hybrid:\n" in told
    assert " documents: " in told


def test_a_question(example):
    told = example("ask")
    assert "month" in told
    assert ", page 1, characters " in told


@pytest.mark.slow
def test_uploads(example, tmp_path):
    note = tmp_path / "crane.txt"
    note.write_text("Minutes of the board meeting: the new crane of the harbour was approved.")
    told = example("upload", note)
    assert " processing\n" in told
    assert "/crane.txt: indexed, en, " in told


def test_following_what_happens(served, tmp_path):
    environment = served.environment | {"RAY_APP_CLIENT__URL": served.url}
    command = [sys.executable, str(API / "follow.py")]
    follower = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert follower.stdout.readline() == "ready\n"
        files = {"file": ("note.txt", f"Note of {time.time()}".encode())}
        assert httpx.post(f"{served.url}/v1/documents", files=files, timeout=60).status_code == 202
        told = follower.stdout.readline()
        assert " document uploads {" in told
        assert "'outcome': 'queued'" in told
    finally:
        follower.kill()
        follower.communicate()


@pytest.mark.slow
def test_administration(example, tmp_path):
    (tmp_path / "note.txt").write_text("The crane of the harbour is new.")
    told = example("administer", tmp_path)
    assert told.startswith("I am admin of default\n")
    assert "finished: 1 documents indexed" in told
    assert "'Eva'" not in told.splitlines()[-1]
