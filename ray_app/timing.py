"""How long the parts of a stage take: measured where the work is done, collected by whoever asks."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_collected: ContextVar[dict[str, float] | None] = ContextVar("collected", default=None)


@contextmanager
def collected() -> Iterator[dict[str, float]]:
    """Seconds by part, of all `timed` blocks that run within."""
    seconds: dict[str, float] = defaultdict(float)
    token = _collected.set(seconds)
    try:
        yield seconds
    finally:
        _collected.reset(token)


@contextmanager
def timed(part: str) -> Iterator[None]:
    """Adds the block's seconds to the part, where somebody collects them."""
    seconds = _collected.get()
    started = time.perf_counter()
    try:
        yield
    finally:
        if seconds is not None:
            seconds[part] += time.perf_counter() - started
