"""Limits of a request's size."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from ray_app.errors import ConfigurationError, TooLargeError
from ray_app.settings import ServingSettings, Settings

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
_FILES = "_reads_a_file"
_MB = 1 << 20


def check_texts(texts: Sequence[str], settings: ServingSettings) -> None:
    """Raises ConfigurationError where there are too many texts, or one is too long."""
    if len(texts) > settings.max_texts:
        raise ConfigurationError(f"{len(texts)} texts, but at most {settings.max_texts} are allowed in a request")
    longest = max(map(len, texts), default=0)
    if longest > settings.max_text_chars:
        raise ConfigurationError(f"a text of {longest} characters, but at most {settings.max_text_chars} are allowed")


def reads_a_file(endpoint: Endpoint) -> Endpoint:
    """Decorates an endpoint whose requests carry a file: their bodies may be as large as one."""
    setattr(endpoint, _FILES, "one")
    return endpoint


def reads_files(endpoint: Endpoint) -> Endpoint:
    """The same for an endpoint whose requests carry several files."""
    setattr(endpoint, _FILES, "several")
    return endpoint


def most_bytes(endpoint: object, settings: Settings) -> int:
    """The largest body that this endpoint reads; what is wrapped around files takes less than a megabyte."""
    match getattr(endpoint, _FILES, None):
        case "one":
            return (settings.parsing.max_file_mb + 1) * _MB
        case "several":
            return (settings.parsing.max_file_mb * settings.uploads.max_files + 1) * _MB
        case _:
            return settings.serving.max_body_mb * _MB


def check_headers(headers: Sequence[tuple[bytes, bytes]], settings: ServingSettings) -> None:
    """Raises TooLargeError."""
    if sum(len(name) + len(value) for name, value in headers) > settings.max_header_kb << 10:
        raise TooLargeError(
            f"the headers are larger than {settings.max_header_kb} KB (setting serving.max_header_kb)", "headers"
        )


class CountedBody:
    """A request's body as it comes in, whether its length was told or not. Raises TooLargeError beyond the limit."""

    def __init__(self, receive: Callable[[], Awaitable[Any]], scope: Any, settings: Settings) -> None:
        self._receive = receive
        self._scope = scope
        self._settings = settings
        self._count = 0

    async def __call__(self) -> Any:
        """The endpoint is known by now: the body is read after the way to it was found."""
        most = most_bytes(self._scope.get("endpoint"), self._settings)
        self._check(_told_length(self._scope["headers"]), most)  # before any of it is asked for
        message = await self._receive()
        self._count += len(message.get("body", b""))
        self._check(self._count, most)
        return message

    def _check(self, count: int, most: int) -> None:
        if count > most:
            raise TooLargeError(f"the body is larger than {most // _MB} MB (setting serving.max_body_mb)", "body")


def _told_length(headers: Sequence[tuple[bytes, bytes]]) -> int:
    told = dict(headers).get(b"content-length", b"0")
    return int(told) if told.isdigit() else 0
