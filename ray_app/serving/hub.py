"""The latest events, read from the log once for all who listen at this replica."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress

from ray_app.errors import TooManyRequestsError
from ray_app.logs import get_logger
from ray_app.settings import Settings
from ray_app.store.events import Event, end_of_log, read_log
from ray_app.store.named_sources import hidden_sources
from ray_app.store.protocol import Store
from ray_app.store.scope import Scope

# Events in one look at the log.
_PAGE = 256
_COME_AGAIN_S = 30

_log = get_logger(__name__)
Hidden = dict[Scope, Collection[str]]


class Hub:
    """Keeps the last `events.buffer` events while anybody listens; looks at nothing while nobody does.

    Nobody waits for anybody: each listener reads on from where it is, and notices itself when it is too far behind.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        self._recent: list[Event] = []
        self._before = ""  # all events behind this id are among the recent ones
        self._end = ""
        self._hidden: Hidden = {}
        self._news = asyncio.Event()
        self._listeners: Counter[str] = Counter()
        self._poller: asyncio.Task[None] | None = None

    @contextmanager
    def seat(self, caller: str) -> Iterator[None]:
        """A place for a listener, as long as the block runs. Raises TooManyRequestsError where none is free."""
        limits = self.settings.events
        if self._listeners.total() >= limits.max_clients:
            raise TooManyRequestsError("too many listen already (setting events.max_clients)", _COME_AGAIN_S)
        if self._listeners[caller] >= limits.max_clients_per_caller:
            raise TooManyRequestsError(
                f"you listen {limits.max_clients_per_caller} times already (setting events.max_clients_per_caller): "
                "end one of these streams",
                _COME_AGAIN_S,
            )
        self._listeners[caller] += 1
        try:
            yield
        finally:
            self._listeners[caller] -= 1
            self._listeners += Counter()  # forgets those that have none
            if not self._listeners:
                self.close()

    async def end(self) -> str:
        """The id up to which the log was read; begins to read it where nobody has. Raises StoreError."""
        if self._poller is None or self._poller.done():
            end = await end_of_log(self.store, settle_s=self.settings.settle_s)
            if self._poller is None or self._poller.done():  # nobody else began meanwhile
                self._recent, self._before, self._end, self._hidden = [], end, end, {}
                self._poller = asyncio.create_task(self._poll())
        return self._end

    def since(self, last: str) -> list[Event] | None:
        """The events of all tenants behind this id; None where some of them are too old to be among the recent ones."""
        if last < self._before:
            return None
        return self._recent[bisect_right(self._recent, last, key=lambda event: event.id) :]

    async def wait(self, last: str, timeout_s: float) -> None:
        """Returns when there are events behind this id, or further ones have come, or after that time."""
        if self._end > last:
            return
        news = self._news
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await news.wait()

    async def hidden(self, scope: Scope) -> Collection[str]:
        """The sources that a scope does not show, as they were after the latest events came."""
        known = self._hidden
        if scope not in known:
            known[scope] = await self.store.run(hidden_sources, scope.tenant, scope.groups)
        return known[scope]

    def close(self) -> None:
        """Stops reading the log."""
        if self._poller:
            self._poller.cancel()
            self._poller = None

    async def _poll(self) -> None:
        while True:
            try:
                events = await read_log(self.store, after=self._end, limit=_PAGE, settle_s=self.settings.settle_s)
            except Exception as error:  # whatever it is, the log may be there again the next time
                _log.warning("the event log cannot be read", error=type(error).__name__)
                events = []
            if events:
                self._add(events)
            if len(events) < _PAGE:
                await asyncio.sleep(self.settings.events.poll_s)

    def _add(self, events: list[Event]) -> None:
        self._recent += events
        self._end = events[-1].id
        surplus = len(self._recent) - self.settings.events.buffer
        if surplus > 0:
            self._before = self._recent[surplus - 1].id
            del self._recent[:surplus]
        self._hidden = {}
        news, self._news = self._news, asyncio.Event()
        news.set()
