"""A mailbox with a file for each message: `maildir:///path/to/folder`, its subfolders (`.Name`) with it.

A message is known by the unique part of its file's name: being read, flagged or moved from `new` to `cur` changes
the rest.
"""

from __future__ import annotations

import mailbox
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from ray_app.errors import SourceError
from ray_app.records import FileRef
from ray_app.settings import SourceSettings
from ray_app.sources.failures import check_complete, told, too_large
from ray_app.sources.mail import escaped, message_path

_PREFIX = "maildir://"


def root(uri: str, settings: SourceSettings) -> str:
    """`maildir://` and the absolute path. Raises SourceError where it is no maildir."""
    path = _path(uri)
    if not _is_maildir(path):
        raise SourceError(f"{path}: not a maildir (a folder that holds the folders cur and new)")
    return _PREFIX + str(path).replace("%", "%25")


def list_files(uri: str, source: str, tenant: str, settings: SourceSettings) -> Iterator[FileRef]:
    """Every message: of the folder itself, then of its subfolders by name, each sorted by file name."""
    base = _path(uri)
    with told(uri):
        for folder in (base, *sorted(path for path in base.glob(".*") if _is_maildir(path))):
            parts = () if folder == base else tuple(folder.name[1:].split("."))
            for unique, status in _messages(folder):
                place = "/".join((uri.rstrip("/"), *map(escaped, (*parts, unique))))
                path = message_path(*parts, unique)
                yield FileRef(place, path, source, tenant, status.st_size, status.st_mtime)


def read(ref: FileRef, max_bytes: int, settings: SourceSettings) -> bytes:
    """The message's bytes. Raises SourceError where it is gone or too large."""
    with told(ref.uri):
        folder, unique = _place(ref.uri)
        try:
            file = _box(folder).get_file(unique)
        except KeyError:
            raise SourceError(f"{ref.uri}: the mailbox holds no such message") from None
        with file:
            data = bytes(file.read(max_bytes + 1))
            if len(data) > max_bytes:
                raise too_large(ref.uri, max_bytes)
            check_complete(ref.uri, data, ref.size, lambda: len(data) + len(file.read(1)))
    return data


def _messages(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Names only are held; a message that moves from `new` to `cur` meanwhile is still there by its name."""
    names: dict[str, str] = {}
    for kind in ("new", "cur"):
        found = [name for name in os.listdir(folder / kind) if not name.startswith(".")]  # noqa: PTH208
        names |= {name.partition(":")[0]: f"{kind}/{name}" for name in found}
    for unique in sorted(names):
        try:
            yield unique, (folder / names[unique]).stat()
        except FileNotFoundError:
            with_flags = next(folder.glob(f"cur/{unique}*"), None)
            if with_flags:
                yield unique, with_flags.stat()


@lru_cache(maxsize=64)
def _box(folder: Path) -> mailbox.Maildir:
    """Knows where each message was; where it is not any more, it looks again."""
    return mailbox.Maildir(folder, factory=None, create=False)


def _place(uri: str) -> tuple[Path, str]:
    """The folder that holds a message, and the message's name: the maildir is the deepest one on the way."""
    *parts, unique = unquote(uri.removeprefix(_PREFIX)).split("/")
    for depth in range(len(parts), 0, -1):
        base = Path("/".join(parts[:depth]) or "/")
        if _is_maildir(base):
            inner = parts[depth:]
            return (base / f".{'.'.join(inner)}" if inner else base), unique
    raise SourceError(f"{uri}: the mailbox is gone")


def _is_maildir(path: Path) -> bool:
    return (path / "cur").is_dir() and (path / "new").is_dir()


def _path(uri: str) -> Path:
    return Path(unquote(uri.removeprefix(_PREFIX))).expanduser().absolute()
