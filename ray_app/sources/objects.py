"""Buckets and containers through fsspec: S3, Google Cloud Storage, Azure Blob Storage.

Keys with a part that begins with a dot are left out, as hidden files are. Credentials and endpoints come from the
environment or fsspec's own configuration, never from the URL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

import fsspec
from fsspec.config import conf

from ray_app.errors import SourceError
from ray_app.records import FileRef
from ray_app.settings import SourceSettings
from ray_app.sources.failures import check_complete, retried, told, too_large

# The extra of the package that brings what reads such URLs.
_EXTRAS = {"s3": "s3", "gs": "gcs", "gcs": "gcs", "az": "azure", "abfs": "azure", "abfss": "azure"}


class _Object(NamedTuple):
    path: str
    size: int
    modified: float
    etag: str


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
    """The object itself, or every object below the URI: on S3 sorted by key, elsewhere folder by folder."""
    with told(uri):
        fs, top = open_filesystem(uri, settings)
        found = _below(fs, uri, top, settings)
        first = next(found, None)
        if first is None:
            yield from _single(fs, uri, top, source, tenant)
            return
        for one in chain([first], found):
            relative = one.path[len(top) + 1 :]
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
    try:
        kind = fsspec.get_filesystem_class(scheme)
    except ImportError as error:
        extra = _EXTRAS.get(scheme)
        hint = f"pip install 'ray-app[{extra}]'" if extra else str(error)
        raise SourceError(f"{uri}: reading {scheme}:// needs a further package: {hint}") from error
    options: dict[str, Any] = {"use_listings_cache": False, **kind._get_kwargs_from_urls(uri)}
    if _is_s3(uri):
        options["config_kwargs"] = _s3_config(settings)
    fs = kind(**options)
    if _is_s3(uri):
        fs.retries = 1
    return fs, kind._strip_protocol(uri)


def entry_time(info: dict[str, Any]) -> float:
    """When an entry of a filesystem was changed, in seconds since 1970; 0 where it does not say."""
    return _object(info).modified


def _s3_config(settings: SourceSettings) -> dict[str, Any]:
    """Tries are counted here alone: botocore's and s3fs's own would multiply ours."""
    return {
        "connect_timeout": settings.timeout_s,
        "read_timeout": settings.timeout_s,
        **conf.get("s3", {}).get("config_kwargs", {}),
        "retries": {"total_max_attempts": 1},
    }


def _is_s3(uri: str) -> bool:
    return uri.startswith("s3://")


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))


def _single(fs: Any, uri: str, path: str, source: str, tenant: str) -> Iterator[FileRef]:
    if "/" not in path:
        return
    one = _object(fs.info(path))
    name = path.rsplit("/", 1)[-1]
    yield FileRef(uri, name, source, tenant, one.size, one.modified, one.etag)


def _below(fs: Any, uri: str, top: str, settings: SourceSettings) -> Iterator[_Object]:
    pages = _s3_objects if _is_s3(uri) else _walk
    return pages(fs, top, lambda function, *args: retried(settings, function, *args))


def _s3_objects(fs: Any, top: str, call: Callable[..., Any]) -> Iterator[_Object]:
    """A thousand keys at a time; each page is tried again by itself."""
    bucket, _, prefix = top.partition("/")
    request = {"Bucket": bucket, "Prefix": f"{prefix}/" if prefix else ""}
    while True:
        page = call(fs.call_s3, "list_objects_v2", request)
        for one in page.get("Contents", ()):
            yield _object({**one, "name": f"{bucket}/{one['Key']}", "size": one["Size"]})
        if not page.get("IsTruncated"):
            return
        request["ContinuationToken"] = page["NextContinuationToken"]


def _walk(fs: Any, folder: str, call: Callable[..., Any]) -> Iterator[_Object]:
    """One folder's entries are held at a time, and those of the folders above it."""
    try:
        entries = call(fs.ls, folder, True)
    except (FileNotFoundError, NotADirectoryError):
        if "/" not in folder.strip("/"):
            raise  # the bucket itself
        return
    for entry in sorted(entries, key=lambda entry: str(entry["name"])):
        if entry["name"].rstrip("/") == folder.rstrip("/"):
            continue  # a marker of the folder, or the object itself
        if entry["type"] == "directory":
            yield from _walk(fs, entry["name"].rstrip("/"), call)
        else:
            yield _object(entry)


def _object(info: dict[str, Any]) -> _Object:
    etag = next((info[key] for key in ("ETag", "etag", "md5Hash", "generation") if info.get(key)), "")
    times = ("LastModified", "last_modified", "updated", "mtime", "created")
    modified = next((info[key] for key in times if info.get(key)), 0.0)
    return _Object(info["name"], int(info["size"] or 0), _seconds(modified), str(etag).strip('"'))


def _seconds(time: datetime | str | float) -> float:
    if isinstance(time, str):
        time = datetime.fromisoformat(time)
    return time.timestamp() if isinstance(time, datetime) else float(time)
