"""`ray-app runs`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Annotated

import typer

from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.runs import Run, StageFigures, as_they_are, find_run, latest_runs

app = typer.Typer(help="What was run when, and what came of it.", no_args_is_help=True)


@app.command("list")
def list_runs(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="Most runs.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Show the latest runs, the last one first.

    A run on another machine that may have been killed is watched for a sign of life, up to ingest.lease_s seconds.
    """
    for run in asyncio.run(_latest(context.obj, limit)):
        if as_json:
            typer.echo(json.dumps(run.model_dump(), ensure_ascii=False))
        else:
            typer.echo(f"{run.id}  {run.job:<9}{run.state:<20}{run.seconds:>8.0f} s  {_counts(run) or run.detail}")


@app.command("show")
def show_run(
    context: typer.Context,
    identity: Annotated[str, typer.Argument(metavar="RUN", help="Its id.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Show all that is known of a run: counts, the figures of each stage, what held it up."""
    settings: Settings = context.obj
    run = asyncio.run(_one(settings, identity))
    log = settings.runs_dir / f"{run.id}.log"
    if as_json:
        typer.echo(json.dumps(run.model_dump(), ensure_ascii=False))
        return
    for line in _described(run):
        typer.echo(line)
    if log.exists():
        typer.echo(f"log        {log}")


def _described(run: Run) -> Iterator[str]:
    yield f"run        {run.id} ({run.job}, tenant {run.tenant})"
    yield f"state      {run.state}{': ' + run.detail if run.detail else ''}"
    yield f"from       {run.started} to {run.finished or '?'}"
    for uri in filter(None, run.uris):
        yield f"of         {uri}"
    if run.counts:
        yield f"counts     {_counts(run) or 'nothing to do'}"
    if run.reasons:
        yield "quarantine " + ", ".join(f"{count} {reason}" for reason, count in _by_count(run.reasons))
    if run.seconds:
        yield f"time       {run.seconds:.1f} s: start-up {run.startup_s:.1f} s, at work {run.working_s:.1f} s"
    for name, stage in run.stages.items():
        yield f"  {name:<9}{_figures(stage)}"
    if run.bottleneck:
        yield f"so         {run.bottleneck}"
    for name, value in run.setup.items():
        yield f"  {name:<16}{value}"


def _figures(stage: StageFigures) -> str:
    parts = ", ".join(f"{part} {seconds:.1f}" for part, seconds in stage.parts.items())
    workers = f"{stage.workers} worker{'s' * (stage.workers != 1)}"
    return (
        f"{stage.documents} documents, {stage.seconds:.1f} s of work by {workers}"
        + (f" ({parts})" if parts else "")
        + f", {stage.documents_per_s:.1f} documents/s at best, {stage.most_waiting} waited at most"
    )


def _counts(run: Run) -> str:
    return ", ".join(f"{count} {name}" for name, count in run.counts.items() if count)


def _by_count(reasons: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(reasons.items(), key=lambda one: (-one[1], one[0]))


async def _latest(settings: Settings, limit: int) -> list[Run]:
    store = await open_store(settings)
    try:
        runs = await latest_runs(store, settings.tenant, limit=limit)
        return await as_they_are(store, runs, lease_s=settings.ingest.lease_s)
    finally:
        await store.close()


async def _one(settings: Settings, identity: str) -> Run:
    store = await open_store(settings)
    try:
        (run,) = await as_they_are(
            store, [await find_run(store, settings.tenant, identity)], lease_s=settings.ingest.lease_s
        )
        return run
    finally:
        await store.close()
