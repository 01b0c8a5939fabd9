"""Places that documents come from: a URL in, a stream of `FileRef` out, and `read` for the bytes.

One file per kind of place; `SOURCES` maps a URL's scheme to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from ray_app.errors import SourceError
from ray_app.records import FileRef
from ray_app.sources import local


class Source(NamedTuple):
    """How one kind of place is resolved to its root's URI, listed, and read."""

    root: Callable[[str], str]
    list_files: Callable[[str, str, str], Iterator[FileRef]]
    read: Callable[[FileRef, int], bytes]


SOURCES: dict[str, Source] = {
    "file": Source(local.root, local.list_files, local.read),
}


def root_of(uri: str) -> str:
    """The absolute URI of what a person typed: every document listed from it begins with it.

    Raises SourceError where there is no such place or no reader for its scheme.
    """
    return _source(uri).root(uri)


def list_files(uri: str, source: str, tenant: str) -> Iterator[FileRef]:
    """Streams the files below `uri` in a stable order. Raises SourceError where it cannot be listed."""
    return _source(uri).list_files(uri, source, tenant)


def read(ref: FileRef, max_bytes: int) -> bytes:
    """The file's bytes. Raises SourceError where it is gone, unreadable, or larger than `max_bytes`."""
    return _source(ref.uri).read(ref, max_bytes)


def default_name(uri: str) -> str:
    """The name of a source for which nobody chose one: the last part of its place."""
    return root_of(uri).rstrip("/").rsplit("/", 1)[-1] or "root"


def _source(uri: str) -> Source:
    scheme = urlsplit(uri).scheme if "://" in uri else "file"
    if scheme not in SOURCES:
        known = ", ".join(sorted(SOURCES))
        raise SourceError(f"{uri}: no reader for {scheme}:// places (there are: {known})")
    return SOURCES[scheme]
