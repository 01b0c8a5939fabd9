"""A mailbox in one file: `mbox:///path/to/file`. A message is a document, in the order of the file.

A message is known by its Message-ID, else by its hash, so that it stays the same document when others go. Reading
a message needs a pass over the file, which is made once in a process and again when the file changes.
"""

from __future__ import annotations

import hashlib
import mailbox
import re
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from ray_app.errors import SourceError
from ray_app.records import FileRef
from ray_app.settings import SourceSettings
from ray_app.sources.failures import told, too_large
from ray_app.sources.mail import escaped, message_path

_PREFIX = "mbox://"
_CHUNK = 1 << 20
# What mail programs write into a message when it is opened or filed: it is no other message by that.
_MUTABLE = re.compile(rb"^(?:X-)?(?:Status|Keywords|Mozilla-[\w-]+|UID|IMAP[\w-]*):.*\n(?:[ \t].*\n)*", re.I | re.M)


class _Message(NamedTuple):
    identity: str
    key: str
    size: int
    date: float
    digest: str


@dataclass(frozen=True)
class _Index:
    """Where each message is; the box is one open file, for one reader at a time."""

    box: mailbox.mbox
    keys: dict[bytes, str]
    lock: threading.Lock = field(default_factory=threading.Lock)


def root(uri: str, settings: SourceSettings) -> str:
    """`mbox://` and the absolute path. Raises SourceError where no file is there."""
    path = _path(uri)
    if not path.is_file():
        raise SourceError(f"{path}: no such mailbox file")
    return _uri(path)


def list_files(uri: str, source: str, tenant: str, settings: SourceSettings) -> Iterator[FileRef]:
    """Every message. One that is in the file twice, byte by byte, is listed once."""
    with told(uri):
        for message in _messages(_path(uri)):
            place = f"{uri.rstrip('/')}/{escaped(message.identity)}"
            path = message_path(message.identity)
            yield FileRef(place, path, source, tenant, message.size, message.date, message.digest)


def read(ref: FileRef, max_bytes: int, settings: SourceSettings) -> bytes:
    """The message's bytes. Raises SourceError where it is gone or too large."""
    place, _, identity = ref.uri.rpartition("/")
    path = _path(place)
    with told(ref.uri):
        status = path.stat()
        index = _index(path, status.st_size, status.st_mtime_ns)
        key = index.keys.get(_digest(unquote(identity)))
        if key is None:
            raise SourceError(f"{ref.uri}: the mailbox holds no such message")
        with index.lock, index.box.get_file(key) as file:
            data = bytes(file.read(max_bytes + 1))
    if len(data) > max_bytes:
        raise too_large(ref.uri, max_bytes)
    return data


@lru_cache(maxsize=4)
def _index(path: Path, size: int, modified_ns: int) -> _Index:
    index = _Index(mailbox.mbox(path, create=False), {})
    index.keys.update((_digest(message.identity), message.key) for message in _messages(path))
    weakref.finalize(index, index.box.close)
    return index


def _messages(path: Path) -> Iterator[_Message]:
    """Holds two hashes a message: of several with one Message-ID, the later ones add their own hash to it."""
    box = mailbox.mbox(path, create=False)
    seen: set[bytes] = set()
    try:
        for key in box.iterkeys():
            with box.get_file(key) as file:
                message = _message(file, key)
            plain, exact = _digest(message.identity), _digest(f"{message.identity};{message.digest}")
            if exact in seen:
                continue
            if plain in seen:
                message = message._replace(identity=f"{message.identity};{message.digest}")
            seen |= {plain, exact}
            yield message
    finally:
        box.close()


def _message(file: Any, key: str) -> _Message:
    head, gap, rest = file.read(_CHUNK).partition(b"\n\n")
    stable = hashlib.sha256(_MUTABLE.sub(b"", head + b"\n"))
    size = len(head) + len(gap) + len(rest)
    stable.update(rest)
    while chunk := file.read(_CHUNK):
        stable.update(chunk)
        size += len(chunk)
    headers = BytesHeaderParser().parsebytes(head)
    digest = stable.hexdigest()[:32]
    identity = str(headers.get("Message-ID") or "").strip().strip("<>") or f"sha256-{digest}"
    return _Message(identity, key, size, _seconds(str(headers.get("Date") or "")), digest)


def _seconds(date: str) -> float:
    try:
        sent = parsedate_to_datetime(date)
        return (sent if sent.tzinfo else sent.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return datetime.fromtimestamp(0, UTC).timestamp()


def _digest(identity: str) -> bytes:
    return hashlib.blake2b(identity.encode("utf-8", "surrogateescape"), digest_size=12).digest()


def _path(uri: str) -> Path:
    return Path(unquote(uri.removeprefix(_PREFIX))).expanduser().absolute()


def _uri(path: Path) -> str:
    return _PREFIX + str(path).replace("%", "%25")
