"""Shows how a run gets on: a live bar where a person looks, a line every few seconds where none does.

Where standard error is to be a log (`logging.format: json`), the same is said in log lines.
"""

from __future__ import annotations

import contextlib
import contextvars
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from ray_app.errors import RayAppError
from ray_app.ingest.progress import Handle, Snapshot, slowest_stage
from ray_app.ingest.reporting import log_failed
from ray_app.logs import get_logger
from ray_app.records import Outcome
from ray_app.settings import Settings

_REFRESH_S = 0.5
_LINE_EVERY_S = 5.0
# Below it a minute more or less is worth saying, above it only whole minutes are.
_ROUGHLY_S = 300.0

_log = get_logger(__name__)


class Display:
    """Writes to the console that it is given: standard error, so that standard output stays for results."""

    def __init__(self, console: Console, *, stall_warning_s: float, as_log: bool = False) -> None:
        self._console = console
        self._stall_warning_s = stall_warning_s
        self._warned: set[str] = set()
        self._as_log = as_log

    def say(self, text: str) -> None:
        """A plain line; the log has it too."""
        _log.info(text)
        if not self._as_log:
            self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    @contextmanager
    def watching(self, total: int, read: Callable[[], Snapshot]) -> Iterator[None]:
        """Shows `read()` against the `total` documents that are known until the block ends."""
        stop = threading.Event()
        show = self._bar if self._console.is_terminal and not self._as_log else self._lines
        here = contextvars.copy_context()  # the thread's log lines name the run too
        thread = threading.Thread(target=here.run, args=(show, total, read, stop), daemon=True)
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
            BarColumn(20),
            TextColumn("{task.fields[detail]}"),
        )
        with Progress(*columns, console=self._console, transient=True) as progress:
            task = progress.add_task("documents", total=total, detail="starting workers")
            for snapshot in self._watch(read, stop, _REFRESH_S):
                detail = f"{_count(snapshot, total)}, {_detail(snapshot)}{_left(snapshot, total)}"
                progress.update(task, completed=snapshot.documents["write"], detail=detail)

    def _lines(self, total: int, read: Callable[[], Snapshot], stop: threading.Event) -> None:
        for snapshot in self._watch(read, stop, _LINE_EVERY_S):
            _log.info(
                "progress",
                documents=snapshot.documents["write"],
                total=total,
                more=snapshot.more,
                chunks=snapshot.chunks,
                quarantined=snapshot.outcomes[Outcome.QUARANTINED],
                per_s=round(_speed(snapshot), 2),
            )
            if not self._as_log:
                self._console.print(
                    f"{_count(snapshot, total)} documents, {_detail(snapshot)}{_left(snapshot, total)}",
                    highlight=False,
                    markup=False,
                    soft_wrap=True,
                )

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


def open_display(settings: Settings) -> Display:
    """The display of a command, on standard error."""
    return Display(
        Console(stderr=True),
        stall_warning_s=settings.ingest.stall_warning_s,
        as_log=settings.logging.format == "json",
    )


@contextmanager
def watched(
    display: Display,
    progress: Handle,
    documents: int,
    *,
    more: bool,
    run: str,
    tell: Callable[[Snapshot], None] = lambda _: None,
) -> Iterator[None]:
    """While a pass over so many documents runs, the display shows how it gets on, and `tell` hears of it.

    An error of ours that a worker raised is raised as it was, without Ray's account of where.
    """
    import ray
    from ray.exceptions import RayActorError

    last = Snapshot()

    def read() -> Snapshot:
        nonlocal last
        with contextlib.suppress(RayActorError):  # its node died: the run goes on without figures
            last = log_failed(run, ray.get(progress.snapshot.remote()))
            tell(last)
        return last

    progress.begin.remote(documents, more=more)
    total = read().total
    try:
        with display.watching(total, read):
            yield
    except Exception as error:
        ours = _ours(error)
        if ours:
            raise ours from None
        raise
    finally:
        progress.end.remote()
        read()


def _ours(error: BaseException) -> RayAppError | None:
    """The error of ours at the bottom of what Ray raised."""
    below: BaseException | None = error
    while below is not None:
        cause = getattr(below, "cause", None)
        if type(below).__module__ == RayAppError.__module__ and isinstance(below, RayAppError):
            return below
        below = cause if isinstance(cause, BaseException) else below.__cause__
    return None


def _count(snapshot: Snapshot, total: int) -> str:
    return f"{snapshot.documents['write']}/{total}{' so far' if snapshot.more else ''}"


def _speed(snapshot: Snapshot) -> float:
    return snapshot.documents["write"] / snapshot.working_s if snapshot.working_s else 0.0


def _detail(snapshot: Snapshot) -> str:
    if not snapshot.working_s:
        return "starting workers"
    quarantined = snapshot.outcomes[Outcome.QUARANTINED]
    return f"{snapshot.chunks} chunks, {_speed(snapshot):.1f} documents/s, {quarantined} quarantined"


def _left(snapshot: Snapshot, total: int) -> str:
    """Nothing while the listing goes on: nobody knows how much is to come."""
    speed = _speed(snapshot)
    if not speed or snapshot.more:
        return ""
    return f", {_time((total - snapshot.documents['write']) / speed)} left"


def _time(seconds: float) -> str:
    if seconds > _ROUGHLY_S:
        hours, minutes = divmod(round(seconds / 60), 60)
        return f"{hours} h {minutes} min" if hours else f"{minutes} min"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
