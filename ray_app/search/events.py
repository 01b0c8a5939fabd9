"""Answers come as events; each says how long its steps took."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Literal

EventName = Literal["hits", "facets", "passages", "token", "sentence", "done"]


@dataclass(frozen=True, slots=True)
class Event:
    """One step of an answer; `data` is ready for JSON."""

    name: EventName
    data: dict[str, Any]


@dataclass(slots=True)
class Clock:
    """Milliseconds that each step took."""

    started: float = field(default_factory=time.perf_counter)
    taken: dict[str, float] = field(default_factory=dict)

    def lap(self, step: str, since: float) -> None:
        """Notes how long a step took that began then."""
        self.taken[f"{step}_ms"] = round((time.perf_counter() - since) * 1000, 2)
