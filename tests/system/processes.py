"""Finds the processes of this test session that are to be killed or stopped."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

PARSER, EMBEDDER = "ray_app.parsing.worker", "ray::MapWorker(MapBatches(Embed))"


def workers(title):
    """Our own cluster's processes with this title."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if title in (entry / "cmdline").read_text() and os.getpid() in _ancestors(int(entry.name)):
                found.append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def owner_of(index_dir):
    """The process that has the index's lock file open."""
    lock = index_dir / "lock"
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if any(os.path.realpath(link) == str(lock) for link in (entry / "fd").iterdir()):
                return int(entry.name)
        except (FileNotFoundError, PermissionError):
            continue
    raise AssertionError("nobody has the index open")


@contextlib.contextmanager
def stopped(pid):
    """In the block the process stands still."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _ancestors(pid):
    while pid > 1:
        yield pid
        pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
