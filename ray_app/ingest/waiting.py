"""The bytes of documents that wait for the online worker, and what is to be remembered of how they came."""

from __future__ import annotations

from dataclasses import replace

from ray_app import pipeline
from ray_app.errors import NotFoundError, SourceError
from ray_app.pipeline import Fetched
from ray_app.records import Failure
from ray_app.settings import Settings
from ray_app.sources import originals
from ray_app.sources.incoming import read_incoming
from ray_app.store.protocol import Payload
from ray_app.store.queue import Entry, Taken, timestamp


def file_of(entry: Entry, settings: Settings) -> Fetched:
    """The document's bytes, an upload's kept under their hash; one that ended the worker too often fails here."""
    file = _read(entry, settings)
    if file.failure or entry.begun <= settings.uploads.attempts:
        return file
    times = f"the online worker ended {entry.begun - 1} times while it read this document"
    return replace(file, data=b"", failure=Failure("online", "crashed", times))


def may_pass(entry: Entry, failure: Failure | None, settings: Settings) -> bool:
    """Whether another try is worth while: never after as many as the settings say."""
    return bool(failure and failure.passing and entry.failed + 1 < settings.uploads.attempts)


def may_be_lost(entry: Entry, file: Fetched) -> bool:
    """Whether nothing but the place where they came in holds an upload's bytes: storage failed for a while."""
    return entry.action == "index" and bool(file.failure and file.failure.passing)


def remembered(taken: Taken, file: Fetched) -> Payload:
    """What the place of a document keeps of how it came, beside what every place has."""
    entry = taken.entry
    original = (file.sha256 if entry.sha256 else "") or taken.original
    times = {"queued": entry.started, "finished": timestamp(), "attempts": entry.begun + entry.failed}
    return {**times, "tags": list(entry.tags)} | ({"original": original} if original else {})


def _read(entry: Entry, settings: Settings) -> Fetched:
    url, places = settings.originals_url, settings.sources
    if not entry.sha256:  # it was ingested: it is read where it lies
        return pipeline.fetch(entry.ref, settings.parsing.max_file_mb << 20, places)
    try:
        if entry.action == "index":
            data = read_incoming(url, entry.tenant, entry.id, places)
            originals.put(url, entry.tenant, entry.sha256, data, places)
        else:
            data = originals.get(url, entry.tenant, entry.sha256, places)
    except NotFoundError as error:
        return Fetched(entry.ref, failure=Failure("fetch", "unreadable", str(error)))
    except SourceError as error:
        return Fetched(entry.ref, failure=Failure("fetch", error.reason, str(error), passing=True))
    return Fetched(entry.ref, data, entry.sha256)
