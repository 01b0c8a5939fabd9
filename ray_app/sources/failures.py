"""What went wrong at a place: told in one line, passing or not, and tried again where that may help."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import stamina

from ray_app.errors import RayAppError, SourceError
from ray_app.settings import SourceSettings

T = TypeVar("T")

_PASSING_STATUS = {408, 425, 429, 500, 502, 503, 504}
# S3 answers some of these with status 400.
_PASSING_CODES = {"SlowDown", "RequestTimeout", "Throttling", "ThrottlingException", "RequestLimitExceeded"}
_PASSING_ERRNO = {
    errno.EAGAIN,
    errno.EBUSY,  # s3fs's word for SlowDown
    errno.EHOSTUNREACH,
    errno.EIO,
    errno.EMFILE,
    errno.ENETDOWN,
    errno.ENETUNREACH,
    errno.ENFILE,
    errno.ENOMEM,
    errno.ESTALE,
    errno.ETIMEDOUT,
}
# By name, since the libraries that raise them are optional: botocore, aiohttp, fsspec, imaplib, azure, requests. An
# answer that cannot be read was cut short or garbled on its way.
_PASSING_NAMES = {
    "ClientConnectionError",
    "ClientPayloadError",
    "ConnectionClosedError",
    "DecodeError",
    "FSTimeoutError",
    "FlexibleChecksumError",
    "HTTPClientError",
    "IncompleteRead",
    "IncompleteReadError",
    "JSONDecodeError",
    "ProxyError",  # gcsfs's word for status 502
    "ResponseParserError",
    "ResponseStreamingError",
    "ServiceRequestError",
    "ServiceResponseError",
    "abort",
}
_LONGEST_DETAIL = 300


class AddressRefused(PermissionError):
    """A host stands for an address that sources may not connect to."""


def retried(settings: SourceSettings, function: Callable[..., T], *args: Any) -> T:
    """Calls the function; while it fails for a passing reason, waits and calls again as the settings say."""
    caller = stamina.RetryingCaller(attempts=settings.attempts, timeout=None, wait_max=settings.longest_wait_s)
    return caller(is_passing, function, *args)


@contextmanager
def told(place: str) -> Iterator[None]:
    """Turns whatever a library raises into a SourceError that names the place."""
    try:
        yield
    except RayAppError:
        raise
    except Exception as error:
        raise SourceError(f"{place}: {_words(error)}", passing=is_passing(error)) from error


def too_large(place: str, max_bytes: int) -> SourceError:
    """A file is larger than what is read."""
    limit = f"{max_bytes / 2**20:g} MB"
    return SourceError(f"{place}: larger than {limit} (setting parsing.max_file_mb)", reason="too_large")


def check_complete(place: str, data: bytes, listed: int, size_now: Callable[[], int]) -> None:
    """Raises a passing SourceError where fewer or more bytes came than the place holds.

    A file that was changed since it was listed is complete when it has its size of now.
    """
    if len(data) != listed and len(data) != size_now():
        raise SourceError(f"{place}: {len(data)} bytes came where {listed} were expected", passing=True)


def is_passing(error: BaseException) -> bool:
    """Whether another try may do: the first error of the chain of causes that tells decides."""
    for one in _chain(error):
        verdict = _verdict(one)
        if verdict is not None:
            return verdict
    return False


def _verdict(error: BaseException) -> bool | None:
    if isinstance(error, SourceError):
        return error.passing
    if isinstance(error, PermissionError | ssl.SSLCertVerificationError):
        return False
    status = _status(error)
    if status is not None:
        return status in _PASSING_STATUS or _code(error) in _PASSING_CODES
    if isinstance(error, socket.gaierror):
        return error.errno == socket.EAI_AGAIN
    if isinstance(error, TimeoutError | ConnectionError) or _is_named(error):
        # A refused address or a bad certificate comes wrapped as a failed connection.
        return not any(isinstance(one, AddressRefused | ssl.SSLError | socket.gaierror) for one in _chain(error))
    if isinstance(error, OSError) and error.errno in _PASSING_ERRNO:
        return True
    return None


def _is_named(error: BaseException) -> bool:
    return any(base.__name__ in _PASSING_NAMES for base in type(error).__mro__)


def _status(error: BaseException) -> int | None:
    """The HTTP status of an error of aiohttp, botocore, gcsfs or azure, where a status is what went wrong."""
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return status if isinstance(status, int) else None
    for name in ("status", "status_code", "code"):
        value = getattr(error, name, None)
        if isinstance(value, int) and 400 <= value < 600:
            return value
    return None


def _code(error: BaseException) -> str:
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _words(error: BaseException) -> str:
    for one in _chain(error):
        if isinstance(one, AddressRefused):
            return str(one)
    status = next((found for one in _chain(error) if (found := _status(one))), None)
    if status == 404 or (status is None and isinstance(error, FileNotFoundError)):
        return "nothing is there"
    text = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
    if status is not None and str(status) not in text:
        text = f"status {status}: {text}"
    return text[:_LONGEST_DETAIL]
