"""`ray-app status`."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

import typer

from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.collections import CHUNKS
from ray_app.store.protocol import AnyOf, Filter
from ray_app.store.runs import Run, as_they_are, latest_runs, outcomes

_RUNS = 5


def status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Show what the index holds, and the latest runs."""
    settings: Settings = context.obj
    counts, chunks, runs = asyncio.run(_read(settings))
    if as_json:
        typer.echo(json.dumps({"documents": counts, "chunks": chunks, "runs": [run.model_dump() for run in runs]}))
        return
    typer.echo(f"{sum(counts.values())} documents in {settings.store.url or settings.index_dir}, {chunks} passages")
    for outcome, count in sorted(counts.items()):
        typer.echo(f"  {outcome:<12}{count:>8}")
    for run in runs:
        done = ", ".join(f"{count} {name}" for name, count in run.counts.items() if count)
        typer.echo(f"run {run.id}  {run.state}  {done or run.detail}")


async def _read(settings: Settings) -> tuple[dict[str, int], int, list[Run]]:
    store = await open_store(settings)
    try:
        counts = dict(await outcomes(store, settings.tenant))
        chunks = await store.count(CHUNKS, Filter([AnyOf("tenant", [settings.tenant])]))
        runs = await latest_runs(store, settings.tenant, limit=_RUNS)
        return counts, chunks, await as_they_are(store, runs, lease_s=settings.ingest.lease_s)
    finally:
        await store.close()
