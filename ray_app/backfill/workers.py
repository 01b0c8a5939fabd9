"""What Ray runs of a backfill: an actor class that works on stored contents, and a sink that writes the result."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from ray.data import Datasink
from ray.data.block import Block
from ray.data.datasource import WriteResult

from ray_app.backfill.tasks import TASKS, Name, read_for
from ray_app.ingest.isolation import tell_one_by_one
from ray_app.ingest.progress import Handle
from ray_app.ingest.reporting import measured, tell_written
from ray_app.logs import log_to_stderr
from ray_app.records import Content, Outcome
from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.patience import patiently
from ray_app.timing import timed

if TYPE_CHECKING:
    from ray.data._internal.execution.interfaces import TaskContext

Rows = dict[str, Any]
_COLUMN = "content"
_DONE = "done"


class Worker:
    """Stored contents to what the task makes of them."""

    def __init__(self, task: Name, settings: Settings, progress: Handle, *, run: str, threads: int, gpu: bool) -> None:
        log_to_stderr(settings.logging, worker=True)
        self._task = TASKS[task]
        self._name = task
        self._settings = settings
        self._run = run
        self._progress = progress
        self._runner = asyncio.Runner()
        self._store = self._runner.run(open_store(settings))
        self._work = self._task.open(settings, threads, gpu)
        progress.ready.remote()

    def __call__(self, rows: Rows) -> Rows:
        ids = [str(one) for one in rows["id"]]
        with measured(self._progress, "embed", len(ids), run=self._run):
            with timed("read"):
                contents = self._runner.run(self._read(ids))
            try:
                with timed(self._name):
                    done = [(content, True) for content in self._work(contents)]
            except Exception as error:  # a model may raise anything at an odd text: then one by one
                tell_one_by_one(self._name, len(contents), error)
                done = [self._alone(content) for content in contents]
        column = np.empty(len(done), dtype=object)
        column[:] = [content for content, _ in done]
        return {_COLUMN: column, _DONE: np.array([well for _, well in done], bool)}

    async def _read(self, ids: list[str]) -> list[Content]:
        return await patiently(self._settings.store, lambda: read_for(self._task, self._store, self._settings, ids))

    def _alone(self, content: Content) -> tuple[Content, bool]:
        try:
            return self._work([content])[0], True
        except Exception as error:
            detail = f"{type(error).__name__}: {error}"[:500]
            self._runner.run(self._task.fail(self._store, self._settings, content, detail))
            return replace(content, vectors=None), False


class WrittenSink(Datasink[Counter[str]]):
    """Results to the index; the counts hold what was written, once all is."""

    def __init__(self, task: Name, settings: Settings, progress: Handle, *, run: str) -> None:
        self._task = task
        self._settings = settings
        self._progress = progress
        self._run = run
        self.contents = self.chunks = self.failed = 0

    def write(self, blocks: Iterable[Block], ctx: TaskContext) -> Counter[str]:
        log_to_stderr(self._settings.logging, worker=True)
        return asyncio.run(self._write(blocks))

    async def _write(self, blocks: Iterable[Block]) -> Counter[str]:
        store = await open_store(self._settings)
        write = TASKS[self._task].write
        counts: Counter[str] = Counter()
        try:
            for block in blocks:
                everything: list[Content] = block.column(_COLUMN).to_pylist()
                well = [bool(one) for one in block.column(_DONE).to_pylist()]
                done = [content for content, is_well in zip(everything, well, strict=True) if is_well]
                with measured(None, "write", len(everything), run=self._run) as step:
                    chunks = await patiently(
                        self._settings.store,
                        lambda some=done: write(store, self._settings, some),  # type: ignore[misc]
                    )
                await tell_written(self._progress, step(), _outcomes(well), chunks, [])
                counts += Counter(contents=len(done), chunks=chunks, failed=len(everything) - len(done))
        finally:
            await store.close()
        return counts

    def on_write_complete(self, write_result: WriteResult[Counter[str]]) -> None:
        counts = sum(write_result.write_returns, Counter[str]())
        self.contents, self.chunks, self.failed = counts["contents"], counts["chunks"], counts["failed"]


def _outcomes(well: list[bool]) -> Counter[tuple[str, str]]:
    """A content may lie in several sources: none is named. One that the work cannot take was given up."""
    outcomes = (Outcome.INDEXED if one else Outcome.QUARANTINED for one in well)
    return Counter(("", outcome.value) for outcome in outcomes)
