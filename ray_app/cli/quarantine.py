"""`ray-app quarantine`."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import typer

from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.runs import quarantined

app = typer.Typer(help="Documents that could not be indexed.", no_args_is_help=True)

_FIELDS = ("uri", "stage", "reason", "detail", "updated", "stale")


@app.command("list")
def list_quarantined(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="Most documents.")] = 1000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Show each document in quarantine with the stage that failed, and why."""
    for one in asyncio.run(_read(context.obj, limit)):
        if as_json:
            typer.echo(json.dumps(one, ensure_ascii=False))
        else:
            typer.echo(f"{one['stage']:<8}{one['reason']:<20}{one['uri']}\n        {one['detail']}")


async def _read(settings: Settings, limit: int) -> list[dict[str, Any]]:
    store = await open_store(settings)
    try:
        found, _ = await quarantined(store, settings.tenant, limit=limit)
        return sorted(
            ({"id": one.id} | {name: one.payload[name] for name in _FIELDS if name in one.payload} for one in found),
            key=lambda one: (one["reason"], one["uri"]),
        )
    finally:
        await store.close()
