"""Finds the processes of this test session that are to be killed or stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.conftest import free_port

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


@contextlib.contextmanager
def ray_head(environment, dashboard, cpus):
    """`ray start --head` in the foreground, as an operator starts a cluster, on ports of its own."""
    port = free_port()
    options = {
        "port": port,
        "dashboard-host": "127.0.0.1",
        "dashboard-port": dashboard,
        "dashboard-agent-listen-port": free_port(),  # the usual ones are the session cluster's
        "num-cpus": cpus,
        "object-store-memory": 300_000_000,
    }
    command = [str(Path(sys.executable).with_name("ray")), "start", "--head", "--block"]
    command += [f"--{name}={value}" for name, value in options.items()]
    head = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield head
    finally:
        head.terminate()
        head.wait(timeout=60)
        latest = Path("/tmp/ray/ray_current_cluster")  # `ray stop` would remove it, and end every other Ray too
        if latest.exists() and latest.read_text().endswith(f":{port}"):
            latest.unlink()


def _ancestors(pid):
    while pid > 1:
        yield pid
        pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
