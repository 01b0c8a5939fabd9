"""What Ray runs: two actor classes and a sink, each a thin wrapper around the pipeline's functions.

Listed files come as columns, a row each. From then on a row is all documents of a block: a batch of one row is the
block, neither cut nor joined with others, also where there are GPUs, for which Ray asks how many rows a batch has.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from ray.data import Datasink
from ray.data.block import Block
from ray.data.datasource import WriteResult

from ray_app import pipeline
from ray_app.ingest.enriching import enricher_of
from ray_app.ingest.isolation import isolated
from ray_app.ingest.progress import Failed, Handle
from ray_app.ingest.reporting import PatientSandbox, measured, tell_written
from ray_app.ingest.summary import Tally
from ray_app.logs import log_to_stderr
from ray_app.models.prepared import prepare_model
from ray_app.records import Document, FileRef
from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.lookup import known_contents
from ray_app.store.patience import patiently
from ray_app.store.points import place_id
from ray_app.store.writer import Written, write_documents
from ray_app.timing import timed

if TYPE_CHECKING:
    from ray.data._internal.execution.interfaces import TaskContext

Rows = dict[str, Any]
_COLUMN = "documents"


@dataclass(frozen=True, slots=True)
class Together:
    """The documents of a block, which travel as one."""

    documents: list[Document]


class Extract:
    """Files to passages: reads, leaves out known contents, parses in a sandbox, cuts."""

    def __init__(
        self, settings: Settings, version: str, progress: Handle, *, run: str, last: bool, keep_originals: bool
    ) -> None:
        log_to_stderr(settings.logging, worker=True)
        self._settings = settings
        self._keep_originals = keep_originals
        self._version = version
        self._run = run
        self._progress = progress
        self._sandbox = PatientSandbox(settings.parsing)
        self._splitter = pipeline.open_splitter(prepare_model(settings), settings.chunking)
        self._runner = asyncio.Runner()
        self._store = self._runner.run(open_store(settings))
        enricher = patiently(settings.store, lambda: enricher_of(self._store, settings))
        self._enricher = self._runner.run(enricher)
        for weakness in self._sandbox.start():
            progress.warn.remote(f"the parsing process {weakness}")
        pipeline.warm_up()
        if last:  # no model is waited for
            progress.ready.remote()

    def __call__(self, table: pa.Table) -> Rows:
        refs = [FileRef(**row) for row in table.to_pylist()]
        limits = self._settings.parsing
        with measured(self._progress, "extract", len(refs), run=self._run):
            files = [pipeline.fetch(ref, limits.max_file_mb << 20, self._settings.sources) for ref in refs]
            if self._keep_originals:
                files = [pipeline.keep(file, self._settings) for file in files]
            documents = pipeline.extract(
                files,
                self._known,
                self._sandbox,
                self._splitter,
                depth=limits.max_depth,
                children_mb=limits.max_children_mb,
            )
            documents = isolated("enrich", lambda some: pipeline.enrich(some, self._enricher), documents)
        return as_row(documents)

    def _known(self, files: Sequence[pipeline.Fetched]) -> set[tuple[str, str]]:
        hashes = pipeline.hashes_of(files)
        known = patiently(self._settings.store, lambda: known_contents(self._store, hashes, pipeline=self._version))
        return self._runner.run(known)


class Embed:
    """Passages to vectors and labels."""

    def __init__(self, settings: Settings, progress: Handle, *, run: str, threads: int, gpu: bool) -> None:
        from ray_app.models.embedder import open_embedder  # these workers alone need a model
        from ray_app.models.registry import open_classifier

        log_to_stderr(settings.logging, worker=True)
        self._privacy = settings.privacy
        self._progress = progress
        self._run = run
        self._embedder = open_embedder(prepare_model(settings), settings.embedding, threads=threads, gpu=gpu)
        self._classifier = open_classifier(settings, self._embedder)
        progress.ready.remote()

    def __call__(self, rows: Rows) -> Rows:
        (block,) = rows[_COLUMN]
        documents = block.documents
        with measured(self._progress, "embed", len(documents), run=self._run):
            with timed("embed"):
                documents = isolated("embed", lambda some: pipeline.embed(some, self._embedder), documents)
            with timed("classify"):
                documents = isolated("classify", self._classify, documents)
        return as_row(documents)

    def _classify(self, documents: list[Document]) -> list[Document]:
        return pipeline.classify(documents, self._classifier, self._privacy)


class IndexSink(Datasink[Tally]):
    """Documents to the index; `tally` holds what was written, once all is."""

    def __init__(self, settings: Settings, *, run: str, version: str, progress: Handle) -> None:
        self._settings = settings
        self._run = run
        self._version = version
        self._progress = progress
        self.tally = Tally()

    def write(self, blocks: Iterable[Block], ctx: TaskContext) -> Tally:
        log_to_stderr(self._settings.logging, worker=True)
        return asyncio.run(self._write(blocks))

    async def _write(self, blocks: Iterable[Block]) -> Tally:
        store = await open_store(self._settings)
        tally = Tally()
        try:
            for some in _documents(blocks):
                documents = pipeline.for_keeping(some, self._settings.privacy)
                with measured(None, "write", len(documents), run=self._run) as step:
                    written = await patiently(
                        self._settings.store,
                        lambda some=documents: write_documents(  # type: ignore[misc]
                            store, some, run=self._run, pipeline=self._version
                        ),
                    )
                failed = [_failed(document) for document in written.failed]
                await tell_written(self._progress, step(), _outcomes(documents, written), written.chunks, failed)
                tally += _tally(written, failed)
        finally:
            await store.close()
        return tally

    def on_write_complete(self, write_result: WriteResult[Tally]) -> None:
        self.tally = sum(write_result.write_returns, Tally())


def _tally(written: Written, failed: Sequence[Failed]) -> Tally:
    outcomes = Counter(outcome.value for outcome in written.outcomes)
    return Tally(outcomes, written.children, written.chunks, Counter(one.reason for one in failed))


def _outcomes(documents: Sequence[Document], written: Written) -> Counter[tuple[str, str]]:
    pairs = zip(documents, written.outcomes, strict=True)
    return Counter((document.ref.source, outcome.value) for document, outcome in pairs)


def _failed(document: Document) -> Failed:
    failure = document.failure
    assert failure
    return Failed(place_id(document.ref), document.ref.uri, document.ref.source, failure.stage, failure.reason)


def as_row(documents: list[Document]) -> Rows:
    """One row that holds all of them."""
    return {_COLUMN: np.array([Together(documents)], dtype=object)}


def _documents(blocks: Iterable[Block]) -> Iterator[list[Document]]:
    for block in blocks:
        for one in block.column(_COLUMN).to_pylist():
            yield one.documents
