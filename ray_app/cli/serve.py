"""`ray-app serve`."""

from __future__ import annotations

from typing import Annotated

import typer

from ray_app.settings import Settings


def serve(
    context: typer.Context,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the HTTP API.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
) -> None:
    """Serve the HTTP API in the foreground until Ctrl-C."""
    from ray_app.serving.server import serve_forever

    settings: Settings = context.obj
    chosen = {name: value for name, value in (("port", port), ("host", host)) if value is not None}
    settings = settings.model_copy(update={"serving": settings.serving.model_copy(update=chosen)})
    typer.echo("starting Ray Serve", err=True)
    serve_forever(settings, lambda url: typer.echo(_told(url, settings)))


def _told(url: str, settings: Settings) -> str:
    said = f"ray-app answers at {url} (API: {url}/docs); Ctrl-C ends it"
    if settings.auth.mode == "required":
        return said
    return f"{said}\nIt is open: whoever is on this machine may do everything (setting auth.mode)."
