"""`ray-app evaluate classification`: what is read, what is measured, what is said."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from ray_app.errors import ConfigurationError
from ray_app.evaluation.classification import coverage, find_texts, read_texts
from tests.conftest import run_cli

TEXTS = {
    "invoice": "Please pay the amount of {} kroner for the goods within thirty days.",
    "recipe": "Knead the dough with {} grams of flour and bake the bread for an hour.",
}


def test_coverage_is_the_share_of_the_surest_that_are_right_often_enough():
    probabilities = np.array([0.6, 0.9, 0.8, 0.7])
    assert coverage(probabilities, np.array([False, True, True, True]), precision=1.0) == 0.75
    assert coverage(probabilities, np.array([True, False, True, True]), precision=0.75) == 1.0
    assert coverage(probabilities, np.array([True, False, True, True]), precision=0.95) == 0.0


def test_files_are_found_and_what_is_wrong_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="no folder with"):
        find_texts(tmp_path)
    (tmp_path / "some.jsonl").write_text('{"text": "a", "label": "b", "split": "train"}\n')
    with pytest.raises(ConfigurationError, match="no lines of the split test"):
        read_texts(*find_texts(tmp_path))
    (tmp_path / "some.jsonl").write_text('{"text": "a", "label": 3, "split": "train"}\n')
    with pytest.raises(ConfigurationError, match=r"line 1 has no text in label"):
        read_texts(tmp_path / "some.jsonl")
    (tmp_path / "some.jsonl").rename(tmp_path / "some.jsonl.gz")
    with pytest.raises(ConfigurationError, match="cannot be read as text"):
        read_texts(tmp_path / "some.jsonl.gz")


def test_what_can_be_told_apart_is_told_apart(alone, tmp_path):
    rows = [
        {"text": text.format(number), "label": label, "split": "test" if number % 4 == 0 else "train"}
        for label, text in TEXTS.items()
        for number in range(40)
    ]
    with gzip.open(tmp_path / "two.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)
    done = run_cli("evaluate", "classification", str(tmp_path / "two.jsonl.gz"), "--json", environment=alone)
    found = json.loads(done.stdout)
    assert (found["accuracy"], found["macro_f1"], found["coverage@95"]) == (1.0, 1.0, 1.0)
    assert 0 <= found["ece"] < 0.5
    assert found["sure_precision"] == 1.0
