"""`ray-app backfill`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Literal

import typer

from ray_app.settings import Settings


def backfill(
    context: typer.Context,
    task: Annotated[
        Literal["embedding", "labels", "entities"],
        typer.Argument(
            help="embedding: what `--embed later` left. labels: judge anew what another classifier judged. entities: "
            "look anew for entities and watched people where the rules or the model have changed."
        ),
    ] = "embedding",
    limit: Annotated[int | None, typer.Option(min=1, help="Only the most recent so many contents.")] = None,
    tenant: Annotated[str | None, typer.Option(help="Tenant whose documents are meant.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="End with the summary as one line of JSON.")] = False,
) -> None:
    """Do over what the index holds what was left, or has changed since, the most recent documents first.

    It reads texts from the index, and touches only what the task is about.
    """
    from ray_app.backfill.run import fill
    from ray_app.cluster.session import ray_session
    from ray_app.ingest.display import open_display

    settings: Settings = context.obj.of_tenant(tenant)
    display = open_display(settings)
    display.say("starting Ray")
    with ray_session(settings):
        filled = fill(task, settings, display, limit=limit)
    if as_json:
        typer.echo(json.dumps(asdict(filled)))
        return
    typer.echo(
        f"{task}: {filled.contents} contents with {filled.chunks} passages are done ({filled.seconds:.0f} s)"
        + (f"; {filled.failed} could not be taken: ray-app quarantine list" if filled.failed else "")
    )
