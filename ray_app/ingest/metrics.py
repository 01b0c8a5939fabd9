"""A run's figures for Prometheus, through Ray's metrics agent, which puts `ray_` before each name.

One process of a run exports all of them: its counter (`progress.py`), so that no block is counted by two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Seconds of one block in one stage: a small block of text takes a tenth, a large one of scans minutes.
_SECONDS = [0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0]


class Metrics:
    """The metrics of one job (`ingest`, `backfill`); docs/operations.md lists them."""

    def __init__(self, job: str) -> None:
        from ray.util.metrics import Counter, Gauge, Histogram

        self._job = job
        self._documents = Counter(
            "app_documents", "Documents by what became of them.", tag_keys=("job", "source", "outcome")
        )
        self._quarantined = Counter(
            "app_quarantined",
            "Documents that could not be indexed, those inside others too.",
            tag_keys=("job", "source", "stage", "reason"),
        )
        self._passages = Counter("app_passages", "Passages written.", tag_keys=("job",))
        self._stage_documents = Counter(
            "app_stage_documents", "Documents that left a stage.", tag_keys=("job", "stage")
        )
        self._block_seconds = Histogram(
            "app_stage_block_seconds",
            "Working time of a stage for one block of documents.",
            boundaries=_SECONDS,
            tag_keys=("job", "stage"),
        )
        self._part_seconds = Counter(
            "app_part_seconds", "Working time of the parts of a stage.", tag_keys=("job", "stage", "part")
        )
        self._waiting = Gauge("app_stage_waiting", "Documents before a stage.", tag_keys=("job", "stage"))

    def worked(self, stage: str, documents: int, seconds: float, parts: Mapping[str, float]) -> None:
        """A block has left a stage."""
        tags = {"job": self._job, "stage": stage}
        self._add(self._stage_documents, documents, tags)
        self._block_seconds.observe(seconds, tags=tags)
        for part, spent in parts.items():
            self._add(self._part_seconds, spent, {**tags, "part": part})

    def waiting(self, stage: str, documents: int) -> None:
        """So many documents are before the stage."""
        self._waiting.set(documents, tags={"job": self._job, "stage": stage})

    def outcome(self, source: str, outcome: str, documents: int) -> None:
        """So many more documents of a source have an outcome."""
        self._add(self._documents, documents, {"job": self._job, "source": source, "outcome": outcome})

    def quarantined(self, source: str, stage: str, reason: str) -> None:
        """One more document could not be indexed."""
        self._add(self._quarantined, 1, {"job": self._job, "source": source, "stage": stage, "reason": reason})

    def passages(self, count: int) -> None:
        """So many more passages are in the index."""
        self._add(self._passages, count, {"job": self._job})

    @staticmethod
    def _add(counter: Any, value: float, tags: dict[str, str]) -> None:
        if value > 0:  # Ray refuses to count nothing
            counter.inc(value, tags=tags)
