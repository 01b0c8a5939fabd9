"""Memory of a benchmark's processes while it runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil


@contextmanager
def memory_watched() -> Iterator[dict[str, float]]:
    """Peak megabytes of this process and of all below it, by kind of process.

    Memory that several share is split evenly between them (proportional set size), but for Ray's object store, which
    is a kind of its own: its pages would be counted as those of whoever touched them, with whatever lay in them.
    """
    peaks: dict[str, float] = {}
    stop = threading.Event()

    def watch() -> None:
        pause = 1.0
        while not stop.wait(pause):
            began = time.perf_counter()
            now: dict[str, float] = {}
            me = psutil.Process()
            for process in (me, *me.children(recursive=True)):
                try:
                    kind = "driver" if process == me else _kind(process.cmdline())
                    all_of_it, shared = _proportional_mb(process.pid)
                except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
                    continue
                now[kind] = now.get(kind, 0.0) + all_of_it - shared
                now["object store"] = now.get("object store", 0.0) + shared
            for kind, megabytes in now.items():
                peaks[kind] = max(peaks.get(kind, 0.0), megabytes)
            # The kernel walks through all pages of a process, which holds it up: half a second where it has 10 GB.
            pause = max(1.0, 20 * (time.perf_counter() - began))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        stop.set()
        thread.join()


def _proportional_mb(pid: int) -> tuple[float, float]:
    """All memory of a process, and how much of it is shared memory: the object store. Raises OSError once it is gone.

    psutil tells only the first. The format is proc_pid_smaps_rollup(5)'s: lines of a name, kilobytes, and "kB".
    """
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    found = {name: int(kilobytes) / 1024 for name, kilobytes, _ in map(str.split, lines)}
    return found["Pss:"], found["Pss_Shmem:"]


def _kind(command: list[str]) -> str:
    line = " ".join(command)
    for part, kind in (("(Extract)", "extract"), ("(Embed)", "embed"), ("Write", "write"), ("Owner", "owner")):
        if "ray::" in line and part in line:
            return kind
    return "sandbox" if "parsing.worker" in line else "Ray's own"
