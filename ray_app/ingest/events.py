"""What a run tells the event log: that it began, how it gets on, what went into quarantine, how it ended.

A thread of its own appends, over a connection of its own: the run never waits for it, and never fails of it.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ray_app.ingest.progress import Failed, Snapshot
from ray_app.logs import get_logger
from ray_app.records import Outcome
from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.events import Event, Topic, append_events, new_event, prune_events
from ray_app.store.patience import patiently
from ray_app.store.runs import Run

# How long the end of a run waits for its last events to be written.
_LAST_WAIT_S = 15.0
# Events that are appended in one write, and that may wait for it.
_MOST_AT_ONCE = 256
_MOST_WAITING = 10_000

_log = get_logger(__name__)


class Teller:
    """A run's events. `sources` are those that it works on, none where it is about the whole tenant."""

    def __init__(self, settings: Settings, run: str, job: str, sources: Sequence[str] = ()) -> None:
        self._settings = settings
        self._run = run
        self._job = job
        self._sources = sorted(set(sources))
        # What is about several sources names none: it is for those who see them all.
        self._source = self._sources[0] if len(self._sources) == 1 else None
        self._waiting: queue.Queue[Event] = queue.Queue(_MOST_WAITING)
        self._told = self._untold = 0
        self._last_progress = time.monotonic()

    def began(self, run: Run) -> None:
        """The run is on record."""
        self._tell("job", self._source, state="started", started=run.started)

    def progress(self, snapshot: Snapshot) -> None:
        """How things stand: told now and then; and the documents that failed since the last time."""
        self._quarantined(snapshot.failed)
        if time.monotonic() - self._last_progress < self._settings.events.progress_s:
            return
        self._last_progress = time.monotonic()
        self._tell(
            "job",
            self._source,
            state="running",
            documents=snapshot.documents["write"],
            total=snapshot.total,
            more=snapshot.more,
            chunks=snapshot.chunks,
            quarantined=snapshot.outcomes[Outcome.QUARANTINED],
        )

    def ended(self, run: Run) -> None:
        """The run's record has its last words."""
        last: dict[str, Any] = {"state": run.state, "seconds": run.seconds, "counts": run.counts}
        for source in self._sources:
            # Counts of a run over several sources are not one source's.
            own = last if self._source else {"state": run.state, "seconds": run.seconds}
            self._tell("source", source, **own)
        reasons = {"reasons": run.reasons, "detail": run.detail, "documents_untold": self._untold}
        self._tell("job", self._source, **last, **reasons)

    def drain(self) -> Iterator[list[Event]]:
        """What waits to be written, some at a time."""
        while not self._waiting.empty():
            yield [self._waiting.get() for _ in range(min(_MOST_AT_ONCE, self._waiting.qsize()))]

    def _quarantined(self, failed: Sequence[Failed]) -> None:
        left = self._settings.events.documents_per_run - self._told
        for one in failed[:left]:
            self._told += 1
            self._tell(
                "document",
                one.source,
                document=one.document,
                uri=one.uri,
                outcome=Outcome.QUARANTINED.value,
                stage=one.stage,
                reason=one.reason,
            )
        self._untold += len(failed[left:])

    def _tell(self, topic: Topic, source: str | None, **data: Any) -> None:
        about = {"run": self._run, "job": self._job, **data}
        event = new_event(topic, tenant=self._settings.tenant, source=source, data=about)
        try:
            self._waiting.put_nowait(event)
        except queue.Full:  # the index stands still: the run will notice by itself
            self._untold += topic == "document"


@contextmanager
def telling(settings: Settings, run: str, *, job: str, sources: Sequence[str] = ()) -> Iterator[Teller]:
    """A teller whose events come into the log while the block runs and, for some seconds, at its end."""
    teller, stop = Teller(settings, run, job, sources), threading.Event()
    thread = threading.Thread(target=_write_all, args=(settings, teller, stop), daemon=True)
    thread.start()
    try:
        yield teller
    finally:
        stop.set()
        thread.join(timeout=_LAST_WAIT_S)


def _write_all(settings: Settings, teller: Teller, stop: threading.Event) -> None:
    try:
        asyncio.run(_write(settings, teller, stop))
    except Exception as error:  # whatever it is, the run is more important
        _log.warning("events of this run were lost", error=type(error).__name__)


async def _write(settings: Settings, teller: Teller, stop: threading.Event) -> None:
    store = await open_store(settings)
    try:
        await prune_events(store, keep_days=settings.events.keep_days)
        last = False
        while not last:
            last = await asyncio.to_thread(stop.wait, settings.events.poll_s)
            for events in teller.drain():
                await patiently(settings.store, lambda some=events: append_events(store, some))  # type: ignore[misc]
    finally:
        await store.close()
