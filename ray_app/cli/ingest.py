"""`ray-app ingest`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ray_app.records import When
from ray_app.settings import Settings

if TYPE_CHECKING:
    from ray_app.ingest.run import Work


def ingest(
    context: typer.Context,
    uris: Annotated[list[str], typer.Argument(metavar="URI...", help="Folders, files, or URLs of other places.")],
    source: Annotated[str | None, typer.Option(help="Name of the source; else the folder's own name.")] = None,
    tenant: Annotated[str | None, typer.Option(help="Tenant that the documents belong to.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Take only the first so many files.")] = None,
    delete_missing: Annotated[bool, typer.Option(help="Remove documents whose files are gone.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Delete even where most of a source is gone.")] = False,
    embed: Annotated[
        When, typer.Option(help="Vectors and labels now, or later (ray-app backfill): words are searchable at once.")
    ] = "now",
    as_json: Annotated[bool, typer.Option("--json", help="End with the summary as one line of JSON.")] = False,
) -> None:
    """Bring the index in line with files: new and changed ones are parsed, classified and embedded.

    What cannot be read is put into quarantine with a reason, and does not stop the rest.
    """
    from ray_app.ingest.run import Work

    settings: Settings = context.obj.of_tenant(tenant)
    run_and_tell(Work(uris, source, limit, delete_missing, force, embed), settings, as_json=as_json)


def run_and_tell(work: Work, settings: Settings, *, as_json: bool) -> None:
    """Runs an ingest on Ray, and says what came of it."""
    from ray_app.cluster.session import ray_session
    from ray_app.ingest.display import open_display
    from ray_app.ingest.run import ingest as run

    display = open_display(settings)
    display.say("starting Ray")
    with ray_session(settings):
        summary = run(work, settings, display)
    if as_json:
        typer.echo(json.dumps(asdict(summary)))
        return
    typer.echo(
        f"{summary.documents} documents in {summary.seconds:.0f} s: {summary.indexed} indexed, "
        f"{summary.unchanged} unchanged, {summary.duplicate} duplicate, {summary.quarantined} quarantined"
        + (f" ({summary.children} more inside them)" if summary.children else "")
        + (f", {summary.deleted} deleted" if summary.deleted else "")
        + f"; {summary.chunks} passages written"
    )
    if summary.quarantined:
        typer.echo("ray-app quarantine list tells why some could not be read")
