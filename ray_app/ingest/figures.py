"""What held a run up, in figures and in words."""

from __future__ import annotations

from collections.abc import Mapping

from ray_app.ingest.progress import Snapshot, StageWork
from ray_app.store.runs import StageFigures

_WORDS = {"extract": "reading and parsing", "embed": "embedding", "write": "writing"}
# A part of a stage that takes more than this share of it is what there is to help with.
_MOST_OF_IT = 0.5


def stage_figures(snapshot: Snapshot) -> dict[str, StageFigures]:
    """The figures of each stage as the run's record keeps them."""
    return {stage: _figures(work) for stage, work in snapshot.stages.items() if work.documents}


def bottleneck(stages: Mapping[str, StageFigures], *, gpu: bool) -> str:
    """One sentence: which stage's workers were the busiest, and what would help; "" where nothing was done."""
    total = sum(stage.seconds for stage in stages.values())
    if not total:
        return ""
    slowest = max(stages, key=lambda name: stages[name].seconds / stages[name].workers)
    help_ = f"{_help(slowest, stages[slowest], gpu=gpu)} would help"
    by_share = sorted(stages, key=lambda name: -stages[name].seconds)
    shares = [f"{_WORDS[name]} {100 * stages[name].seconds / total:.0f} %" for name in by_share]
    if by_share[0] == slowest:
        first, *others = shares
        took = first.replace(_WORDS[slowest], f"{_WORDS[slowest]} took")
        return "; ".join([f"{took} of the working time: {help_}", *([", ".join(others)] if others else [])])
    return f"{_WORDS[slowest]} was behind with the fewest workers: {help_}; working time: {', '.join(shares)}"


def _figures(work: StageWork) -> StageFigures:
    workers = max(1, work.workers)
    return StageFigures(
        documents=work.documents,
        seconds=round(work.seconds, 2),
        workers=workers,
        documents_per_s=round(work.documents * workers / work.seconds, 2) if work.seconds else 0.0,
        most_waiting=work.most_waiting,
        parts={part: round(seconds, 2) for part, seconds in work.parts.items()},
    )


def _help(stage: str, figures: StageFigures, *, gpu: bool) -> str:
    if stage == "embed":
        return "more GPUs" if gpu else "more CPUs or a GPU"
    if stage == "write":
        return "a faster disk, or a Qdrant server of more nodes,"
    if figures.parts.get("fetch", 0.0) > _MOST_OF_IT * figures.seconds:
        return "a faster way to the source, or more parsing workers (setting ingest.parse_workers),"
    return "more CPUs and parsing workers (setting ingest.parse_workers)"
