"""A parsing process whose parser of plain text does what the text says: what a taken-over parser might try."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from ray_app import parsing
from ray_app.parsing import PARSERS, worker
from ray_app.records import Child, Page, Parsed


def grow():
    """Takes memory without end, as a native library would."""
    kept = []
    while True:
        kept.append(bytearray(64 << 20))


def leak(megabytes):
    LEAKED.append(os.urandom(int(megabytes) << 20))


def burn(seconds="1000"):
    end = time.process_time() + float(seconds)
    while time.process_time() < end:
        pass


def abort_without_memory():
    os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'\n")
    os.abort()


def bomb():
    """Forks without end."""
    while True:
        os.fork()


def answer(raw):
    """Speaks past the worker: a length in four bytes before each message."""
    os.write(int(sys.argv[1]), raw)


def threads():
    return len(os.listdir("/proc/self/task"))


LEAKED: list[bytes] = []
ACTIONS = {
    "pid": os.getpid,
    "sleep": lambda seconds="1000": time.sleep(float(seconds)),
    "burn": burn,
    "grow": grow,
    "leak": leak,
    "segfault": lambda: ctypes.string_at(0),
    "abort-without-memory": abort_without_memory,
    "exit": lambda: os._exit(3),
    "fork-bomb": bomb,
    "text": lambda megabytes: "x" * (int(megabytes) << 20),
    "garbage": lambda: answer(b"\0\0\0\6parsed" + b"\0\0\0\2{}"),
    "noise": lambda: answer(b"\0\1\0\0{}"),
    "half-an-answer": lambda: (answer(b"\0\0\0\6parsed" + b"\0\0\1\0{"), time.sleep(1000)),
    "socket": lambda family: socket.socket(getattr(socket, family)),
    "connect": lambda path: socket.socket(socket.AF_UNIX).connect(path),
    "run": lambda program: subprocess.run([program], check=False),
    "write": lambda path: Path(path).write_text("x"),
    "append": lambda path: open(path, "a"),  # noqa: SIM115
    "delete": lambda path: Path(path).unlink(),
    "read": lambda path: Path(path).read_text(),
    "kill": lambda pid: os.kill(int(pid), 9),
    "environment": lambda: " ".join(sorted(os.environ)),
    "threads": threads,
    "start-thread": lambda: threading.Thread(target=print).start(),
    "recurse": lambda: (lambda f: f(f))(lambda f: f(f)),
}


def parse(data, settings):
    action, *arguments = data.decode().split()
    if action == "children":
        children = tuple(Child(f"{i}.bin", os.urandom(int(size))) for i, size in enumerate(arguments))
        return Parsed("text/plain", (Page(1, "children"),), children=children)
    if action == "surrogate":  # what no text may hold
        return Parsed("text/plain", (), date="\ud800")
    return Parsed("text/plain", (Page(1, str(ACTIONS[action](*arguments))),))


if __name__ == "__main__":
    PARSERS["text/plain"] = parse
    worker.serve(parsing.parse)
