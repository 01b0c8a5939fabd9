"""Zip archives on disk, in buckets and on the web; `archive_uri.py` says how they are named."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote

import fsspec

from ray_app.errors import SourceError
from ray_app.records import FileRef
from ray_app.settings import SourceSettings
from ray_app.sources import http, objects
from ray_app.sources.archive_uri import SAFE, join, on_disk, split
from ray_app.sources.failures import check_complete, told, too_large


def root(uri: str, settings: SourceSettings) -> str:
    """The archive's own URI. Raises SourceError where it is no zip archive, or the folder is not in it."""
    archive, inner = split(uri)
    with told(uri), _open(archive, settings) as opened:
        folder = unquote(inner)
        if folder and not any(name.startswith(f"{folder}/") for name in opened.namelist()):
            raise SourceError(f"{uri}: the archive holds no folder {folder}")
    return join(archive, inner)


def list_files(uri: str, source: str, tenant: str, settings: SourceSettings) -> Iterator[FileRef]:
    """Every member below the URI, sorted by name; of two with one name, the later, as zip tools have it."""
    archive, inner = split(uri)
    top = f"{unquote(inner)}/" if inner else ""
    with told(uri), _open(archive, settings) as opened:
        for name in sorted({name for name in opened.namelist() if name.startswith(top) and not name.endswith("/")}):
            relative = name[len(top) :]
            if not any(part.startswith(".") for part in relative.split("/")):
                member = opened.getinfo(name)
                place = join(archive, quote(name, safe=SAFE))
                etag = f"{member.CRC:08x}"
                yield FileRef(place, relative, source, tenant, member.file_size, _seconds(member), etag)


def read(ref: FileRef, max_bytes: int, settings: SourceSettings) -> bytes:
    """The member's bytes. Raises SourceError where it is gone, encrypted, damaged or too large."""
    if ref.size > max_bytes:
        raise too_large(ref.uri, max_bytes)
    archive, inner = split(ref.uri)
    with told(ref.uri):
        opened = _kept_open(archive, _version(archive, settings), settings.model_dump_json())
        try:
            member = opened.getinfo(unquote(inner))
        except KeyError:
            raise SourceError(f"{ref.uri}: the archive holds no such file") from None
        with opened.open(member) as file:
            data = file.read(max_bytes + 1)
        if len(data) > max_bytes:
            raise too_large(ref.uri, max_bytes)
        check_complete(ref.uri, data, ref.size, lambda: member.file_size)
    return data


def _filesystem(archive: str, settings: SourceSettings) -> tuple[Any, str]:
    if path := on_disk(archive):
        return fsspec.filesystem("file"), str(path)
    if archive.startswith(("http://", "https://")):
        return http.filesystem(settings), archive
    return objects.open_filesystem(archive, settings)


def _open(archive: str, settings: SourceSettings) -> zipfile.ZipFile:
    fs, path = _filesystem(archive, settings)
    try:
        return zipfile.ZipFile(fs.open(path, "rb"))
    except zipfile.BadZipFile as error:
        raise SourceError(f"{archive}: not a zip archive, or a damaged one ({error})") from error


@lru_cache(maxsize=4)
def _kept_open(archive: str, version: str, settings: str) -> zipfile.ZipFile:
    """Opening reads the archive's whole table of contents: once for all members, not once each."""
    return _open(archive, SourceSettings.model_validate_json(settings))


def _version(archive: str, settings: SourceSettings) -> str:
    fs, path = _filesystem(archive, settings)
    info = fs.info(path)
    return str([info.get(key) for key in ("size", "mtime", "ETag", "LastModified", "etag", "last_modified")])


def _seconds(member: zipfile.ZipInfo) -> float:
    try:
        return datetime(*member.date_time, tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0
