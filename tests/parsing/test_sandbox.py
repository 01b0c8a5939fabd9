"""Whatever a file does to the process that parses it, only that file is lost."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from ray_app.errors import ParsingError
from ray_app.parsing.sandbox import Sandbox
from ray_app.settings import ParsingSettings


def pid_of(sandbox):
    return sandbox._process.pid


def reason(sandbox, data=b"text", name="x.txt"):
    with pytest.raises(ParsingError) as caught:
        sandbox.parse(data, name)
    return caught.value.reason


# Large enough that the parser is busy with it for seconds.
SLOW_PAGE = b"<html><body>" + b"<p>word</p>" * 400_000


def test_one_process_parses_many_files():
    with Sandbox(ParsingSettings()) as sandbox:
        assert sandbox.parse(b"one", "1.txt").pages[0].text == "one"
        first = pid_of(sandbox)
        assert sandbox.parse(b"two", "2.txt").pages[0].text == "two"
        assert pid_of(sandbox) == first


def test_a_parsers_own_verdict_is_passed_on_and_the_process_stays():
    with Sandbox(ParsingSettings()) as sandbox:
        assert reason(sandbox, b"%PDF-1.4 nothing", "x.pdf") == "damaged"
        first = pid_of(sandbox)
        sandbox.parse(b"text", "x.txt")
        assert pid_of(sandbox) == first


def test_a_process_that_hangs_is_ended_and_the_next_file_is_read():
    with Sandbox(ParsingSettings(timeout_s=0.5)) as sandbox:
        sandbox.parse(b"text", "x.txt")
        os.kill(pid_of(sandbox), signal.SIGSTOP)
        assert reason(sandbox) == "timeout"
        assert sandbox.parse(b"next", "x.txt").pages[0].text == "next"


def test_a_process_that_dies_in_the_middle_is_told_with_its_signal():
    with Sandbox(ParsingSettings()) as sandbox:
        sandbox.parse(b"text", "x.txt")
        killer = threading.Timer(0.2, os.kill, (pid_of(sandbox), signal.SIGSEGV))
        killer.start()
        with pytest.raises(ParsingError, match="SIGSEGV") as caught:
            sandbox.parse(SLOW_PAGE, "x.html")
        killer.join()
        assert caught.value.reason == "crashed"
        assert sandbox.parse(b"next", "x.txt").pages[0].text == "next"


def test_a_process_that_died_between_two_files_is_replaced_unnoticed():
    with Sandbox(ParsingSettings()) as sandbox:
        sandbox.parse(b"text", "x.txt")
        os.kill(pid_of(sandbox), signal.SIGKILL)
        os.waitid(os.P_PID, pid_of(sandbox), os.WEXITED | os.WNOWAIT)
        assert sandbox.parse(b"next", "x.txt").pages[0].text == "next"


def test_a_file_that_takes_too_much_memory_is_refused():
    with Sandbox(ParsingSettings(memory_mb=256)) as sandbox:
        assert reason(sandbox, b"<p>" * 20_000_000, "x.html") in ("memory", "crashed")
        assert sandbox.parse(b"next", "x.txt").pages[0].text == "next"


def test_a_file_with_too_much_text_is_refused():
    with Sandbox(ParsingSettings(max_text_mb=1)) as sandbox:
        assert reason(sandbox, b"words " * 2_000_000) == "too_much_text"
        assert sandbox.parse(b"next", "x.txt").pages[0].text == "next"


def test_the_process_is_renewed_after_the_set_number_of_files():
    with Sandbox(ParsingSettings(max_documents=2)) as sandbox:
        pids = []
        for _ in range(4):
            sandbox.parse(b"text", "x.txt")
            pids.append(pid_of(sandbox))
        assert pids[0] == pids[1] != pids[2] == pids[3]


def test_nothing_is_left_when_the_sandbox_is_closed():
    with Sandbox(ParsingSettings()) as sandbox:
        sandbox.parse(b"text", "x.txt")
        pid = pid_of(sandbox)
    deadline = time.monotonic() + 5
    while os.path.exists(f"/proc/{pid}") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not os.path.exists(f"/proc/{pid}")


def test_poison_pdfs_each_have_an_outcome(shared_data):
    outcomes = {}
    with Sandbox(ParsingSettings(timeout_s=20)) as sandbox:
        for path in sorted((shared_data / "A_pdf_poison").rglob("*.pdf")):
            try:
                sandbox.parse(path.read_bytes(), path.name)
                outcomes[path] = "text"
            except ParsingError as error:
                outcomes[path] = error.reason
    assert len(outcomes) == 79
    assert set(outcomes.values()) <= {"text", "password", "damaged"}
