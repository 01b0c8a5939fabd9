"""Places that documents come from: a URL in, a stream of `FileRef` out, and `read` for the bytes.

One file per kind of place; `SOURCES` maps a URL's scheme to it. Every kind keeps three promises: a root's URI
begins the URI of each document below it, with `/` after it; two listings of an unchanged place are equal, order
included; `read` takes in no more than one byte over its limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Protocol, cast

from ray_app.errors import SourceError
from ray_app.records import EVERYTHING, FileRef, Selection
from ray_app.settings import SourceSettings
from ray_app.sources.confined import check_folder, scheme_of
from ray_app.sources.failures import retried
from ray_app.sources.selection import select

DEFAULTS = SourceSettings()


class Source(Protocol):
    """What the module of one kind of place offers."""

    root: Callable[[str, SourceSettings], str]
    list_files: Callable[[str, str, str, SourceSettings], Iterator[FileRef]]
    read: Callable[[FileRef, int, SourceSettings], bytes]


# Modules are imported when a URL asks for them: their libraries are large, some optional.
SOURCES: dict[str, str] = {
    "file": "local",
    "s3": "objects",
    "gs": "objects",
    "gcs": "objects",
    "az": "objects",
    "abfs": "objects",
    "abfss": "objects",
    "http": "http",
    "https": "http",
    "zip": "zipped",
    "mbox": "mbox",
    "maildir": "maildir",
    "imap": "imap",
    "imaps": "imap",
}


def root_of(uri: str, settings: SourceSettings = DEFAULTS) -> str:
    """The absolute URI of what a person typed: every document listed from it begins with it.

    Raises SourceError where there is no such place, no reader for its scheme, or the place is not allowed.
    """
    check_folder(uri, settings)
    return retried(settings, _source(uri).root, uri, settings)


def list_files(
    uri: str, source: str, tenant: str, selection: Selection = EVERYTHING, settings: SourceSettings = DEFAULTS
) -> Iterator[FileRef]:
    """Streams the wanted files below `uri` in a stable order. Raises SourceError where it cannot be listed."""
    check_folder(uri, settings)
    return select(_source(uri).list_files(uri, source, tenant, settings), selection)


def read(ref: FileRef, max_bytes: int, settings: SourceSettings = DEFAULTS) -> bytes:
    """The file's bytes. Raises SourceError where it is gone, unreadable, or larger than `max_bytes`.

    What fails for a passing reason has been tried as often as the settings say.
    """
    check_folder(ref.uri, settings)
    return retried(settings, _source(ref.uri).read, ref, max_bytes, settings)


def default_name(uri: str, settings: SourceSettings = DEFAULTS) -> str:
    """The name of a source for which nobody chose one: the last part of its place."""
    return root_of(uri, settings).rstrip("/!").rsplit("/", 1)[-1] or "root"


def _source(uri: str) -> Source:
    scheme = scheme_of(uri)
    if scheme not in SOURCES:
        known = ", ".join(sorted(SOURCES))
        raise SourceError(f"{uri}: no reader for {scheme}:// places (there are: {known})")
    return cast(Source, import_module(f"{__name__}.{SOURCES[scheme]}"))
