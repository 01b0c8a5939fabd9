"""Local folders and files.

Hidden files and folders (their name begins with a dot) are left out; links to files are followed,
links to folders are not (they may lead in a circle); pipes, sockets and devices are left out.
"""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes

from ray_app.errors import SourceError
from ray_app.records import FileRef
from ray_app.settings import SourceSettings
from ray_app.sources.failures import check_complete, is_passing, told, too_large

_PREFIX = "file://"


def root(uri: str, settings: SourceSettings) -> str:
    """`file://` and the absolute path. Raises SourceError where nothing is there."""
    path = _path(uri)
    if not path.exists():
        raise SourceError(f"{path}: no such file or folder")
    return _uri(path)


def list_files(uri: str, source: str, tenant: str, settings: SourceSettings) -> Iterator[FileRef]:
    """The file itself, or every file below the folder, folder by folder, sorted by name."""
    top = _path(uri)
    if top.is_file():
        yield _ref(top, top.name, top.stat(), source, tenant)
        return
    for path, status in _walk(top):
        yield _ref(path, path.relative_to(top).as_posix(), status, source, tenant)


def read(ref: FileRef, max_bytes: int, settings: SourceSettings) -> bytes:
    """The file's bytes. Raises SourceError where it is gone, unreadable or too large."""
    path = _path(ref.uri)
    with told(str(path)):
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
        if len(data) > max_bytes:
            raise too_large(str(path), max_bytes)
        check_complete(str(path), data, ref.size, lambda: path.stat().st_size)
    return data


def _walk(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - names only: a folder may hold a million
    except OSError as error:
        detail = f"{folder}: cannot be listed: {error.strerror}"
        raise SourceError(detail, passing=is_passing(error)) from error
    for path in (folder / name for name in names if not name.startswith(".")):
        try:
            status = path.lstat()
            if stat.S_ISLNK(status.st_mode):
                status = path.stat()
                if stat.S_ISDIR(status.st_mode):
                    continue
        except OSError:  # a dangling link, or a file removed since: it is not there
            continue
        if stat.S_ISDIR(status.st_mode):
            yield from _walk(path)
        elif stat.S_ISREG(status.st_mode):
            yield path, status


def _ref(path: Path, relative: str, status: os.stat_result, source: str, tenant: str) -> FileRef:
    return FileRef(
        uri=_uri(path),
        path=_encode(relative),
        source=source,
        tenant=tenant,
        size=status.st_size,
        modified=status.st_mtime,
    )


def _path(uri: str) -> Path:
    """The path of a `file://` URI, or of a plain path as a person types it."""
    if uri.startswith(_PREFIX):
        return Path(os.fsdecode(unquote_to_bytes(uri.removeprefix(_PREFIX))))
    return Path(uri).expanduser().absolute()


def _uri(path: Path) -> str:
    return _PREFIX + _encode(str(path))


def _encode(path: str) -> str:
    """Escapes `%` and bytes that are not UTF-8: file names may hold any, a URI in JSON may not."""
    escaped = path.replace("%", "%25").encode("utf-8", "surrogateescape")
    return escaped.decode("utf-8", "percent_encode")


def _percent_encode(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(f"%{byte:02X}" for byte in error.object[error.start : error.end]), error.end


codecs.register_error("percent_encode", _percent_encode)
