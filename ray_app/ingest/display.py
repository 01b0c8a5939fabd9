"""Shows how a run gets on: a live bar where a person looks, a line every few seconds where none does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

from ray_app.ingest.progress import Snapshot, slowest_stage
from ray_app.records import Outcome

_REFRESH_S = 0.5
_LINE_EVERY_S = 5.0


class Display:
    """Writes to the console that it is given: standard error, so that standard output stays for results."""

    def __init__(self, console: Console, *, stall_warning_s: float) -> None:
        self._console = console
        self._stall_warning_s = stall_warning_s
        self._warned: set[str] = set()

    def say(self, text: str) -> None:
        """A plain line."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    @contextmanager
    def watching(self, total: int, read: Callable[[], Snapshot]) -> Iterator[None]:
        """Shows `read()` against `total` documents until the block ends."""
        stop = threading.Event()
        show = self._bar if self._console.is_terminal else self._lines
        thread = threading.Thread(target=show, args=(total, read, stop), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(timeout=5)
        self._warn(read())  # a short run is over before anyone looks

    def _bar(self, total: int, read: Callable[[], Snapshot], stop: threading.Event) -> None:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[detail]}"),
            TimeRemainingColumn(compact=True),
        )
        with Progress(*columns, console=self._console, transient=True) as progress:
            task = progress.add_task("documents", total=total, detail="")
            for snapshot in self._watch(read, stop, _REFRESH_S):
                progress.update(task, completed=snapshot.documents["write"], detail=_detail(snapshot))

    def _lines(self, total: int, read: Callable[[], Snapshot], stop: threading.Event) -> None:
        for snapshot in self._watch(read, stop, _LINE_EVERY_S):
            done = snapshot.documents["write"]
            left = f", {_time(snapshot.working_s / done * (total - done))} left" if done else ""
            self.say(f"{done}/{total} documents, {_detail(snapshot)}{left}")

    def _watch(self, read: Callable[[], Snapshot], stop: threading.Event, every_s: float) -> Iterator[Snapshot]:
        warned = False
        while not stop.wait(every_s):
            snapshot = read()
            self._warn(snapshot)
            if snapshot.idle_s > self._stall_warning_s and not warned:
                self.say(
                    f"no document has moved for {snapshot.idle_s:.0f} s; they wait for {slowest_stage(snapshot)!r}"
                )
            warned = snapshot.idle_s > self._stall_warning_s
            yield snapshot

    def _warn(self, snapshot: Snapshot) -> None:
        for text in snapshot.warnings:
            if text not in self._warned:
                self.say(f"warning: {text}")
                self._warned.add(text)


def _detail(snapshot: Snapshot) -> str:
    if not snapshot.working_s:
        return "starting workers"
    speed = snapshot.documents["write"] / snapshot.working_s
    quarantined = snapshot.outcomes[Outcome.QUARANTINED]
    return f"{snapshot.chunks} chunks, {speed:.1f} documents/s, {quarantined} quarantined"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
