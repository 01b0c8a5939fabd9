"""Whatever a file does to the process that parses it, only that file is lost."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from ray_app.errors import ParsingError, RayAppError
from ray_app.parsing.sandbox import Sandbox
from ray_app.settings import ParsingSettings

HOSTILE = "tests.parsing.hostile"
# Large enough that the parser is busy with it for seconds.
SLOW_PAGE = b"<html><body>" + b"<p>word</p>" * 400_000


@pytest.fixture(scope="module")
def limits():
    return ParsingSettings(timeout_s=30, cpu_s=2, memory_mb=512, max_text_mb=1, max_children_mb=1)


@pytest.fixture(scope="module")
def hostile(limits):
    """A sandbox whose parser does what a text says (hostile.py)."""
    with Sandbox(limits, worker=HOSTILE) as sandbox:
        yield sandbox


def text(sandbox, data, name="x.txt"):
    return sandbox.parse(data.encode() if isinstance(data, str) else data, name).pages[0].text


def failure(sandbox, data, name="x.txt"):
    with pytest.raises(ParsingError) as caught:
        sandbox.parse(data.encode() if isinstance(data, str) else data, name)
    return caught.value


def test_one_process_parses_many_files(hostile):
    assert text(hostile, "pid") == text(hostile, "pid") != str(os.getpid())


def test_a_parsers_own_verdict_is_passed_on_and_the_process_stays(hostile):
    first = text(hostile, "pid")
    assert failure(hostile, b"%PDF-1.4 nothing", "x.pdf").reason == "damaged"
    assert text(hostile, "pid") == first


@pytest.mark.parametrize(
    ("action", "reason", "detail"),
    [
        ("burn", "cpu", "parsing.cpu_s"),
        ("grow", "memory", "parsing.memory_mb"),
        ("abort-without-memory", "memory", "parsing.memory_mb"),
        ("segfault", "crashed", "SIGSEGV"),
        ("exit", "crashed", "exit status 3"),
        ("garbage", "crashed", "answer"),
        ("noise", "crashed", "answer"),
        ("recurse", "nested_too_deep", "nested"),
        ("text 2", "too_much_text", "parsing.max_text_mb"),
        ("children 600000 600000", "too_large_inside", "parsing.max_children_mb"),
        ("surrogate", "parser_error", "written"),
        ("fork-bomb", "parser_error", "not permitted"),
    ],
)
def test_a_file_that_breaks_a_limit_is_told_why_and_the_next_is_read(hostile, action, reason, detail):
    caught = failure(hostile, action)
    assert caught.reason == reason
    assert detail in str(caught)
    assert text(hostile, "pid").isdigit()


@pytest.mark.parametrize("action", ["sleep", "half-an-answer"])
def test_a_file_that_hangs_is_told_why_and_the_next_is_read(limits, action):
    with Sandbox(limits.model_copy(update={"timeout_s": 1}), worker=HOSTILE) as hasty:
        caught = failure(hasty, action)
        assert caught.reason == "timeout"
        assert "parsing.timeout_s" in str(caught)
        assert text(hasty, "pid").isdigit()


def test_after_a_crash_the_next_file_need_not_wait_for_a_new_process(hostile):
    text(hostile, "pid")
    hostile._spare.wait()
    failure(hostile, "segfault")
    started = time.monotonic()
    text(hostile, "pid")
    assert time.monotonic() - started < 0.2  # a start takes half a second


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET"])
def test_the_process_opens_no_socket(hostile, family):
    assert "not permitted" in str(failure(hostile, f"socket {family}"))


def test_the_process_reaches_no_server_of_this_machine(hostile, tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "server"))
        server.listen()
        assert "not permitted" in str(failure(hostile, f"connect {tmp_path / 'server'}"))


def test_the_process_starts_no_program(hostile):
    assert "not permitted" in str(failure(hostile, "run /bin/true"))


def test_the_process_signals_no_other(hostile):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        assert "not permitted" in str(failure(hostile, f"kill {other.pid}"))
        assert other.poll() is None


def test_the_process_writes_and_deletes_no_file(hostile, tmp_path):
    file = tmp_path / "file"
    file.write_text("kept")
    for action in (f"write {file}", f"append {file}", f"delete {file}", f"write {tmp_path / 'new'}"):
        assert "PermissionError" in str(failure(hostile, action))
    assert [path.read_text() for path in tmp_path.iterdir()] == ["kept"]


def test_the_process_reads_nothing_of_its_user(hostile, tmp_path):
    (tmp_path / "secret").write_text("secret")
    for path in (tmp_path / "secret", "/etc/passwd", f"/proc/{os.getpid()}/environ"):
        assert "ermission denied" in str(failure(hostile, f"read {path}"))


def test_the_process_does_not_get_the_callers_environment(limits, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with Sandbox(limits, worker=HOSTILE) as sandbox:
        assert "AWS" not in text(sandbox, "environment")


def test_the_process_was_confined_while_it_had_one_thread_and_may_start_more(hostile):
    assert failure(hostile, "segfault")  # so that the process is new
    assert text(hostile, "threads") == "1"
    assert text(hostile, "start-thread") == "None"


def test_nothing_is_left_open_where_the_kernel_can_close_it(hostile):
    assert hostile.start() == ()


def test_what_the_kernel_refuses_to_close_is_said_in_words(limits):
    with Sandbox(limits, worker="tests.parsing.unconfined") as sandbox:
        network, writing, reading = sandbox.start()
        assert network.startswith("has network access")
        assert writing.startswith("may write every file of its user")
        assert reading.startswith("may read every file of its user")
        assert sandbox.parse(b"text", "x.txt").pages[0].text == "text"


def test_files_inside_a_document_come_out_byte_for_byte(limits):
    with Sandbox(limits.model_copy(update={"max_children_mb": 100}), worker=HOSTILE) as sandbox:
        children = sandbox.parse(b"children 0 1 50000000", "x.txt").children
    assert [child.name for child in children] == ["0.bin", "1.bin", "2.bin"]
    assert [len(child.data) for child in children] == [0, 1, 50_000_000]
    assert len(set(children[2].data[:4096])) > 200  # random bytes, of every value


def test_a_process_that_stops_reading_a_large_file_is_ended():
    with Sandbox(ParsingSettings(timeout_s=1)) as sandbox:
        sandbox.start()
        os.kill(sandbox._process.pid, signal.SIGSTOP)
        assert failure(sandbox, b"x" * 50_000_000).reason == "timeout"
        assert text(sandbox, "next") == "next"


def test_a_process_that_dies_in_the_middle_is_told_with_its_signal():
    with Sandbox(ParsingSettings()) as sandbox:
        sandbox.start()
        killer = threading.Timer(0.2, os.kill, (sandbox._process.pid, signal.SIGTERM))
        killer.start()
        caught = failure(sandbox, SLOW_PAGE, "x.html")
        killer.join()
        assert caught.reason == "crashed"
        assert "SIGTERM" in str(caught)


def test_a_process_that_died_between_two_files_is_replaced_unnoticed(hostile):
    pid = int(text(hostile, "pid"))
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert text(hostile, "pid") != str(pid)


def test_a_real_parser_that_takes_too_much_memory_is_told_so():
    with Sandbox(ParsingSettings(memory_mb=256)) as sandbox:
        assert failure(sandbox, b"<p>" * 20_000_000, "x.html").reason in ("memory", "crashed")
        assert text(sandbox, "next") == "next"


def test_the_process_is_renewed_after_the_set_number_of_files(limits):
    with Sandbox(limits.model_copy(update={"max_documents": 2}), worker=HOSTILE) as sandbox:
        pids = [text(sandbox, "pid") for _ in range(4)]
    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_the_process_is_renewed_once_it_has_grown(limits):
    roomy = limits.model_copy(update={"max_growth_mb": 20, "cpu_s": 30})
    with Sandbox(roomy, worker=HOSTILE) as sandbox:
        first = text(sandbox, "pid")
        text(sandbox, "leak 5")
        assert text(sandbox, "pid") == first
        text(sandbox, "leak 30")
        assert text(sandbox, "pid") != first


def test_a_process_that_cannot_start_is_told_with_its_last_words(limits):
    with Sandbox(limits, worker="tests.parsing.not_there") as sandbox:
        for _ in range(2):
            with pytest.raises(RayAppError, match=r"ended with exit status 1 at its start.*No module named"):
                sandbox.parse(b"text", "x.txt")


def test_nothing_is_left_when_the_sandbox_is_closed():
    with Sandbox(ParsingSettings()) as sandbox:
        text(sandbox, "text")
        pids = [sandbox._process.pid, sandbox._spare.pid]
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)


def test_the_process_loads_no_image_library_before_the_first_image():
    script = "import sys, ray_app.parsing.worker; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not {"cv2", "onnxruntime", "rapidocr", "PIL", "tesserocr"} & set(loaded)


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
