"""What a run did, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from ray_app.ingest.listing import Listing
from ray_app.records import Outcome


@dataclass(frozen=True, slots=True)
class Tally:
    """What went through the pipeline: documents by outcome, documents inside them, new passages; why documents,
    also those inside others, are in quarantine.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    children: int = 0
    chunks: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.outcomes + other.outcomes,
            self.children + other.children,
            self.chunks + other.chunks,
            self.reasons + other.reasons,
        )


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


def summarise(run_id: str, listings: Sequence[Listing], done: Tally, *, deleted: int, seconds: float) -> Summary:
    """What was listed, and what became of it."""
    return Summary(
        run_id=run_id,
        documents=sum(listing.documents for listing in listings),
        indexed=done.outcomes[Outcome.INDEXED],
        unchanged=sum(listing.unchanged for listing in listings) + done.outcomes[Outcome.UNCHANGED],
        duplicate=done.outcomes[Outcome.DUPLICATE],
        quarantined=done.outcomes[Outcome.QUARANTINED],
        deleted=deleted,
        children=done.children,
        chunks=done.chunks,
        seconds=round(seconds, 2),
    )
