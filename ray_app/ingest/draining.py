"""What the online worker does with documents that wait: the same stages as an ingest, a few documents at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ray_app import pipeline
from ray_app.errors import StoreError
from ray_app.ingest.enriching import enricher_of
from ray_app.ingest.isolation import isolated
from ray_app.ingest.reporting import PatientSandbox
from ray_app.ingest.waiting import file_of, may_be_lost, may_pass, remembered
from ray_app.ingest.watching import scan_changes
from ray_app.logs import get_logger
from ray_app.models.classification.classifier import Classifier
from ray_app.models.embedder import open_embedder
from ray_app.models.prepared import prepare_model
from ray_app.models.registry import current_version, open_classifier
from ray_app.pipeline import Fetched
from ray_app.records import Document
from ray_app.settings import Settings
from ray_app.sources import originals
from ray_app.sources.incoming import delete_incoming, delete_old, old_incoming
from ray_app.store.collections import DOCUMENTS
from ray_app.store.erasure import erase_document, erase_unused, make_incomplete
from ray_app.store.events import append_events
from ray_app.store.lookup import known_contents
from ray_app.store.patience import patiently
from ray_app.store.protocol import Store
from ray_app.store.queue import Entry, Taken, keep_for_retry, put_back, remove, take, told, waited_for
from ray_app.store.sweep import sweep
from ray_app.store.watchlist import tenants_behind
from ray_app.store.writer import write_documents

_Known = Coroutine[Any, Any, set[tuple[str, str]]]

_log = get_logger(__name__)
_RUN = "online"
# Longer than any upload takes.
_LEFT_OVER_S = 24 * 3600.0
# What a sweep may take away in the middle of a write: the next try brings it back.
_VANISHED = "content_vanished"


@dataclass(frozen=True, slots=True)
class _Finished:
    """A document as the index has it now."""

    taken: Taken
    outcome: str
    reason: str | None


class Drain:
    """The stages with their models loaded. Takes what waits, round by round; not for several tasks at a time."""

    def __init__(self, settings: Settings) -> None:
        """Loads the models, so that the first document need not wait; takes seconds."""
        model = prepare_model(settings)
        self._settings = settings
        self._version = pipeline.pipeline_version(model, settings.chunking)
        self._splitter = pipeline.open_splitter(model, settings.chunking)
        self._sandbox = PatientSandbox(settings.parsing)
        self._embedder = open_embedder(model, settings.embedding)
        self._classifiers: dict[str, tuple[str | None, Classifier]] = {}
        self._not_to_blame: list[Entry] = []
        for weakness in self._sandbox.start():
            _log.warning(f"the parsing process {weakness}")

    def close(self) -> None:
        self._sandbox.close()

    async def round(self, store: Store) -> int:
        """Works on the documents that have waited longest; returns how many, 0 where none waits.

        Raises StoreError where the index is away; what was in work then waits, as if it had not been begun.
        """
        await self._forgive(store)
        limits = self._settings
        batch = partial(take, limit=limits.uploads.batch_documents, most_bytes=limits.ingest.block_mb << 20)
        taken = await patiently(limits.store, lambda: store.run(batch))
        try:
            if taken:
                await self._work(store, taken)
        except StoreError:
            self._not_to_blame += [one.entry for one in taken]
            raise
        except Exception as error:  # each is then tried alone, until its attempts are used up
            _log.error("documents failed", error=type(error).__name__, documents=[one.entry.document for one in taken])
            detail = f"{type(error).__name__}: {error}"[:500]
            for entry in (one.entry for one in taken):
                wait_s = min(2.0**entry.begun, limits.uploads.longest_wait_s)
                await store.run(put_back, [entry], wait_s=wait_s, detail=detail)
        return len(taken)

    async def follow_watchlists(self, store: Store) -> None:
        """Brings the index in line with changed watch lists. What is indexed meanwhile already is."""
        for tenant in await tenants_behind(store):
            await scan_changes(store, self._settings.of_tenant(tenant))

    async def tidy(self, store: Store) -> None:
        """Removes bytes that nobody waits for: of a server that died while it received them."""
        where = self._settings.originals_url, self._settings.sources
        old = await asyncio.to_thread(partial(old_incoming, *where, min_age_s=_LEFT_OVER_S))
        unwanted = set(old) - await waited_for(store, sorted(old))
        paths = [old[ticket] for ticket in sorted(unwanted)]
        await asyncio.to_thread(delete_old, where[0], paths, where[1])

    async def _forgive(self, store: Store) -> None:
        if self._not_to_blame:
            entries = [entry.model_copy(update={"begun": entry.begun - 1}) for entry in self._not_to_blame]
            await store.run(put_back, entries)
            self._not_to_blame = []

    async def _work(self, store: Store, taken: Sequence[Taken]) -> None:
        gone = [one for one in taken if one.entry.action == "erase"]
        for one in gone:
            await self._erase(store, one.entry)
        others = [one for one in taken if one.entry.action != "erase"]
        for one in others:
            if one.anew:
                await store.run(make_incomplete, one.entry.document)
        files = [await asyncio.to_thread(file_of, one.entry, self._settings) for one in others]
        pairs = list(zip(others, files, strict=True))
        late = [one for one, file in pairs if may_pass(one.entry, file.failure, self._settings)]
        await self._postpone(store, late)
        ready = [(one, file) for one, file in pairs if one not in late]
        finished = await self._index(store, ready) if ready else []
        vanished = [one.taken for one in finished if one.reason == _VANISHED]
        await self._postpone(store, vanished)
        done = [one for one in finished if one.taken not in vanished]
        await append_events(store, [told(one.taken.entry, one.outcome, reason=one.reason) for one in done])
        unread = [one for one, file in ready if may_be_lost(one.entry, file)]
        await self._finish(store, [*gone, *(one.taken for one in done)], unread=unread)

    async def _index(self, store: Store, ready: Sequence[tuple[Taken, Fetched]]) -> list[_Finished]:
        """Takes the files through the pipeline and into the index."""
        known = _known_from(asyncio.get_running_loop(), partial(self._known, store))
        tenants = {one.entry.tenant for one, _ in ready}
        enrichers = {tenant: await enricher_of(store, self._settings.of_tenant(tenant)) for tenant in tenants}
        documents = await asyncio.to_thread(self._stages, [file for _, file in ready], known, enrichers)
        write = partial(write_documents, documents=documents, run=_RUN, pipeline=self._version)
        await patiently(self._settings.store, lambda: store.run(write))
        for taken, file in ready:
            await store.set_payload(DOCUMENTS, [taken.entry.document], remembered(taken, file))
        for tenant in sorted({taken.entry.tenant for taken, _ in ready}):
            await store.run(sweep, tenant, erase=originals.eraser(self._settings, tenant))
        for taken, file in ready:
            if taken.original and file.sha256 and taken.original != file.sha256:
                erase = originals.eraser(self._settings, taken.entry.tenant)
                await store.run(erase_unused, taken.entry.tenant, taken.original, erase=erase)
        places = await store.retrieve(DOCUMENTS, [taken.entry.document for taken, _ in ready])
        now = {place.id: place.payload for place in places}
        return [
            _Finished(taken, payload.get("outcome", ""), payload.get("reason"))
            for taken, _ in ready
            for payload in [now.get(taken.entry.document, {})]
        ]

    def _stages(
        self, files: Sequence[Fetched], known: pipeline.Known, enrichers: Mapping[str, pipeline.Enricher]
    ) -> list[Document]:
        limits = self._settings.parsing
        documents = pipeline.extract(
            files, known, self._sandbox, self._splitter, depth=limits.max_depth, children_mb=limits.max_children_mb
        )
        documents = isolated(
            "enrich",
            lambda some: [done for one in some for done in pipeline.enrich([one], enrichers[one.ref.tenant])],
            documents,
        )
        documents = isolated("embed", lambda some: pipeline.embed(some, self._embedder), documents)
        documents = isolated("classify", self._classify, documents)
        return pipeline.for_keeping(documents, self._settings.privacy)

    def _classify(self, documents: list[Document]) -> list[Document]:
        """Each by its tenant's classifier: a newly trained one is taken up at once."""
        privacy = self._settings.privacy
        return [
            done for one in documents for done in pipeline.classify([one], self._classifier_of(one.ref.tenant), privacy)
        ]

    def _classifier_of(self, tenant: str) -> Classifier:
        settings = self._settings.of_tenant(tenant)
        version = current_version(settings)
        known = self._classifiers.get(tenant)
        if known is None or known[0] != version:
            known = self._classifiers[tenant] = version, open_classifier(settings, self._embedder)
        return known[1]

    async def _known(self, store: Store, files: Sequence[Fetched]) -> set[tuple[str, str]]:
        return await known_contents(store, pipeline.hashes_of(files), pipeline=self._version)

    async def _postpone(self, store: Store, taken: Sequence[Taken]) -> None:
        """Lets documents that failed for a passing reason wait for another try."""
        for one in taken:
            failed = one.entry.model_copy(update={"failed": one.entry.failed + 1, "begun": 0})
            wait_s = min(2.0**failed.failed, self._settings.uploads.longest_wait_s)
            await store.run(put_back, [failed], wait_s=wait_s, detail="failed for a passing reason, and is tried again")
            await self._drop(store, one.needless)

    async def _erase(self, store: Store, entry: Entry) -> None:
        erase = originals.eraser(self._settings, entry.tenant)
        await store.run(erase_document, entry.tenant, entry.document, erase=erase, known=entry.hashes)

    async def _finish(self, store: Store, taken: Sequence[Taken], *, unread: Sequence[Taken]) -> None:
        """Takes what is done out of the queue; unread uploads lie there until somebody has them tried again."""
        for one in taken:
            for entry in one.needless:  # a worker that died may have kept a copy for it
                if entry.sha256:
                    erase = originals.eraser(self._settings, entry.tenant)
                    await store.run(erase_unused, entry.tenant, entry.sha256, erase=erase)
            if one in unread:
                await store.run(keep_for_retry, one.entry)
            await self._drop(store, one.needless if one in unread else [one.entry, *one.needless])

    async def _drop(self, store: Store, entries: Sequence[Entry]) -> None:
        """Out of the queue first: bytes that nobody waits for do less harm than an entry without its bytes."""
        await remove(store, entries)
        for entry in entries:
            if entry.action == "index":
                drop = partial(delete_incoming, self._settings.originals_url, entry.tenant, entry.id)
                await asyncio.to_thread(drop, self._settings.sources)


def _known_from(loop: asyncio.AbstractEventLoop, ask: Callable[[Sequence[Fetched]], _Known]) -> pipeline.Known:
    """For another thread, which waits there for the answer that comes in the loop."""
    return lambda files: asyncio.run_coroutine_threadsafe(ask(files), loop).result()
