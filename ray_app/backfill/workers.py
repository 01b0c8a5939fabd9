"""What Ray runs of a backfill: an actor class that embeds stored contents, and a sink that writes the result."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from ray.data import Datasink
from ray.data.block import Block
from ray.data.datasource import WriteResult

from ray_app import pipeline
from ray_app.ingest.progress import Handle
from ray_app.ingest.reporting import measured, tell_written
from ray_app.logs import log_to_stderr
from ray_app.models.prepared import prepare_model
from ray_app.records import Content, Outcome
from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.patience import patiently
from ray_app.store.pending import complete, give_up, read_contents
from ray_app.timing import timed

if TYPE_CHECKING:
    from ray.data._internal.execution.interfaces import TaskContext

Rows = dict[str, Any]
_COLUMN = "content"


class Complete:
    """Stored contents to vectors and labels."""

    def __init__(self, settings: Settings, progress: Handle, *, run: str, threads: int, gpu: bool) -> None:
        from ray_app.models.embedder import open_embedder
        from ray_app.models.registry import open_classifier

        log_to_stderr(settings.logging, worker=True)
        self._settings = settings
        self._run = run
        self._progress = progress
        self._runner = asyncio.Runner()
        self._store = self._runner.run(open_store(settings))
        self._embedder = open_embedder(prepare_model(settings), settings.embedding, threads=threads, gpu=gpu)
        self._classifier = open_classifier(settings, self._embedder)
        progress.ready.remote()

    def __call__(self, rows: Rows) -> Rows:
        ids = [str(one) for one in rows["id"]]
        with measured(self._progress, "embed", len(ids), run=self._run):
            with timed("read"):
                contents = self._runner.run(self._read(ids))
            try:
                done = self._complete(contents)
            except Exception:  # a model may raise anything at an odd text: then one by one
                done = [self._alone(content) for content in contents]
        column = np.empty(len(done), dtype=object)
        column[:] = done
        return {_COLUMN: column}

    def _complete(self, contents: list[Content]) -> list[Content]:
        with timed("embed"):
            embedded = pipeline.embed_contents(contents, self._embedder)
        with timed("classify"):
            return pipeline.classify_contents(embedded, self._classifier)

    async def _read(self, ids: list[str]) -> list[Content]:
        return await patiently(self._settings.store, lambda: read_contents(self._store, self._settings.tenant, ids))

    def _alone(self, content: Content) -> Content:
        try:
            return self._complete([content])[0]
        except Exception as error:
            detail = f"{type(error).__name__}: {error}"[:500]
            self._runner.run(
                give_up(self._store, self._settings.tenant, [content.sha256], stage="embed", detail=detail)
            )
            return content


class CompletedSink(Datasink[Counter[str]]):
    """Vectors and labels to the index; the counts hold what was written, once all is."""

    def __init__(self, settings: Settings, progress: Handle, *, run: str) -> None:
        self._settings = settings
        self._progress = progress
        self._run = run
        self.contents = self.chunks = self.failed = 0

    def write(self, blocks: Iterable[Block], ctx: TaskContext) -> Counter[str]:
        log_to_stderr(self._settings.logging, worker=True)
        return asyncio.run(self._write(blocks))

    async def _write(self, blocks: Iterable[Block]) -> Counter[str]:
        store = await open_store(self._settings)
        counts: Counter[str] = Counter()
        try:
            for block in blocks:
                everything: list[Content] = block.column(_COLUMN).to_pylist()
                embedded = [content for content in everything if content.vectors is not None]
                with measured(None, "write", len(everything), run=self._run) as step:
                    chunks = await patiently(
                        self._settings.store,
                        lambda some=embedded: complete(store, self._settings.tenant, some),  # type: ignore[misc]
                    )
                await tell_written(self._progress, step(), _outcomes(everything), chunks, [])
                counts += Counter(contents=len(embedded), chunks=chunks, failed=len(everything) - len(embedded))
        finally:
            await store.close()
        return counts

    def on_write_complete(self, write_result: WriteResult[Counter[str]]) -> None:
        counts = sum(write_result.write_returns, Counter[str]())
        self.contents, self.chunks, self.failed = counts["contents"], counts["chunks"], counts["failed"]


def _outcomes(contents: list[Content]) -> Counter[tuple[str, str]]:
    """A content may lie in several sources: none is named. One without vectors was given up."""
    outcomes = (Outcome.QUARANTINED if content.vectors is None else Outcome.INDEXED for content in contents)
    return Counter(("", outcome.value) for outcome in outcomes)
