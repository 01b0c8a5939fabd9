"""Waits for an index that does not answer just now, so that a moment's trouble ends no run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from ray_app.errors import StoreUnavailableError
from ray_app.logs import get_logger
from ray_app.settings import StoreSettings

T = TypeVar("T")

_log = get_logger(__name__)


async def patiently(settings: StoreSettings, work: Callable[[], Awaitable[T]]) -> T:
    """The result of `work()`, which is repeated while the store is unavailable; it must bear to be repeated.

    Raises StoreUnavailableError after `settings.attempts`, and at once what is no passing trouble.
    """
    async for attempt in AsyncRetrying(
        retry=retry_if_exception_type(StoreUnavailableError),
        stop=stop_after_attempt(settings.attempts),
        wait=wait_random_exponential(multiplier=0.5, max=settings.longest_wait_s),
        before_sleep=_tell,
        reraise=True,
    ):
        with attempt:
            return await work()
    raise AssertionError("the last attempt returns or raises")


def _tell(state: RetryCallState) -> None:
    wait_s = state.next_action.sleep if state.next_action else 0.0
    _log.warning("the store does not answer, trying again", attempt=state.attempt_number, wait_s=round(wait_s, 1))
