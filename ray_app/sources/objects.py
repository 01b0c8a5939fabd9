"""Buckets and containers through fsspec: S3, Google Cloud Storage, Azure Blob Storage.

Keys with a part that begins with a dot are left out, as hidden files are. Credentials and endpoints come from the
environment or fsspec's own configuration, never from the URL.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import fsspec

from ray_app.errors import SourceError
from ray_app.records import FileRef
from ray_app.settings import SourceSettings
from ray_app.sources.failures import check_complete, retried, told, too_large
from ray_app.sources.providers import PAGES, PROVIDERS, Object, object_of, options, try_once


def root(uri: str, settings: SourceSettings) -> str:
    """The URI without a slash at its end. Raises SourceError where nothing lies at or below it."""
    uri = uri.rstrip("/")
    with told(uri):
        fs, path = open_filesystem(uri, settings)
        once = settings.model_copy(update={"attempts": 1})  # the caller tries again
        if next(_below(fs, uri, path, once), None) is None and "/" in path.strip("/"):
            fs.info(path)
    return uri


def list_files(uri: str, source: str, tenant: str, settings: SourceSettings) -> Iterator[FileRef]:
    """The object itself, or every object below the URI, sorted by key."""
    with told(uri):
        fs, top = open_filesystem(uri, settings)
        found = _below(fs, uri, top, settings)
        first = next(found, None)
        if first is None:
            yield from _single(fs, uri, top, source, tenant)
            return
        start = len(_prefix(top))
        for one in chain([first], found):
            relative = one.key[start:]
            if relative and not relative.endswith("/") and not _is_hidden(relative):
                name = f"{uri.rstrip('/')}/{relative}"
                yield FileRef(name, relative, source, tenant, one.size, one.modified, one.etag)


def read(ref: FileRef, max_bytes: int, settings: SourceSettings) -> bytes:
    """The object's bytes. Raises SourceError where it is gone, unreadable or too large."""
    if ref.size > max_bytes:
        raise too_large(ref.uri, max_bytes)
    with told(ref.uri):
        fs, path = open_filesystem(ref.uri, settings)
        if ref.size == 0 and fs.size(path) == 0:  # there is no range of nothing
            return b""
        data: bytes = fs.cat_file(path, start=0, end=max_bytes + 1)
        if len(data) > max_bytes:
            raise too_large(ref.uri, max_bytes)
        check_complete(ref.uri, data, ref.size, lambda: int(fs.size(path)))
    return data


def open_filesystem(uri: str, settings: SourceSettings) -> tuple[Any, str]:
    """The fsspec filesystem of a URL, and the URL's path in it. Raises SourceError where its library is missing."""
    scheme = uri.partition("://")[0]
    provider = PROVIDERS.get(scheme)
    try:
        kind = fsspec.get_filesystem_class(scheme)
    except ImportError as error:
        hint = f"pip install 'ray-app[{provider}]'" if provider else str(error)
        raise SourceError(f"{uri}: reading {scheme}:// needs a further package: {hint}") from error
    limits = options(provider, settings) if provider else {}
    fs = kind(use_listings_cache=False, **kind._get_kwargs_from_urls(uri), **limits)
    if provider:
        try_once(fs, provider)
    return fs, kind._strip_protocol(uri)


def entry_time(info: dict[str, Any]) -> float:
    """When an entry of a filesystem was changed, in seconds since 1970; 0 where it does not say."""
    return object_of(info, info["name"]).modified


def _below(fs: Any, uri: str, top: str, settings: SourceSettings) -> Iterator[Object]:
    """Page by page; each is tried again by itself."""
    page = PAGES[PROVIDERS[uri.partition("://")[0]]]
    bucket = top.partition("/")[0]
    token = None
    while True:
        objects, token = retried(settings, page, fs, bucket, _prefix(top), token)
        yield from objects
        if not token:
            return


def _prefix(top: str) -> str:
    path = top.partition("/")[2]
    return f"{path}/" if path else ""


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))


def _single(fs: Any, uri: str, path: str, source: str, tenant: str) -> Iterator[FileRef]:
    if "/" not in path:
        return
    info = fs.info(path)
    if info["type"] == "directory":
        return  # with nothing in it
    one = object_of(info, path)
    yield FileRef(uri, path.rsplit("/", 1)[-1], source, tenant, one.size, one.modified, one.etag)
