"""A multipart body read as it comes: no file is held in memory or on this machine's disk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from ray_app.errors import ConfigurationError, RefusedError


@dataclass(frozen=True, slots=True)
class Begin:
    """A part begins: a file where it has a file name, else a field."""

    name: str
    filename: str | None


@dataclass(frozen=True, slots=True)
class Data:
    """Some bytes of the part that began last."""

    data: bytes


@dataclass(frozen=True, slots=True)
class End:
    """The part is whole."""


@dataclass(frozen=True, slots=True)
class _Last:
    """The body is whole."""


Event = Begin | Data | End


async def read_parts(content_type: str, body: AsyncIterator[bytes]) -> AsyncIterator[Event]:
    """The parts of a body.

    Raises RefusedError where it is no multipart/form-data, ConfigurationError where it is broken or cut off.
    """
    media_type, options = parse_options_header(content_type)
    if media_type != b"multipart/form-data" or not options.get(b"boundary"):
        raise RefusedError("unsupported-media-type", "send files as multipart/form-data, as curl -F does")
    events: list[Event | _Last] = []
    parser = _parser(options[b"boundary"], events)
    whole = False
    async for data in body:
        try:
            parser.write(data)
        except MultipartParseError as error:
            raise ConfigurationError(f"the body is no multipart/form-data: {error}") from error
        for event in events:
            if isinstance(event, _Last):
                whole = True
            else:
                yield event
        events.clear()
    if not whole:
        raise ConfigurationError("the body is cut off: its last boundary is missing")


def _parser(boundary: bytes, events: list[Event | _Last]) -> MultipartParser:
    """Puts what it reads into `events`."""
    header: dict[str, bytearray] = {"name": bytearray(), "value": bytearray()}
    headers: dict[bytes, bytes] = {}

    def begin() -> None:
        headers.clear()

    def header_end() -> None:
        headers[bytes(header["name"]).lower()] = bytes(header["value"])
        header["name"].clear()
        header["value"].clear()

    def headers_finished() -> None:
        _, options = parse_options_header(headers.get(b"content-disposition", b""))
        filename = options.get(b"filename")
        name = options.get(b"name", b"").decode(errors="replace")
        events.append(Begin(name, None if filename is None else filename.decode(errors="replace")))

    return MultipartParser(
        boundary,
        {
            "on_part_begin": begin,
            "on_header_field": lambda data, start, end: header["name"].extend(data[start:end]),
            "on_header_value": lambda data, start, end: header["value"].extend(data[start:end]),
            "on_header_end": header_end,
            "on_headers_finished": headers_finished,
            "on_part_data": lambda data, start, end: events.append(Data(data[start:end])),
            "on_part_end": lambda: events.append(End()),
            "on_end": lambda: events.append(_Last()),
        },
    )
