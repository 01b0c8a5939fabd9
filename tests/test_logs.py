"""Logs name runs and documents, and never say what a document holds."""

from __future__ import annotations

import io
import json
import time

import pytest
from rich.console import Console

from ray_app.ingest.display import Display
from ray_app.ingest.progress import Snapshot
from ray_app.logs import get_logger, log_to_stderr, of_run
from ray_app.settings import LoggingSettings, Settings

log = get_logger("ray_app.test")


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(autouse=True)
def _as_it_was():
    import logging

    root = logging.getLogger("ray_app")
    kept = root.level, root.propagate, list(root.handlers)
    yield
    root.level, root.propagate, root.handlers = kept[0], kept[1], kept[2]


def test_a_run_has_a_file_of_json_lines_with_its_id(tmp_path):
    settings = Settings(data_dir=tmp_path)
    with of_run(settings, "run-1") as path:
        log.warning("document in quarantine", uri="file:///a.pdf", stage="parse", reason="damaged")
        log.debug("too small to be written")
    log.info("after the run")
    assert path == tmp_path / "runs" / "run-1.log"
    (line,) = lines(path.read_text())
    assert {"run": "run-1", "level": "warning", "reason": "damaged", "uri": "file:///a.pdf"}.items() <= line.items()


def test_fields_that_could_hold_text_of_a_document_are_left_out(tmp_path):
    with of_run(Settings(data_dir=tmp_path), "run-1") as path:
        log.info("block done", text="CPR 010203-1234", detail="010203-1234", title="010203-1234", stage="embed")
        try:
            int("010203-1234")
        except ValueError:
            log.error("failed", exc_info=True)
    assert "010203" not in path.read_text()
    assert [line["event"] for line in lines(path.read_text())] == ["block done", "failed"]


def test_only_the_latest_files_are_kept(tmp_path):
    settings = Settings(data_dir=tmp_path, logging=LoggingSettings(keep_files=2))
    for number in range(4):
        with of_run(settings, f"run-{number}"):
            pass
    assert sorted(path.name for path in settings.runs_dir.iterdir()) == ["run-2.log", "run-3.log"]


@pytest.mark.parametrize(
    ("form", "worker", "expected"),
    [("auto", False, ""), ("json", False, '{"'), ("console", False, "20"), ("auto", True, '{"')],
)
def test_standard_error_gets_what_the_setting_says(capsys, form, worker, expected):
    log_to_stderr(LoggingSettings(format=form), worker=worker)
    log.info("something", stage="embed")
    written = capsys.readouterr().err
    assert bool(written) == bool(expected)
    assert written.startswith(expected)


def test_the_level_is_a_setting(capsys):
    log_to_stderr(LoggingSettings(format="json", level="error"))
    log.warning("not important enough")
    assert capsys.readouterr().err == ""


def test_where_the_log_goes_to_standard_error_the_display_speaks_through_it(capsys, tmp_path):
    log_to_stderr(LoggingSettings(format="json"))
    console = io.StringIO()
    display = Display(Console(file=console, force_terminal=True), stall_warning_s=60, as_log=True)
    with of_run(Settings(data_dir=tmp_path, logging=LoggingSettings(format="json")), "run-1"):
        display.say("starting Ray")
        with display.watching(10, Snapshot):
            time.sleep(5.3)
    assert console.getvalue() == ""
    said, progress = lines(capsys.readouterr().err)
    assert (said["event"], progress["event"], progress["total"]) == ("starting Ray", "progress", 10)
    assert progress["run"] == "run-1"
