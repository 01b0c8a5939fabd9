"""How many requests a caller may send: counted in this replica, or in Redis by all replicas together."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import ConfigurationError as LimitsError
from limits.errors import StorageError
from limits.storage import storage_from_string

from ray_app.errors import ConfigurationError, TooManyRequestsError
from ray_app.logs import get_logger
from ray_app.settings import AuthSettings

_WINDOW_S = 60
# Longer than a count takes, and short enough that a Redis server which is away is hardly felt.
_REDIS_TIMEOUT_S = 0.5

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rate:
    """What is left of a caller's minute; `reset_s` is when the oldest request of it no longer counts."""

    limit: int
    remaining: int
    reset_s: int

    def headers(self) -> dict[str, str]:
        """As the IETF's draft "RateLimit header fields for HTTP" has them."""
        return {
            "RateLimit-Policy": f'"caller";q={self.limit};w={_WINDOW_S}',
            "RateLimit": f'"caller";r={self.remaining};t={self.reset_s}',
        }


class Rates:
    """Counts requests by caller."""

    def __init__(self, settings: AuthSettings) -> None:
        per_minute = settings.requests_per_minute
        self._item = RateLimitItemPerMinute(per_minute, namespace="ray-app") if per_minute else None
        self._own = MovingWindowRateLimiter(MemoryStorage())
        url = settings.redis_url.get_secret_value() if settings.redis_url else None
        self._redis = _redis(url) if url else None
        self._shared = MovingWindowRateLimiter(self._redis) if self._redis else None

    async def hit(self, who: str) -> Rate | None:
        """Counts one request; None where there is no limit. Raises TooManyRequestsError.

        Where Redis does not answer, this replica counts alone: the limit keeps callers from each other's way, and an
        API that is away for all would be worse.
        """
        if self._item is None:
            return None
        if self._shared:
            try:
                return await self._hit(self._shared, self._item, who)
            except StorageError as error:
                log.warning("redis does not count requests, this replica does", error=repr(error.storage_error))
        return await self._hit(self._own, self._item, who)

    async def close(self) -> None:
        """Lets go of the connections to Redis."""
        if self._redis:
            bridge: Any = self._redis.bridge  # its types know neither
            await bridge.get_connection().aclose()

    async def _hit(self, limiter: MovingWindowRateLimiter, item: RateLimitItemPerMinute, who: str) -> Rate:
        allowed = await limiter.hit(item, who)
        stats = await limiter.get_window_stats(item, who)
        reset = max(1, math.ceil(stats.reset_time - time.time()))
        if not allowed:
            raise TooManyRequestsError(
                f"more than {item.amount} requests in a minute (setting auth.requests_per_minute): wait for {reset} s",
                reset,
            )
        return Rate(item.amount, stats.remaining, reset)


def _redis(url: str) -> RedisStorage:
    try:
        storage = storage_from_string(
            f"async+{url}",
            implementation="redispy",
            wrap_exceptions=True,
            socket_timeout=_REDIS_TIMEOUT_S,
            socket_connect_timeout=_REDIS_TIMEOUT_S,
        )
    except LimitsError as error:
        raise ConfigurationError(f"auth.redis_url: {error}; it takes pip install 'ray-app[redis]'") from error
    assert isinstance(storage, RedisStorage)
    return storage
