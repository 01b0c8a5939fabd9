"""How well languages are told, on texts whose language is known."""

from __future__ import annotations

import gzip
import json

import pytest

from ray_app.errors import ConfigurationError
from ray_app.evaluation.language import evaluate_language
from ray_app.settings import LanguageSettings
from tests.conftest import run_cli

ROWS = [
    ("The salinity probe drifts when its electrode is dry, and must be calibrated again.", "en"),
    ("Sygemelding skal ske til nærmeste leder senest klokken otte om morgenen.", "da"),
    ("Die Messgeräte werden jährlich geprüft und anschließend versandt.", "de"),
    ("Les appareils de mesure sont contrôlés chaque année, puis expédiés.", "de"),
]


@pytest.fixture
def judged(tmp_path):
    path = tmp_path / "some.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": text, "language": language}) + "\n" for text, language in ROWS)
    return path


def test_right_and_wrong_languages_are_counted(judged):
    found = evaluate_language(judged, LanguageSettings())
    assert found.figures["accuracy"] == 0.75
    assert found.figures["told"] > 0.7
    assert found.by_language == {"da": 1.0, "de": pytest.approx(2 / 3), "en": 1.0}
    assert found.correct == {"0": 1.0, "1": 1.0, "2": 1.0, "3": 0.0}


def test_a_stricter_threshold_tells_fewer(judged):
    assert evaluate_language(judged, LanguageSettings(min_confidence=1.0)).figures["told"] < 1


def test_the_command_prints_one_line_of_json(judged, alone):
    told = json.loads(run_cli("evaluate", "language", str(judged), "--json", environment=alone).stdout)
    assert told["accuracy"] == 0.75
    assert set(told["f1"]["some"]) == {"da", "de", "en"}


def test_a_place_where_nothing_can_be_saved_is_refused_before_anything_is_measured(tmp_path, alone):
    nowhere = tmp_path / "missing" / "run.json"
    told = run_cli("evaluate", "language", str(tmp_path), "--save", str(nowhere), environment=alone, check=False)
    assert told.returncode == 1
    assert told.stderr.strip().endswith(f"cannot write {nowhere}: No such file or directory")
    assert "Traceback" not in told.stderr


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "none.jsonl").write_text("")
    with pytest.raises(ConfigurationError, match="has no lines"):
        evaluate_language(tmp_path / "none.jsonl", LanguageSettings())
