"""A request as a value: what is sent, and how the answer is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, Generic, TypeVar
from urllib.parse import quote

import httpx
from httpx_sse import ServerSentEvent
from pydantic import BaseModel

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

# A file: its bytes, or where they are read from.
Content = bytes | IO[bytes]


@dataclass(frozen=True, slots=True)
class Request:
    """`json` is the body, or `form` with `files` is; a parameter that is None is left out."""

    method: str
    path: str
    json: Any = None
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, Any] | None = None
    files: Sequence[tuple[str, tuple[str, Content]]] | None = None

    def options(self) -> dict[str, Any]:
        """What httpx takes beside method and path."""
        params = {name: value for name, value in self.params.items() if value is not None}
        sent = {"params": params, "headers": dict(self.headers)}
        return sent | ({"json": self.json} if self.files is None else {"data": self.form, "files": self.files})


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request with one answer."""

    request: Request
    read: Callable[[httpx.Response], T]


@dataclass(frozen=True, slots=True)
class Stream(Generic[T]):
    """A request that is answered by events."""

    request: Request
    read: Callable[[ServerSentEvent], T]


def path_of(*parts: str) -> str:
    """`/v1/part/part`, with what is not allowed in a path escaped."""
    return "/v1/" + "/".join(quote(part, safe="") for part in parts)


def get(path: str, model: type[M], **params: Any) -> Call[M]:
    """`GET path?params`, answered by one object."""
    return Call(Request("GET", path, params=params), reader(model))


def post(path: str, model: type[M], body: Any = None) -> Call[M]:
    """`POST path` with a body, answered by one object."""
    return Call(Request("POST", path, json=body), reader(model))


def delete(path: str) -> Call[None]:
    """`DELETE path`, answered by nothing."""
    return Call(Request("DELETE", path), lambda response: None)


def reader(model: type[M]) -> Callable[[httpx.Response], M]:
    """Reads an answer as this model."""
    return lambda response: model.model_validate_json(response.content)
