"""`ray-app sources`: places on record under a name."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError

from ray_app import catalog, sources
from ray_app.errors import ConfigurationError
from ray_app.records import When
from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.named_sources import NamedSource, get_source, is_due, list_sources, set_crawled
from ray_app.store.points import now
from ray_app.store.protocol import Store

T = TypeVar("T")
_SHOWN = 5

app = typer.Typer(help="Places that documents come from, under a name.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The source's name.")]


@app.command()
def add(
    context: typer.Context,
    name: Name,
    uri: Annotated[
        str, typer.Argument(help="Folder, file, or URL: s3://, gs://, az://, https://, zip://, imaps://...")
    ],
    include: Annotated[list[str] | None, typer.Option(help="Only files like this, as in .gitignore.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="No files like this, as in .gitignore.")] = None,
    types: Annotated[list[str] | None, typer.Option("--type", help="Only this media type or suffix.")] = None,
    max_mb: Annotated[int | None, typer.Option(min=1, help="No larger files.")] = None,
    groups: Annotated[list[str] | None, typer.Option("--group", help="Who may see it; else the whole tenant.")] = None,
    languages: Annotated[
        list[str] | None, typer.Option("--language", help="Only documents in this language, such as da; else all.")
    ] = None,
    schedule: Annotated[str | None, typer.Option(help="When to crawl it: cron's five fields, in UTC.")] = None,
    keep_originals: Annotated[bool, typer.Option(help="Keep a copy of every file.")] = False,
) -> None:
    """Put a source on record, or replace what is wanted of one."""
    settings: Settings = context.obj
    try:
        wanted = NamedSource(
            name=name,
            tenant=settings.tenant,
            uri=uri,
            include=tuple(include or ()),
            exclude=tuple(exclude or ()),
            types=tuple(types or ()),
            max_mb=max_mb,
            groups=tuple(groups or ()),
            languages=tuple(languages or ()),
            schedule=schedule,
            keep_originals=keep_originals,
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigurationError(f"{first['loc'][0]}: {first['msg'].removeprefix('Value error, ')}") from error
    wanted = catalog.checked(wanted, settings)
    source = _with_store(settings, lambda store: _save(store, settings, wanted))
    typer.echo(f"{source.name}: {source.uri}; ray-app sources crawl {source.name} brings it into the index")


@app.command("list")
def list_all(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Show every source, when it was crawled, and whether its schedule asks for a crawl."""
    settings: Settings = context.obj
    at = datetime.now(UTC)
    for source in _with_store(settings, lambda store: list_sources(store, settings.tenant)):
        due = is_due(source, at)
        if as_json:
            typer.echo(json.dumps({**source.model_dump(), "due": due}, ensure_ascii=False))
        else:
            crawled = f"crawled {source.crawled}" if source.crawled else "never crawled"
            groups = f", for {', '.join(source.groups)}" if source.groups else ""
            typer.echo(f"{source.name:<20} {source.uri}\n    {crawled}{', due' if due else ''}{groups}")


@app.command()
def remove(
    context: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove a source with its documents from the index. The files themselves are left alone."""
    settings: Settings = context.obj
    _with_store(settings, lambda store: get_source(store, settings.tenant, name))
    if not yes:
        typer.confirm(f"Remove {name} and all its documents from the index?", abort=True)
    count = _with_store(settings, lambda store: catalog.remove(store, settings, name))
    typer.echo(f"removed {name} and {count} documents")


@app.command()
def crawl(
    context: typer.Context,
    name: Name,
    force: Annotated[bool, typer.Option("--force", help="Delete even where most of the source is gone.")] = False,
    embed: Annotated[When, typer.Option(help="Vectors and labels now, or later (ray-app backfill).")] = "now",
    as_json: Annotated[bool, typer.Option("--json", help="End with the summary as one line of JSON.")] = False,
) -> None:
    """Bring the index in line with a source: new and changed files come in, those that are gone go."""
    from ray_app.cli.ingest import run_and_tell
    from ray_app.ingest.run import Work

    settings: Settings = context.obj
    source = _with_store(settings, lambda store: get_source(store, settings.tenant, name))
    began = now()
    work = Work(
        [source.uri],
        name,
        delete_missing=True,
        force=force,
        embed=embed,
        selection=source.selection,
        keep_originals=source.keep_originals,
    )
    run_and_tell(work, settings, as_json=as_json)
    _with_store(settings, lambda store: set_crawled(store, settings.tenant, name, began))


@app.command("test")
def try_out(context: typer.Context, name: Name) -> None:
    """List the first files of a source and read one: whether it can be reached, and what would come in."""
    settings: Settings = context.obj
    source = _with_store(settings, lambda store: get_source(store, settings.tenant, name))
    root = sources.root_of(source.uri, settings.sources)
    files = sources.list_files(root, name, settings.tenant, source.selection, settings.sources)
    first = list(islice(files, _SHOWN))
    for ref in first:
        typer.echo(f"{ref.size:>12} {ref.path}")
    if not first:
        typer.echo(f"{root} can be listed, but holds no file that is wanted")
        return
    data = sources.read(first[0], settings.parsing.max_file_mb << 20, settings.sources)
    typer.echo(f"{root} can be listed and read ({len(data)} bytes of {first[0].path})")


async def _save(store: Store, settings: Settings, source: NamedSource) -> NamedSource:
    if await store.fingerprint() is None:  # an index is made for a model, before anything goes into it
        from ray_app.models.prepared import prepare_model

        manifest = prepare_model(settings).manifest
        await store.ensure(fingerprint=manifest.fingerprint, dimension=manifest.dimension)
    return await catalog.record(store, source)


def _with_store(settings: Settings, work: Callable[[Store], Awaitable[T]]) -> T:
    async def run() -> T:
        store = await open_store(settings)
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())
