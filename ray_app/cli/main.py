"""`ray-app`: its commands, and how an error is told."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ray_app import __version__
from ray_app.cli import (
    backfill,
    evaluate,
    ingest,
    jobs,
    keys,
    models,
    quarantine,
    runs,
    search,
    serve,
    sources,
    status,
    submit,
    train,
)
from ray_app.errors import RayAppError
from ray_app.logs import log_to_stderr
from ray_app.settings import Settings
from ray_app.store.owner import use_authentication

app = typer.Typer(
    name="ray-app",
    help="Documents in, one index out: searched by words and meaning, every document classified.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(ingest.ingest)
app.command()(backfill.backfill)
app.command()(search.search)
app.command()(serve.serve)
app.command(context_settings=submit.SETTINGS)(submit.submit)
app.command()(train.train)
app.command()(status.status)
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(sources.app, name="sources")
app.add_typer(runs.app, name="runs")
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(models.app, name="models")
app.add_typer(jobs.app, name="jobs")
app.add_typer(keys.app, name="keys")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ray-app {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option(help="A YAML file with settings.", metavar="FILE")] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options that stand before the command."""
    settings = Settings.load(config)
    log_to_stderr(settings.logging)
    use_authentication(settings.index_dir)
    context.obj = settings


def main(command: Sequence[str] = ()) -> None:
    """The entry point: errors of ours become one line on standard error and exit status 1.

    `command` stands before the arguments of the process: how a script in jobs/ names its command.
    """
    try:
        app([*command, *sys.argv[1:]])
    except RayAppError as error:
        sys.exit(f"ray-app: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
