"""Copies of originals under the hash of their content, for sources that ask for them.

A copy lies at `<url>/<tenant>/<first two digits>/<sha256>`. The functions may be repeated and end in the same state;
a copy is there whole or not at all.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from ray_app.errors import ConfigurationError, NotFoundError
from ray_app.settings import Settings, SourceSettings
from ray_app.sources.failures import check_complete, retried, told
from ray_app.sources.objects import open_filesystem

T = TypeVar("T")

_SHA256 = re.compile(r"[0-9a-f]{64}")


def put(url: str, tenant: str, sha256: str, data: bytes, settings: SourceSettings) -> None:
    """Keeps the bytes, unless there is a copy. Raises SourceError."""
    place = _place(url, tenant, sha256)

    def work(fs: Any, path: str) -> None:
        if _size(fs, path) != len(data):
            _write(fs, path, data)

    _with_filesystem(place, settings, work)


def get(
    url: str, tenant: str, sha256: str, settings: SourceSettings, *, start: int | None = None, end: int | None = None
) -> bytes:
    """The bytes from `start` to before `end`, all by default. Raises NotFoundError where there is no copy."""

    def work(fs: Any, path: str) -> bytes:
        size = _size(fs, path)
        if size is None:
            raise NotFoundError(f"no copy of an original with the hash {sha256} is kept for this tenant")
        first, last = start or 0, size if end is None else min(end, size)
        data = bytes(fs.cat_file(path, start=first, end=last)) if first < last else b""
        check_complete(path, data, max(last - first, 0), lambda: -1)
        return data

    return _with_filesystem(_place(url, tenant, sha256), settings, work)


def size(url: str, tenant: str, sha256: str, settings: SourceSettings) -> int | None:
    """How many bytes the copy has, None where there is none. Raises SourceError."""
    return _with_filesystem(_place(url, tenant, sha256), settings, _size)


def delete(url: str, tenant: str, sha256: str, settings: SourceSettings) -> None:
    """Removes the copy, if there is one. Raises SourceError."""

    def work(fs: Any, path: str) -> None:
        if _size(fs, path) is not None:
            fs.rm_file(path)

    _with_filesystem(_place(url, tenant, sha256), settings, work)


def keep(settings: Settings, sha256: str, data: bytes) -> None:
    """Keeps the bytes where the settings say. Raises SourceError."""
    put(settings.originals_url, settings.tenant, sha256, data, settings.sources)


def eraser(settings: Settings, tenant: str | None = None) -> Callable[[str], None]:
    """What removes the copy with a hash, of the settings' tenant or another; it can be sent to another process."""
    return partial(_erase, settings.originals_url, tenant or settings.tenant, settings.sources)


def _erase(url: str, tenant: str, settings: SourceSettings, sha256: str) -> None:
    delete(url, tenant, sha256, settings)


def folder_of(url: str, tenant: str) -> str:
    """The URL below which all that is kept for a tenant lies. Raises ConfigurationError where none can be written."""
    if url.startswith(("http://", "https://")):
        raise ConfigurationError("setting originals.url must name a folder or a bucket that can be written to")
    folder = quote(tenant, safe="").replace(".", "%2E")
    base = url if "://" in url else f"file://{Path(url).expanduser().absolute()}"
    return f"{base.rstrip('/')}/{folder}"


def _place(url: str, tenant: str, sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"not a SHA-256 hash: {sha256!r}")
    return f"{folder_of(url, tenant)}/{sha256[:2]}/{sha256}"


def _with_filesystem(place: str, settings: SourceSettings, work: Callable[[Any, str], T]) -> T:
    def attempt() -> T:
        with told(place):
            fs, path = open_filesystem(place, settings)
            return work(fs, path)

    return retried(settings, attempt)


def _size(fs: Any, path: str) -> int | None:
    try:
        return int(fs.info(path)["size"])
    except FileNotFoundError:
        return None


def _write(fs: Any, path: str, data: bytes) -> None:
    """Object stores show an object when it is whole; a folder gets a file of another name first."""
    if "file" not in fs.protocol:
        fs.pipe_file(path, data)
        return
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
