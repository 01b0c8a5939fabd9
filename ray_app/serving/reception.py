"""Takes uploaded files in: streams each to storage, counts and hashes it, and looks at what it is."""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath

from ray_app.errors import ConfigurationError, ParsingError, QueryError, RefusedError
from ray_app.parsing import check_readable, harmless
from ray_app.parsing.detect import HEAD_BYTES
from ray_app.serving.multipart import Begin, Data, read_parts
from ray_app.settings import Settings
from ray_app.sources.incoming import Incoming

# Written at a time: a thread for each of a request's small pieces would cost more than the writing.
_PIECE = 1 << 20
# Of a form's fields: names, folders and tags.
_MOST_FIELD_BYTES = 1 << 14
_MOST_FIELDS = 100
# As a path below its source; longer ones do not fit into file systems and URLs.
_LONGEST_PATH = 1000


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file that lies in storage under its ticket."""

    ticket: str
    filename: str
    sha256: str
    size: int


@dataclass(slots=True)
class Reception:
    """What came with one request. Unless `kept` is set, its files are removed in the end."""

    files: list[ReceivedFile] = field(default_factory=list)
    fields: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    kept: bool = False


@asynccontextmanager
async def receive_form(
    settings: Settings, tenant: str, content_type: str, body: AsyncIterator[bytes]
) -> AsyncIterator[Reception]:
    """The files and fields of a multipart body.

    Raises RefusedError: `too-large`, or `unsupported-media-type`; ConfigurationError where the body is no form.
    """
    async with _reception(settings, tenant) as (reception, opened):
        await _read_form(settings, tenant, read_parts(content_type, body), reception, opened)
        yield reception


@asynccontextmanager
async def receive_file(
    settings: Settings, tenant: str, filename: str, body: AsyncIterator[bytes]
) -> AsyncIterator[Reception]:
    """The one file that is the body. Raises RefusedError as `receive_form` does."""
    async with _reception(settings, tenant) as (reception, opened):
        file = await _File.open(settings, tenant, filename)
        opened.append(file)
        async for data in body:
            await file.write(data)
        reception.files.append(await file.finish())
        yield reception


def check_length(declared: str | None, most: int) -> None:
    """Raises RefusedError (`too-large`) where the body is said to be larger, before any of it is read."""
    if declared and declared.isdecimal() and int(declared) > most:
        raise RefusedError("too-large", f"the body has {declared} bytes, but at most {most} are taken")


def upload_path(folder: str, filename: str) -> str:
    """Where a file lies below its source. Raises QueryError (`invalid-name`) where nothing is left of the names."""
    name = PurePosixPath(harmless(filename)).name
    path = str(PurePosixPath(harmless(folder)) / name)
    if not name or len(path) > _LONGEST_PATH:
        raise QueryError("invalid-name", f"a file needs a name, and a path of at most {_LONGEST_PATH} characters")
    return path


class _File:
    """One file that is being received."""

    def __init__(self, settings: Settings, filename: str, ticket: str, incoming: Incoming) -> None:
        self._most = settings.parsing.max_file_mb << 20
        self._filename = filename
        self._ticket = ticket
        self._incoming = incoming
        self._buffer = bytearray()
        self._checked = False

    @classmethod
    async def open(cls, settings: Settings, tenant: str, filename: str) -> _File:
        ticket = str(uuid.uuid4())
        place = partial(Incoming, settings.originals_url, tenant, ticket, settings.sources)
        return cls(settings, filename, ticket, await asyncio.to_thread(place))

    async def write(self, data: bytes) -> None:
        self._buffer += data
        if self._incoming.size + len(self._buffer) > self._most:
            limit = f"{self._most >> 20} MB (setting parsing.max_file_mb)"
            raise RefusedError("too-large", f"{self._filename!r} is larger than {limit}")
        if not self._checked and len(self._buffer) >= HEAD_BYTES:
            self._check()
        if len(self._buffer) >= _PIECE:
            await self._flush()

    async def finish(self) -> ReceivedFile:
        if not self._checked:
            self._check()
        await self._flush()
        await asyncio.to_thread(self._incoming.finish)
        return ReceivedFile(self._ticket, self._filename, self._incoming.sha256, self._incoming.size)

    async def discard(self) -> None:
        await asyncio.to_thread(self._incoming.discard)

    async def _flush(self) -> None:
        piece, self._buffer = bytes(self._buffer), bytearray()
        await asyncio.to_thread(self._incoming.write, piece)

    def _check(self) -> None:
        self._checked = True
        try:
            check_readable(bytes(self._buffer[:HEAD_BYTES]), self._filename)
        except ParsingError as error:
            raise RefusedError("unsupported-media-type", f"{self._filename!r}: {error}") from error


@asynccontextmanager
async def _reception(settings: Settings, tenant: str) -> AsyncIterator[tuple[Reception, list[_File]]]:
    reception = Reception()
    opened: list[_File] = []
    try:
        yield reception, opened
    finally:
        if not reception.kept:
            # Shielded: a client that goes away cancels the request, and leaves nothing behind either.
            await asyncio.shield(_discard(opened))


async def _discard(files: list[_File]) -> None:
    await asyncio.gather(*(file.discard() for file in files))


async def _read_form(
    settings: Settings, tenant: str, parts: AsyncIterator[object], reception: Reception, opened: list[_File]
) -> None:
    file: _File | None = None
    name, value = "", bytearray()
    async for part in parts:
        match part:
            case Begin(_, filename) if filename is not None:
                _check_count(len(opened) + 1, settings.uploads.max_files)
                file = await _File.open(settings, tenant, filename)
                opened.append(file)
            case Begin(field_name, _):
                file, name, value = None, field_name, bytearray()
            case Data(data) if file:
                await file.write(data)
            case Data(data):
                value += data
                if len(value) > _MOST_FIELD_BYTES:
                    raise RefusedError("too-large", f"field {name!r} is larger than {_MOST_FIELD_BYTES} bytes")
            case _ if file:
                reception.files.append(await file.finish())
            case _:
                _check_count(sum(map(len, reception.fields.values())) + 1, _MOST_FIELDS)
                reception.fields[name].append(value.decode(errors="replace"))
    if not reception.files:
        raise ConfigurationError("the form has no file: send one with curl -F file=@document.pdf")


def _check_count(count: int, most: int) -> None:
    if count > most:
        raise RefusedError(
            "too-large", f"a request may have at most {most} files (setting uploads.max_files) and fields"
        )
