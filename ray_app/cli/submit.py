"""`ray-app submit`."""

from __future__ import annotations

from typing import Annotated

import typer

from ray_app.cli.jobs import follow, show
from ray_app.client import open_client

# What is meant for the job is left as it is, options and all.
SETTINGS = {"ignore_unknown_options": True}


def submit(
    context: typer.Context,
    job: Annotated[str, typer.Argument(metavar="JOB", help="A script in jobs/: ray-app jobs kinds shows them.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[ARGS]...", help="The job's own arguments; after -- any.")
    ] = None,
    follow_log: Annotated[bool, typer.Option("--follow", help="Show what it writes until it ends.")] = False,
    identity: Annotated[
        str | None, typer.Option("--id", help="An id of your own: a second job with the same one is refused.")
    ] = None,
) -> None:
    """Start a job on the server's Ray cluster, where it goes on when this command has ended.

    With --follow, Ctrl-C leaves the job alone (ray-app jobs cancel ends it), and the exit status is 1 where it failed.
    """
    with open_client(context.obj) as client:
        submitted = client.submit_job(job, arguments or [], submission_id=identity)
        if not follow_log:
            return show(submitted)
        typer.echo(f"job {submitted.id}", err=True)
        follow(client, submitted.id)
