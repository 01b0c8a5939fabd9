"""`ray-app backfill`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from ray_app.settings import Settings


def backfill(
    context: typer.Context,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the most recent so many contents.")] = None,
    tenant: Annotated[str | None, typer.Option(help="Tenant whose documents are meant.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="End with the summary as one line of JSON.")] = False,
) -> None:
    """Embed and classify what `ray-app ingest --embed later` left, the most recent documents first."""
    from ray_app.backfill.embedding import embed_pending
    from ray_app.cluster.session import ray_session
    from ray_app.ingest.display import open_display

    settings: Settings = context.obj.of_tenant(tenant)
    display = open_display(settings)
    display.say("starting Ray")
    with ray_session(settings):
        filled = embed_pending(settings, display, limit=limit)
    if as_json:
        typer.echo(json.dumps(asdict(filled)))
        return
    typer.echo(
        f"{filled.contents} contents with {filled.chunks} passages have their vectors now ({filled.seconds:.0f} s)"
        + (f"; the model could not take {filled.failed}: ray-app quarantine list" if filled.failed else "")
    )
