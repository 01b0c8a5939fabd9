"""Memory of a benchmark's processes while it runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


@contextmanager
def memory_watched() -> Iterator[dict[str, float]]:
    """Peak megabytes of this process and of all below it, by kind of process.

    Memory that several share is split evenly between them (proportional set size).
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
                    now[kind] = now.get(kind, 0.0) + process.memory_full_info().pss / 2**20
                except (psutil.NoSuchProcess, psutil.AccessDenied):
                    continue
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


def _kind(command: list[str]) -> str:
    line = " ".join(command)
    for part, kind in (("(Extract)", "extract"), ("(Embed)", "embed"), ("Write", "write"), ("Owner", "owner")):
        if "ray::" in line and part in line:
            return kind
    return "sandbox" if "parsing.worker" in line else "Ray's own"
