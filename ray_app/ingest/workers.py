"""What Ray runs: two actor classes and a sink, each a thin wrapper around the pipeline's functions.

A row is one document: listed files come as columns, then travel as `Document` objects.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from ray.data import Datasink
from ray.data.block import Block
from ray.data.datasource import WriteResult

from ray_app import pipeline
from ray_app.ingest.progress import Handle
from ray_app.ingest.summary import Tally
from ray_app.models.prepared import prepare_model
from ray_app.parsing.sandbox import Sandbox
from ray_app.records import Document, Failure, FileRef
from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.lookup import known_contents
from ray_app.store.writer import write_documents

if TYPE_CHECKING:
    from ray.data._internal.execution.interfaces import TaskContext

Rows = dict[str, Any]
_COLUMN = "document"


class Extract:
    """Files to passages: reads, leaves out known contents, parses in a sandbox, cuts."""

    def __init__(self, settings: Settings, version: str, progress: Handle, *, keep_originals: bool) -> None:
        self._settings = settings
        self._keep_originals = keep_originals
        self._version = version
        self._progress = progress
        self._sandbox = Sandbox(settings.parsing)
        self._splitter = pipeline.open_splitter(prepare_model(settings), settings.chunking)
        self._runner = asyncio.Runner()
        self._store = self._runner.run(open_store(settings))
        for weakness in self._sandbox.start():
            progress.warn.remote(f"the parsing process {weakness}")

    def __call__(self, table: pa.Table) -> Rows:
        refs = [FileRef(**row) for row in table.to_pylist()]
        limits = self._settings.parsing
        files = [pipeline.fetch(ref, limits.max_file_mb << 20, self._settings.sources) for ref in refs]
        if self._keep_originals:
            files = [pipeline.keep(file, self._settings) for file in files]
        documents = pipeline.extract(files, self._known, self._sandbox, self._splitter, depth=limits.max_depth)
        self._progress.passed.remote("extract", len(documents))
        return _rows(documents)

    def _known(self, files: Sequence[pipeline.Fetched]) -> set[str]:
        hashes = {file.sha256 for file in files if file.sha256}
        tenants = {file.ref.tenant for file in files}
        return {
            found
            for tenant in tenants
            for found in self._runner.run(known_contents(self._store, tenant, hashes, pipeline=self._version))
        }


class Embed:
    """Passages to vectors and labels."""

    def __init__(self, settings: Settings, progress: Handle, *, threads: int, gpu: bool) -> None:
        from ray_app.models.embedder import open_embedder  # these workers alone need a model
        from ray_app.models.registry import open_classifier

        self._progress = progress
        self._embedder = open_embedder(prepare_model(settings), settings.embedding, threads=threads, gpu=gpu)
        self._classifier = open_classifier(settings, self._embedder)
        progress.model_loaded.remote()

    def __call__(self, rows: Rows) -> Rows:
        documents = list(rows[_COLUMN])
        documents = isolated("embed", lambda some: pipeline.embed(some, self._embedder), documents)
        documents = isolated("classify", lambda some: pipeline.classify(some, self._classifier), documents)
        self._progress.passed.remote("embed", len(documents))
        return _rows(documents)


class IndexSink(Datasink[Tally]):
    """Documents to the index; `tally` holds what was written, once all is."""

    def __init__(self, settings: Settings, *, run: str, version: str, progress: Handle) -> None:
        self._settings = settings
        self._run = run
        self._version = version
        self._progress = progress
        self.tally = Tally()

    def write(self, blocks: Iterable[Block], ctx: TaskContext) -> Tally:
        return asyncio.run(self._write(blocks))

    async def _write(self, blocks: Iterable[Block]) -> Tally:
        store = await open_store(self._settings)
        tally = Tally()
        try:
            for block in blocks:
                documents = block.column(_COLUMN).to_pylist()
                written = await write_documents(store, documents, run=self._run, pipeline=self._version)
                found = Counter(outcome.value for outcome in written.outcomes)
                self._progress.written.remote(found, written.chunks)
                tally += Tally(found, written.children, written.chunks)
        finally:
            await store.close()
        return tally

    def on_write_complete(self, write_result: WriteResult[Tally]) -> None:
        self.tally = sum(write_result.write_returns, Tally())


def isolated(stage: str, work: Callable[[list[Document]], list[Document]], documents: list[Document]) -> list[Document]:
    """All documents at once; where that fails, one by one, so that only those at fault are lost."""
    try:
        return work(documents)
    except Exception:  # a model may raise anything at an odd text
        return [_alone(stage, work, document) for document in documents]


def _alone(stage: str, work: Callable[[list[Document]], list[Document]], document: Document) -> Document:
    try:
        return work([document])[0]
    except Exception as error:  # it is recorded with the document
        failure = Failure(stage, "error", f"{type(error).__name__}: {error}"[:500])
        return Document(document.ref, document.sha256, failure=failure)


def _rows(documents: Sequence[Document]) -> Rows:
    column = np.empty(len(documents), dtype=object)
    column[:] = documents
    return {_COLUMN: column}
