"""`ray-app quarantine`."""

from __future__ import annotations

import asyncio
import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import IO, Annotated, Any, Literal

import typer

from ray_app import sources
from ray_app.errors import ConfigurationError, NotFoundError, SourceError
from ray_app.ingest.advice import advice
from ray_app.records import FileRef
from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.protocol import Found
from ray_app.store.quarantine import (
    all_quarantined,
    find_places,
    forget_verdict,
    outermost,
    quarantined,
    reasons,
    stored_ref,
)
from ray_app.store.queue import URI_SCHEME, enqueue, entry_for

app = typer.Typer(help="Documents that could not be indexed.", no_args_is_help=True)

_FIELDS = ("uri", "source", "stage", "reason", "detail", "size", "modified", "updated", "run", "stale", "parent")

Reason = Annotated[str | None, typer.Option(help="Only those with this reason.")]
Source = Annotated[str | None, typer.Option(help="Only those of this source.")]


@app.command("list")
def list_quarantined(
    context: typer.Context,
    reason: Reason = None,
    source: Source = None,
    limit: Annotated[int, typer.Option(min=1, help="Most documents.")] = 1000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Show each document in quarantine with the stage that failed, and why; then how many there are of each reason."""
    found, counts = asyncio.run(_read(context.obj, limit, reason, source))
    for one in sorted((_fields(one) for one in found), key=lambda one: (one["reason"], one["uri"])):
        if as_json:
            typer.echo(json.dumps(one, ensure_ascii=False))
        else:
            typer.echo(f"{one['stage']:<8}{one['reason']:<20}{one['uri']}\n        {one['detail']}")
    if not as_json:
        by_reason = ", ".join(f"{count} {name}" for name, count in counts.most_common())
        typer.echo(f"{counts.total()} in quarantine{': ' + by_reason if by_reason else ''}")
        if len(found) < counts.total():
            typer.echo(f"the first {len(found)} are shown: --limit shows more, ray-app quarantine export all")


@app.command("show")
def show_quarantined(
    context: typer.Context,
    document: Annotated[str, typer.Argument(metavar="ID|URI", help="The document's id or its URI.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Show all that is known of a document that could not be indexed, and what can be done about it."""
    for one in asyncio.run(_find(context.obj, document)):
        fields = _fields(one) | {"outcome": one.payload["outcome"]}
        if "reason" in fields:
            fields["advice"] = advice(fields["reason"])
        if as_json:
            typer.echo(json.dumps(fields, ensure_ascii=False))
            continue
        for name, value in fields.items():
            typer.echo(f"{name:<10}{value}")


@app.command("retry")
def retry(
    context: typer.Context,
    documents: Annotated[list[str] | None, typer.Argument(metavar="[ID|URI]...", help="Ids or URIs.")] = None,
    reason: Reason = None,
    source: Source = None,
    everything: Annotated[bool, typer.Option("--all", help="All documents in quarantine.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="End with the summary as one line of JSON.")] = False,
) -> None:
    """Take documents through the pipeline again now, whether or not their files have changed.

    A document inside another (an attachment, say) is tried again together with the one that it lies in.
    """
    from ray_app.cli.ingest import run_and_tell
    from ray_app.ingest.run import Work

    if bool(documents) == bool(reason or source or everything):
        raise ConfigurationError("name documents by id or URI, or say which: --reason, --source or --all")
    settings: Settings = context.obj
    refs, uploads = asyncio.run(_start_over(settings, documents, reason, source))
    if uploads:
        typer.echo(f"{uploads} uploaded documents wait for the online worker of ray-app serve", err=as_json)
    if uploads and not refs:
        return
    if not refs:
        typer.echo("no such document is in quarantine", err=as_json)
        return
    run_and_tell(Work(refs=refs), settings, as_json=as_json)


@app.command("export")
def export(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="The file to write; else standard output.")] = None,
    form: Annotated[Literal["csv", "jsonl"], typer.Option("--format", help="Its format.")] = "csv",
    reason: Reason = None,
    source: Source = None,
) -> None:
    """Write all documents in quarantine as a table (CSV) or as one JSON object a line."""
    if file is None:
        asyncio.run(_export(context.obj, sys.stdout, form, reason, source))
        return
    try:
        with file.open("w", encoding="utf-8", newline="") as stream:
            count = asyncio.run(_export(context.obj, stream, form, reason, source))
    except OSError as error:
        raise ConfigurationError(f"cannot write {file}: {error.strerror}") from error
    typer.echo(f"{count} documents written to {file}")


def _fields(one: Found) -> dict[str, Any]:
    return {"id": one.id} | {name: one.payload[name] for name in _FIELDS if name in one.payload}


async def _read(
    settings: Settings, limit: int, reason: str | None, source: str | None
) -> tuple[list[Found], Counter[str]]:
    store = await open_store(settings)
    try:
        counts = await reasons(store, settings.tenant, reason=reason, source=source)
        found, _ = await quarantined(store, settings.tenant, limit=limit, reason=reason, source=source)
        return found, counts
    finally:
        await store.close()


async def _find(settings: Settings, document: str) -> list[Found]:
    store = await open_store(settings)
    try:
        return await find_places(store, settings.tenant, document)
    finally:
        await store.close()


async def _export(settings: Settings, stream: IO[str], form: str, reason: str | None, source: str | None) -> int:
    store = await open_store(settings)
    writer = csv.DictWriter(stream, ["id", *_FIELDS], lineterminator="\n")
    count = 0
    try:
        if form == "csv":
            writer.writeheader()
        async for one in all_quarantined(store, settings.tenant, reason=reason, source=source):
            count += 1
            if form == "csv":
                writer.writerow(_fields(one))
            else:
                stream.write(json.dumps(_fields(one), ensure_ascii=False) + "\n")
        return count
    finally:
        await store.close()


async def _start_over(
    settings: Settings, documents: Iterable[str] | None, reason: str | None, source: str | None
) -> tuple[list[FileRef], int]:
    """Makes the documents count as changed, and says where they lie; how many were uploaded, and are queued instead."""
    store = await open_store(settings)
    try:
        if documents:
            wanted = [one for name in documents for one in await find_places(store, settings.tenant, name)]
            _refuse_others(wanted)
        else:
            wanted = [one async for one in all_quarantined(store, settings.tenant, reason=reason, source=source)]
        tops = await outermost(store, wanted)
        await forget_verdict(store, [*tops, *wanted])
        uploads = [top for top in tops if top.payload["uri"].startswith(f"{URI_SCHEME}://")]
        await store.run(enqueue, [entry_for(top, "reprocess") for top in uploads])
        refs = [_as_it_is(stored_ref(top.payload), settings) for top in tops if top not in uploads]
        return refs, len(uploads)
    finally:
        await store.close()


def _refuse_others(places: Iterable[Found]) -> None:
    others = [one.payload["uri"] for one in places if one.payload["outcome"] != "quarantined"]
    if others:
        raise NotFoundError(f"{others[0]} is not in quarantine (ray-app quarantine list)")


def _as_it_is(ref: FileRef, settings: Settings) -> FileRef:
    """The file as its source has it now; as it was listed where the source cannot say: then the run does."""
    try:
        listed = sources.list_files(ref.uri, ref.source, ref.tenant, settings=settings.sources)
        found = [one for one in listed if one.uri == ref.uri]
    except SourceError:
        return ref
    return replace(found[0], path=ref.path) if len(found) == 1 else ref
