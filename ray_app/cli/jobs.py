"""`ray-app jobs`: what was submitted to the server's Ray cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from ray_app.client import Client, LogEvent, open_client
from ray_app.serving.bodies.jobs import JobKind, JobOut, JobRun

app = typer.Typer(help="Jobs on the server's Ray cluster.", no_args_is_help=True)
Identity = Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")]


@app.command()
def kinds(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Show what can be submitted, and what each job takes."""
    with open_client(context.obj) as client:
        for kind in client.jobs(limit=1).kinds:
            typer.echo(kind.model_dump_json() if as_json else "\n".join(_described(kind)))


@app.command("list")
def list_jobs(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most jobs.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Show the jobs that were submitted since the Ray cluster was started, the latest first."""
    with open_client(context.obj) as client:
        for job in client.jobs(limit=limit).submitted:
            line = f"{job.id}  {job.state:<10}{job.started or '':<26}{job.job} {' '.join(job.arguments)}"
            typer.echo(job.model_dump_json() if as_json else line)


@app.command("show")
def show_job(
    context: typer.Context,
    identity: Identity,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Show a job's state, and how far it is."""
    with open_client(context.obj) as client:
        job = client.job(identity)
    typer.echo(job.model_dump_json()) if as_json else show(job)


@app.command()
def logs(
    context: typer.Context,
    identity: Identity,
    follow_log: Annotated[bool, typer.Option("--follow", help="Go on until the job ends.")] = False,
) -> None:
    """Show what a job has written."""
    with open_client(context.obj) as client:
        if follow_log:
            return follow(client, identity)
        typer.echo(client.job_log(identity), nl=False)


@app.command()
def cancel(context: typer.Context, identity: Identity) -> None:
    """Ask a job to end. It is given a while to end in order."""
    with open_client(context.obj) as client:
        show(client.cancel_job(identity))


def show(job: JobOut) -> None:
    """A job with its runs, for people."""
    typer.echo(f"job {job.id}  {job.state}")
    for run in job.runs:
        typer.echo(f"run {run.id}  {run.state}  {_progress(run)}")


def follow(client: Client, identity: str) -> None:
    """Prints the log until the job ends. Raises Exit(1) where it did not end well."""
    for event in client.follow_job(identity):
        if isinstance(event, LogEvent):
            typer.echo(event.text, nl=False)
        elif isinstance(event, JobOut):
            typer.echo(f"job {event.id} {event.state}", err=True)
            if event.state != "finished":
                raise typer.Exit(1)


def _progress(run: JobRun) -> str:
    done = ", ".join(f"{count} {name}" for name, count in run.counts.items() if count)
    if done or run.progress is None:
        return done or run.detail
    return f"{run.progress.done}/{run.progress.total}{' so far' if run.progress.more else ''}"


def _described(kind: JobKind) -> Iterator[str]:
    yield f"{kind.name}: {kind.fault or kind.description.partition(chr(10))[0]}"
    for one in kind.parameters or []:
        name = "/".join(one.flags) or one.name.upper()
        yield f"    {name:<22} {one.type}{', required' * one.required}{', several' * one.many}: {one.help}"
