"""Who has done how much so far: counted by one small actor, read by the driver, exported as metrics."""

from __future__ import annotations

import os
import socket
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from ray_app.ingest.metrics import Metrics
from ray_app.records import Outcome

# A handle of the actor below: Ray does not type the calls that go through it.
Handle = Any
# In the order of the pipeline.
STAGES = ("extract", "embed", "write")


@dataclass(frozen=True, slots=True)
class Step:
    """What a worker did with one block: the documents, and the seconds it took, in all and by part."""

    stage: str
    documents: int
    seconds: float
    parts: Mapping[str, float] = field(default_factory=dict)
    worker: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}")


class Failed(NamedTuple):
    """A document that went into quarantine."""

    document: str
    uri: str
    source: str
    stage: str
    reason: str


@dataclass(frozen=True, slots=True)
class StageWork:
    """What a stage has done: documents that left it, the seconds its workers spent, by part too, how many
    workers there were, and how many documents waited for it at most.
    """

    documents: int = 0
    seconds: float = 0.0
    parts: Mapping[str, float] = field(default_factory=dict)
    workers: int = 0
    most_waiting: int = 0


class Standing(NamedTuple):
    """How far a run is. `waits_for` is the stage that holds it up just now."""

    done: int
    total: int
    more: bool
    chunks: int
    quarantined: int
    waits_for: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Documents that left each stage, passages and outcomes written, and how long nothing has moved.

    `startup_s` is the time until a worker had loaded the embedding model, `working_s` the time since then,
    0 until then; of several passes, their sums. `total` documents are known so far, and there are `more`
    where the listing has not ended. `failed` are those since the last snapshot. Counts are for showing:
    after a crash a repeated block is counted twice. The run's summary is not.
    """

    documents: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    chunks: int = 0
    idle_s: float = 0.0
    working_s: float = 0.0
    warnings: tuple[str, ...] = ()
    startup_s: float = 0.0
    total: int = 0
    more: bool = False
    stages: Mapping[str, StageWork] = field(default_factory=dict)
    failed: tuple[Failed, ...] = ()


class Progress:
    """The actor's class. `stages` are those of the run, in order; a run may take several passes through them."""

    def __init__(self, job: str = "ingest", stages: Sequence[str] = STAGES) -> None:
        self._stages = tuple(stages)
        self._metrics = Metrics(job)
        self._documents: Counter[str] = Counter()
        self._seconds = dict.fromkeys(stages, 0.0)
        self._parts: dict[str, dict[str, float]] = {stage: {} for stage in stages}
        self._workers: dict[str, set[str]] = {stage: set() for stage in stages}
        self._most_waiting: Counter[str] = Counter()
        self._outcomes: Counter[str] = Counter()
        self._failed: list[Failed] = []
        self._chunks = self._total = 0
        self._more = False
        self._startup_s = self._working_s = 0.0
        self._moved = self._begun = time.monotonic()
        self._working_since: float | None = None
        self._warnings: dict[str, None] = {}

    def begin(self, documents: int, *, more: bool) -> None:
        """A pass over so many further documents begins."""
        self._total += documents
        self._more = more
        self._moved = self._begun = time.monotonic()

    def warn(self, text: str) -> None:
        """What a person should know about the workers; each text counts once."""
        self._warnings[text] = None

    def ready(self) -> None:
        """The workers that take longest to start are there: the first of them says so."""
        if self._working_since is None:
            self._working_since = time.monotonic()
            self._startup_s += self._working_since - self._begun

    def worked(self, step: Step) -> None:
        """A block has left a stage."""
        self._documents[step.stage] += step.documents
        self._seconds[step.stage] += step.seconds
        for part, seconds in step.parts.items():
            self._parts[step.stage][part] = self._parts[step.stage].get(part, 0.0) + seconds
        self._workers[step.stage].add(step.worker)
        self._moved = time.monotonic()
        self._metrics.worked(step.stage, step.documents, step.seconds, step.parts)
        for stage, waiting in self._waiting().items():
            self._most_waiting[stage] = max(self._most_waiting[stage], waiting)
            self._metrics.waiting(stage, waiting)

    def written(self, step: Step, outcomes: Counter[tuple[str, str]], chunks: int, failed: Sequence[Failed]) -> None:
        """A block is in the index: the documents' outcomes by (source, outcome), the passages, what failed."""
        for (source, outcome), count in outcomes.items():
            self._outcomes[outcome] += count
            self._metrics.outcome(source, outcome, count)
        for one in failed:
            self._metrics.quarantined(one.source, one.stage, one.reason)
        self._metrics.passages(chunks)
        self._chunks += chunks
        self._failed += failed
        self.worked(step)

    def end(self) -> None:
        """The pass is over."""
        if self._working_since is not None:
            self._working_s += time.monotonic() - self._working_since
            self._working_since = None
        for stage in self._stages:
            self._metrics.waiting(stage, 0)

    def snapshot(self) -> Snapshot:
        """How things stand."""
        now = time.monotonic()
        failed, self._failed = tuple(self._failed), []
        return Snapshot(
            documents=Counter(self._documents),
            outcomes=Counter(self._outcomes),
            chunks=self._chunks,
            idle_s=now - self._moved,
            working_s=self._working_s + (now - self._working_since if self._working_since else 0.0),
            warnings=tuple(self._warnings),
            startup_s=self._startup_s,
            total=self._total,
            more=self._more,
            stages={stage: self._work(stage) for stage in self._stages},
            failed=failed,
        )

    def standing(self) -> Standing:
        """The few figures that are written down while the run is at work; what was repeated counts once at most."""
        return Standing(
            min(self._documents[self._stages[-1]], self._total),
            self._total,
            self._more,
            self._chunks,
            self._outcomes[Outcome.QUARANTINED],
            _most_waited_for(self._documents, self._stages) if self._documents else "",
        )

    def _work(self, stage: str) -> StageWork:
        return StageWork(
            self._documents[stage],
            self._seconds[stage],
            dict(self._parts[stage]),
            len(self._workers[stage]),
            self._most_waiting[stage],
        )

    def _waiting(self) -> dict[str, int]:
        """Documents that each stage has before it; the first one's are listed, not read."""
        before = {self._stages[0]: self._total - self._documents[self._stages[0]]}
        for earlier, stage in pairwise(self._stages):
            before[stage] = self._documents[earlier] - self._documents[stage]
        return {stage: max(0, count) for stage, count in before.items()}


def start_progress(job: str = "ingest", stages: Sequence[str] = STAGES) -> Handle:
    """A new counter beside the driver; it ends with it."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=True)
    handle: Handle = ray.remote(Progress).options(num_cpus=0, scheduling_strategy=here).remote(job, stages)
    return handle


def slowest_stage(snapshot: Snapshot) -> str:
    """The stage that the most documents wait for: the first that has let through fewer than the one before."""
    return _most_waited_for(snapshot.documents, tuple(snapshot.stages) or STAGES)


def _most_waited_for(documents: Counter[str], stages: Sequence[str]) -> str:
    waiting = {stage: documents[before] - documents[stage] for before, stage in pairwise(stages)}
    stage = max(waiting, key=lambda name: waiting[name], default=stages[0])
    return stage if waiting.get(stage, 0) > 0 else stages[0]
