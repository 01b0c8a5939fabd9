"""`ray-app search`."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from ray_app.client import is_ready, open_client, server_url
from ray_app.errors import QueryError
from ray_app.models.embedder import open_embedder
from ray_app.models.prepared import prepare_model
from ray_app.search.request import Mode, SearchRequest
from ray_app.search.searcher import Searcher, answer
from ray_app.serving.bodies.search import HitOut, SearchResult
from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.scope import Scope


def search(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="Words, or a question.")],
    limit: Annotated[int, typer.Option(help="Most hits.")] = 10,
    mode: Annotated[Mode, typer.Option(help="By words and meaning, by meaning, or by words.")] = "hybrid",
    filters: Annotated[
        list[str] | None,
        typer.Option("--filter", metavar="FIELD=VALUE", help="Such as label=invoice; several are allowed."),
    ] = None,
    groups: Annotated[
        list[str] | None,
        typer.Option("--group", help="Search as a member of this access group would, directly on the index."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole answer as one JSON object.")] = False,
) -> None:
    """Search the index: through the running server, or directly where none runs."""
    settings: Settings = context.obj
    wanted = _parse(filters or [])
    url = None if groups else server_url(settings)  # a server takes nobody's word for a group
    if url and (settings.client.url or is_ready(url)):
        with open_client(settings) as client:
            found = client.search(query, mode=mode, limit=limit, filters=wanted)
    else:
        scope = Scope(settings.tenant, tuple(groups) if groups else None)
        found = asyncio.run(_directly(settings, SearchRequest(query, mode, limit, wanted), scope))
    if as_json:
        typer.echo(found.model_dump_json())
    else:
        _print(found, Console())


async def _directly(settings: Settings, request: SearchRequest, scope: Scope) -> SearchResult:
    model = prepare_model(settings)
    store = await open_store(settings)
    try:
        searcher = Searcher(store, open_embedder(model, settings.embedding), settings)
        return SearchResult.model_validate(await answer(searcher, request, scope))
    finally:
        await store.close()


def _parse(filters: list[str]) -> dict[str, list[str]]:
    parsed: dict[str, list[str]] = {}
    for one in filters:
        field, equals, value = one.partition("=")
        if not equals:
            raise QueryError("invalid-filter", f"--filter {one}: write FIELD=VALUE, such as label=invoice")
        parsed.setdefault(field, []).append(value)
    return parsed


def _print(found: SearchResult, console: Console) -> None:
    if not found.hits:
        console.print("nothing found")
    for rank, hit in enumerate(found.hits, 1):
        label = "".join(f"  {one.label} {one.probability:.0%}" for one in hit.labels[:1])
        console.print(Text(f"{rank:>2}. ").append(hit.title, "bold").append(label, "cyan"))
        console.print(Text(f"    {hit.uri}, page {hit.page}", "dim"), soft_wrap=True)
        console.print(_passage(hit), soft_wrap=False)
    console.print(Text(f"{found.total} documents hold a word of the query; {found.timings['total_ms']:.0f} ms", "dim"))


def _passage(hit: HitOut, around: int = 240) -> Text:
    """The part of the passage around its first match, with the matches marked."""
    first = hit.highlights[0][0] if hit.highlights else 0
    start = max(0, first - around // 3)
    text = Text("    ")
    end = min(len(hit.passage), start + around)
    position = start
    for begin, finish in hit.highlights:
        if begin >= start and finish <= end:
            text.append(hit.passage[position:begin]).append(hit.passage[begin:finish], "bold yellow")
            position = finish
    text.append(hit.passage[position:end])
    return Text(" ").join(text.split()) if "\n" in text.plain else text
