"""Two who send: one waits, one is awaited. All that is the same for both stands in `call.py` and `calls.py`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from httpx_sse import EventSource, ServerSentEvent

from ray_app.client.call import Call, Stream
from ray_app.client.problems import error_of, from_problem
from ray_app.errors import ServerError
from ray_app.serving.bodies.problem import Problem

T = TypeVar("T")

_ACCEPT = {"Accept": "text/event-stream"}


def _options(url: str, api_key: str | None, timeout_s: float) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    return {"base_url": url, "headers": headers, "timeout": timeout_s}


class Sender:
    """Sends a request and waits. Use it as a context manager, or close it."""

    def __init__(self, url: str, *, api_key: str | None = None, timeout_s: float = 60.0) -> None:
        self._http = httpx.Client(**_options(url, api_key, timeout_s))

    def send(self, call: Call[T]) -> T:
        """The answer. Raises an error of `ray_app.errors`."""
        request = call.request
        with _told(self._http.base_url):
            response = self._http.request(request.method, request.path, **request.options())
        return call.read(_checked(response))

    def stream(self, call: Stream[T]) -> Generator[T, None, None]:
        """The events as they come. Closing the generator ends the request. Raises an error of `ray_app.errors`."""
        for event in self._events(call):
            yield call.read(_checked_event(event))

    def _events(self, call: Stream[T]) -> Iterator[ServerSentEvent]:
        request = call.request
        options = {**request.options(), "headers": {**request.headers, **_ACCEPT}}
        with _told(self._http.base_url), self._http.stream(request.method, request.path, **options) as response:
            if response.is_error:
                response.read()
            yield from EventSource(_checked(response)).iter_sse()

    def close(self) -> None:
        """Closes its connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncSender:
    """Sends a request and is awaited. Use it as an asynchronous context manager, or close it."""

    def __init__(self, url: str, *, api_key: str | None = None, timeout_s: float = 60.0) -> None:
        self._http = httpx.AsyncClient(**_options(url, api_key, timeout_s))

    async def send(self, call: Call[T]) -> T:
        """The answer. Raises an error of `ray_app.errors`."""
        request = call.request
        with _told(self._http.base_url):
            response = await self._http.request(request.method, request.path, **request.options())
        return call.read(_checked(response))

    async def stream(self, call: Stream[T]) -> AsyncGenerator[T, None]:
        """The events as they come. Closing the generator ends the request. Raises an error of `ray_app.errors`."""
        async with self._opened(call) as events:
            async for event in events:
                yield call.read(_checked_event(event))

    @asynccontextmanager
    async def _opened(self, call: Stream[T]) -> AsyncIterator[AsyncIterator[ServerSentEvent]]:
        request = call.request
        options = {**request.options(), "headers": {**request.headers, **_ACCEPT}}
        with _told(self._http.base_url):
            async with self._http.stream(request.method, request.path, **options) as response:
                if response.is_error:
                    await response.aread()
                yield EventSource(_checked(response)).aiter_sse()

    async def aclose(self) -> None:
        """Closes its connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


@contextmanager
def _told(url: httpx.URL) -> Iterator[None]:
    try:
        yield
    except httpx.HTTPError as error:
        raise ServerError(f"the server at {url} does not answer: {error or type(error).__name__}") from error


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_error:
        raise error_of(response)
    return response


def _checked_event(event: ServerSentEvent) -> ServerSentEvent:
    if event.event == "error":
        raise from_problem(Problem.model_validate_json(event.data))
    return event
