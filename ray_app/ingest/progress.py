"""Who has done how much so far: counted by one small actor, read by the driver."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

# A handle of the actor below: Ray does not type the calls that go through it.
Handle = Any
# In the order of the pipeline.
STAGES = ("extract", "embed", "write")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Documents that left each stage, passages and outcomes written, and how long nothing has moved.

    `working_s` is the time since a worker had loaded the embedding model, 0 until then. Counts are for
    showing: after a crash a repeated block is counted twice. The run's summary is not.
    """

    documents: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    chunks: int = 0
    idle_s: float = 0.0
    working_s: float = 0.0
    warnings: tuple[str, ...] = ()


class Progress:
    """The actor's class."""

    def __init__(self) -> None:
        self._documents: Counter[str] = Counter()
        self._outcomes: Counter[str] = Counter()
        self._chunks = 0
        self._moved = time.monotonic()
        self._working_since: float | None = None
        self._warnings: dict[str, None] = {}

    def model_loaded(self) -> None:
        """An embedding worker is ready."""
        self._working_since = self._working_since or time.monotonic()

    def warn(self, text: str) -> None:
        """What a person should know about the workers; each text counts once."""
        self._warnings[text] = None

    def passed(self, stage: str, documents: int) -> None:
        """So many more documents have left the stage."""
        self._documents[stage] += documents
        self._moved = time.monotonic()

    def written(self, outcomes: Counter[str], chunks: int) -> None:
        """So many more documents have these outcomes."""
        self._outcomes += outcomes
        self._chunks += chunks
        self.passed("write", outcomes.total())

    def snapshot(self) -> Snapshot:
        """How things stand."""
        now = time.monotonic()
        return Snapshot(
            documents=Counter(self._documents),
            outcomes=Counter(self._outcomes),
            chunks=self._chunks,
            idle_s=now - self._moved,
            working_s=now - self._working_since if self._working_since else 0.0,
            warnings=tuple(self._warnings),
        )


def start_progress() -> Handle:
    """A new counter; it ends with the driver."""
    import ray

    handle: Handle = ray.remote(Progress).options(num_cpus=0).remote()
    return handle


def slowest_stage(snapshot: Snapshot) -> str:
    """The stage that the most documents wait for: the first that has let through fewer than the one before."""
    waiting = {stage: snapshot.documents[before] - snapshot.documents[stage] for before, stage in pairwise(STAGES)}
    stage = max(waiting, key=lambda name: waiting[name])
    return stage if waiting[stage] > 0 else STAGES[0]
