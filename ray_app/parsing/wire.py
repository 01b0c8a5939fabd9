"""What the parsing process and its owner say to each other: JSON, and raw bytes for files inside a document.

Not pickles: a parser that a hostile file took over must not be able to run code in its owner. The owner sends the
settings once, then each file: its name, its bytes. An answer is its kind, one JSON message, and each child in bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from multiprocessing.connection import Connection

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

from ray_app.errors import ParsingError
from ray_app.records import Child, Failure, Parsed
from ray_app.settings import ParsingSettings

Answer = Parsed | Failure
# Told apart before they are read: a union would be read twice, which takes a large text's memory thrice.
_PARSED, _FAILURE = TypeAdapter(Parsed), TypeAdapter(Failure)
_LONGEST_KIND = 16


@dataclass(frozen=True, slots=True)
class Ready:
    """The process's first word: it can parse, and this is what could not be taken from it."""

    left_open: tuple[str, ...] = ()


READY = TypeAdapter(Ready)


def send(connection: Connection, answer: Answer, limits: ParsingSettings) -> None:
    """Sends the answer, or in its place that it is too large."""
    if isinstance(answer, Failure):
        detail = answer.detail.encode(errors="replace").decode()  # it may quote what no text may hold
        return _send(connection, b"failure", _FAILURE.dump_json(replace(answer, detail=detail)))
    if sum(len(child.data) for child in answer.children) > limits.max_children_mb << 20:
        return send(connection, _failure(_too_large_inside(limits)), limits)
    names = tuple(replace(child, data=b"") for child in answer.children)
    try:
        message = _PARSED.dump_json(replace(answer, children=names))
    except PydanticSerializationError as error:  # a lone surrogate in a title or a name
        return send(connection, Failure("parse", "parser_error", f"its answer cannot be written: {error}"), limits)
    if len(message) > limits.max_text_mb << 20:
        return send(connection, _failure(_too_much_text(limits)), limits)
    return _send(connection, b"parsed", message, *(child.data for child in answer.children))


def _send(connection: Connection, *messages: bytes) -> None:
    for message in messages:
        connection.send_bytes(message)


def receive(connection: Connection, limits: ParsingSettings) -> Answer:
    """The next answer. Trusts nothing: raises ParsingError where it is larger than `send` would make it.

    Raises ValueError where the message is no answer, EOFError or OSError where the connection breaks.
    """
    kind = _receive(connection, _LONGEST_KIND, ParsingError("crashed", "the parser gave an answer that is none"))
    message = _receive(connection, limits.max_text_mb << 20, _too_much_text(limits))
    if kind == b"failure":
        return _FAILURE.validate_json(message)
    answer = _PARSED.validate_json(message)
    del message
    if not answer.children:
        return answer
    left = limits.max_children_mb << 20
    children: list[Child] = []
    for child in answer.children:
        data = _receive(connection, left, _too_large_inside(limits))
        left -= len(data)
        children.append(replace(child, data=data))
    return replace(answer, children=tuple(children))


def _receive(connection: Connection, most: int, too_large: ParsingError) -> bytes:
    try:
        return connection.recv_bytes(most)
    except OSError as error:
        if connection.readable:
            raise
        raise too_large from error  # Connection reads no more after a message over the limit


def _failure(error: ParsingError) -> Failure:
    return Failure("parse", error.reason, str(error))


def _too_much_text(limits: ParsingSettings) -> ParsingError:
    detail = f"holds more than {limits.max_text_mb} MB of text (setting parsing.max_text_mb)"
    return ParsingError("too_much_text", detail)


def _too_large_inside(limits: ParsingSettings) -> ParsingError:
    detail = f"the files inside it take more than {limits.max_children_mb} MB (setting parsing.max_children_mb)"
    return ParsingError("too_large_inside", detail)
