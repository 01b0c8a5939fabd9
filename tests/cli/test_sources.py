"""`ray-app sources`, each command in its own process."""

from __future__ import annotations

import json
import os

import pytest

from tests.conftest import last_line_json, run_cli


@pytest.fixture
def alone(make_data_dir):
    """An environment without a cluster or a server."""
    hidden = ("RAY_ADDRESS", "RAY_AUTH_MODE")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    return {**environment, "RAY_APP_DATA_DIR": str(make_data_dir("sources")), "PYTHONWARNINGS": "ignore"}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "old").mkdir()
    for name in ("a.txt", "b.txt", "c.md", "old/d.txt"):
        (tmp_path / name).write_text(f"The text of {name} is about the harbour.")
    return tmp_path


def listed(environment):
    return [
        json.loads(line)
        for line in run_cli("sources", "list", "--json", environment=environment).stdout.split("\n")
        if line
    ]


@pytest.mark.slow
def test_the_life_of_a_source(alone, folder):
    options = ["--type", "txt", "--exclude", "old/", "--group", "hr", "--schedule", "0 3 * * *"]
    run_cli("sources", "add", "harbour", str(folder), *options, environment=alone)
    (source,) = listed(alone)
    assert (source["uri"], source["groups"], source["due"]) == (f"file://{folder}", ["hr"], True)
    shown = run_cli("sources", "test", "harbour", environment=alone).stdout
    assert [line.split()[-1] for line in shown.splitlines()[:2]] == ["a.txt", "b.txt"]
    assert "can be listed and read" in shown

    crawled = run_cli("sources", "crawl", "harbour", "--json", environment=alone)
    assert last_line_json(crawled.stdout)["indexed"] == 2
    assert [(one["due"], bool(one["crawled"])) for one in listed(alone)] == [(False, True)]

    (folder / "a.txt").unlink()
    again = last_line_json(run_cli("sources", "crawl", "harbour", "--json", environment=alone).stdout)
    assert (again["documents"], again["unchanged"], again["deleted"]) == (1, 1, 1)

    removed = run_cli("sources", "remove", "harbour", "--yes", environment=alone)
    assert removed.stdout == "removed harbour and 1 documents\n"
    assert listed(alone) == []
    assert run_cli("status", environment=alone).stdout.startswith("0 documents")


@pytest.mark.slow
def test_a_source_keeps_its_place_and_may_want_other_files(alone, folder):
    run_cli("sources", "add", "harbour", str(folder), environment=alone)
    run_cli("sources", "add", "harbour", str(folder), "--max-mb", "3", environment=alone)
    assert [one["max_mb"] for one in listed(alone)] == [3]
    moved = run_cli("sources", "add", "harbour", str(folder / "old"), environment=alone, check=False)
    assert "remove it first, or choose another name" in moved.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["add", "x", "/no/such/folder"], "/no/such/folder: no such file or folder"),
        (["add", "x", "/tmp", "--schedule", "daily"], "schedule: 'daily' is not cron's five fields"),
        (["add", "x y", "/tmp"], "name: String should match pattern"),
        (["add", "x", "imaps://a:secret@h/INBOX"], "uri: a password does not belong in a URL"),
        (["add", "x", "/tmp", "--include", "!"], "not a pattern as in .gitignore"),
        (["crawl", "x"], "holds no index yet"),
    ],
)
def test_an_error_is_one_line_that_says_what_to_do(alone, arguments, message):
    failed = run_cli("sources", *arguments, environment=alone, check=False)
    assert failed.returncode == 1
    (line,) = failed.stderr.strip().splitlines()
    assert line.startswith("ray-app: ")
    assert message in line
    assert "secret" not in line
