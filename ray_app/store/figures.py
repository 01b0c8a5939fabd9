"""An index in numbers: what a reader may see of it is counted beside it, in one trip."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ray_app.store.collections import CHUNKS, CONTENTS, DOCUMENTS
from ray_app.store.protocol import Reader
from ray_app.store.runs import Run

# Field, and the values that are counted of it: sources may be many, the others are few.
_MOST = 1000
OF_DOCUMENTS = ("outcome", "source", "size_class")
OF_CONTENTS = ("label", "language", "media_type")


async def totals(store: Reader) -> dict[str, int]:
    """Points by collection, of those that say something of documents."""
    return {name: await store.count(name) for name in (DOCUMENTS, CONTENTS, CHUNKS)}


async def counts(store: Reader) -> dict[str, dict[str, int]]:
    """The values of each field of `OF_DOCUMENTS` and `OF_CONTENTS` with how many there are, the most frequent first."""
    counted: dict[str, dict[str, int]] = {}
    for collection, fields in ((DOCUMENTS, OF_DOCUMENTS), (CONTENTS, OF_CONTENTS)):
        for field in fields:
            counted[field] = dict(await store.facet(collection, field, limit=_MOST))
    return counted


async def disk_bytes(store: Reader, directory: Path) -> int:
    """What the files of an embedded index take. Run it beside the index: the directory lies there."""
    return await asyncio.to_thread(_size, directory)


def at_work(runs: Sequence[Run], *, within_s: float) -> list[Run]:
    """Those that have written how far they are within so many seconds. Killed ones have stopped doing so."""
    since = datetime.now(UTC) - timedelta(seconds=within_s)
    return [
        run
        for run in runs
        if run.state == "running" and run.progress and datetime.fromisoformat(run.progress.at) >= since
    ]


def _size(directory: Path) -> int:
    """Files come and go meanwhile."""
    total = 0
    for path in directory.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue
    return total
