"""What a run did, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass

from ray_app.records import Outcome


@dataclass(frozen=True, slots=True)
class Summary:
    """`documents` were listed: indexed, unchanged, duplicate and quarantined ones add up to it. `deleted`
    ones were in the index and are gone; `children` came out of other documents; `chunks` were written.
    """

    run_id: str
    documents: int
    indexed: int
    unchanged: int
    duplicate: int
    quarantined: int
    deleted: int
    children: int
    chunks: int
    seconds: float

    def counts(self) -> dict[str, int]:
        """The numbers alone."""
        return {name: value for name, value in asdict(self).items() if isinstance(value, int)}


def summarise(
    run_id: str,
    *,
    documents: int,
    unchanged: int,
    deleted: int,
    written: Counter[str],
    chunks: int,
    seconds: float,
) -> Summary:
    """`written` counts the outcomes of the documents that went through the pipeline."""
    return Summary(
        run_id=run_id,
        documents=documents,
        indexed=written[Outcome.INDEXED],
        unchanged=unchanged + written[Outcome.UNCHANGED],
        duplicate=written[Outcome.DUPLICATE],
        quarantined=written[Outcome.QUARANTINED],
        deleted=deleted,
        children=0,
        chunks=chunks,
        seconds=round(seconds, 2),
    )
