"""`ray-app train` and `ray-app models` as a person types them."""

from __future__ import annotations

import json

import pytest

from tests.conftest import last_line_json, run_cli
from tests.models.letters import TEXTS


def labels_file(path, count, *, wrong=0):
    """Texts with their labels; the first few of each are given a wrong one."""
    names = list(TEXTS)
    rows = [
        {"text": text.format(number), "label": names[(at + (number < wrong)) % 3]}
        for at, text in enumerate(TEXTS.values())
        for number in range(count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


@pytest.fixture
def trained(alone, tmp_path):
    """Two versions: one of wrong labels, then one of right ones."""
    for wrong in (8, 0):
        labels = labels_file(tmp_path / f"{wrong}.jsonl", 8, wrong=wrong)
        run_cli("train", "--labels-file", labels, "--seed", "1", environment=alone)
    listed = run_cli("models", "list", "--json", environment=alone).stdout.splitlines()
    return [json.loads(line)["version"] for line in listed]


@pytest.mark.slow
def test_versions_are_listed_shown_compared_and_taken_back(trained, alone, tmp_path):
    old, new = trained
    listed = run_cli("models", "list", environment=alone).stdout.splitlines()
    assert [line[:2] for line in listed] == ["  ", "* "]
    assert json.loads(run_cli("models", "show", environment=alone).stdout)["version"] == new

    labels = labels_file(tmp_path / "new.jsonl", 12)
    compared = last_line_json(
        run_cli("models", "compare", old, new, "--labels-file", labels, "--json", environment=alone).stdout
    )
    assert (compared["old"], compared["new"], compared["only_new"]) == (0.0, 1.0, 36)
    assert compared["difference"]["p"] < 0.01
    shown = run_cli("models", "compare", new, new, "--labels-file", labels, environment=alone).stdout
    assert "36 documents" in shown
    assert "p = 1.000" in shown

    assert old in run_cli("models", "rollback", environment=alone).stdout
    assert json.loads(run_cli("models", "show", environment=alone).stdout)["version"] == old
    run_cli("models", "promote", new, environment=alone)
    assert json.loads(run_cli("models", "show", environment=alone).stdout)["version"] == new


@pytest.mark.slow
def test_training_says_how_it_goes_and_where_the_report_is(alone, tmp_path):
    done = run_cli("train", "--labels-file", labels_file(tmp_path / "some.jsonl", 5), environment=alone)
    assert "logistic 10: log loss" in done.stderr
    assert "15 documents, 3 labels" in done.stdout
    report = done.stdout.splitlines()[-1].removeprefix("report: ")
    with open(report, encoding="utf-8") as page:
        assert page.read().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["models", "show"], "no classifier is in use: ray-app train makes one"),
        (["models", "promote", "nothing"], "there is no classifier nothing"),
        (["models", "rollback"], "no other classifier was in use before this one"),
    ],
)
def test_what_is_not_there_is_one_line(alone, arguments, message):
    failed = run_cli(*arguments, environment=alone, check=False)
    (line,) = failed.stderr.strip().splitlines()
    assert failed.returncode == 1
    assert message in line
