"""Uploaded bytes on their way: written to storage as they come, under a name of their own, until they are indexed.

They lie at `<url>/<tenant>/uploads/<ticket>`, apart from the copies that are kept under their hash: nobody but
the one who waits for them removes them.
"""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ray_app.errors import NotFoundError
from ray_app.settings import SourceSettings
from ray_app.sources.failures import retried, told
from ray_app.sources.objects import entry_time, open_filesystem
from ray_app.sources.originals import folder_of


class Incoming:
    """A file that is being received. Finish or discard it; each method may block, and raises SourceError."""

    def __init__(self, url: str, tenant: str, ticket: str, settings: SourceSettings) -> None:
        self._place = _place(url, tenant, ticket)
        self._hash = hashlib.sha256()
        self.size = 0
        with told(self._place):
            self._fs, self._path = open_filesystem(self._place, settings)
            self._local = "file" in self._fs.protocol
            if self._local:
                Path(self._path).parent.mkdir(parents=True, exist_ok=True)
            self._file: Any = open(self._path, "wb") if self._local else self._fs.open(self._path, "wb")  # noqa: SIM115, PTH123

    @property
    def sha256(self) -> str:
        """Of what has been written so far."""
        return self._hash.hexdigest()

    def write(self, data: bytes) -> None:
        with told(self._place):
            self._file.write(data)
        self._hash.update(data)
        self.size += len(data)

    def finish(self) -> None:
        """The bytes are durable when this returns."""
        with told(self._place):
            if self._local:
                self._file.flush()
                os.fsync(self._file.fileno())
            self._file.close()

    def discard(self) -> None:
        """Leaves nothing behind."""
        with told(self._place):
            if not self._local and not self._file.closed:
                self._file.discard()
                self._file.closed = True  # or it would be written when it is collected
            self._file.close()
            if self._fs.exists(self._path):
                self._fs.rm_file(self._path)


def read_incoming(url: str, tenant: str, ticket: str, settings: SourceSettings) -> bytes:
    """What was uploaded. Raises NotFoundError where it is gone, SourceError where it cannot be read."""
    place = _place(url, tenant, ticket)

    def attempt() -> bytes:
        with told(place):
            fs, path = open_filesystem(place, settings)
            try:
                return bytes(fs.cat_file(path)) if fs.size(path) else b""
            except FileNotFoundError as error:
                raise NotFoundError(f"the uploaded bytes are gone: nothing lies at {place}") from error

    return retried(settings, attempt)


def delete_incoming(url: str, tenant: str, ticket: str, settings: SourceSettings) -> None:
    """Removes what was uploaded, if it is there. Raises SourceError."""
    place = _place(url, tenant, ticket)

    def attempt() -> None:
        with told(place):
            fs, path = open_filesystem(place, settings)
            if fs.exists(path):
                fs.rm_file(path)

    retried(settings, attempt)


def old_incoming(url: str, settings: SourceSettings, *, min_age_s: float) -> dict[str, str]:
    """What lies there since so long, of any tenant: its path by its ticket. Raises SourceError."""
    base = folder_of(url, "any").rpartition("/")[0]
    with told(base):
        fs, path = open_filesystem(base, settings)
        tenants = [one["name"] for one in _entries(fs, path) if one["type"] == "directory"]
        files = [file for tenant in tenants for file in _entries(fs, f"{tenant.rstrip('/')}/uploads")]
        before = time.time() - min_age_s
        old = {one["name"].rpartition("/")[2]: one["name"] for one in files if entry_time(one) < before}
        return {ticket: place for ticket, place in old.items() if _is_ticket(ticket)}


def delete_old(url: str, paths: Iterable[str], settings: SourceSettings) -> None:
    """Removes what `old_incoming` found. Raises SourceError."""
    with told(url):
        fs, _ = open_filesystem(folder_of(url, "any"), settings)
        for path in paths:
            fs.rm_file(path)


def _entries(fs: Any, path: str) -> list[dict[str, Any]]:
    try:
        return list(fs.ls(path, detail=True))
    except FileNotFoundError:
        return []


def _is_ticket(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False


def _place(url: str, tenant: str, ticket: str) -> str:
    return f"{folder_of(url, tenant)}/uploads/{uuid.UUID(ticket)}"
