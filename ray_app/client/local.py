"""The server that commands ask: the one that the settings name, or the one over the same index."""

from __future__ import annotations

import httpx

from ray_app.client.clients import Client
from ray_app.errors import ServerError
from ray_app.serving.address import read_server_address
from ray_app.settings import Settings

# A server that is there answers its health check at once; one that is busy gets a little longer.
_HEALTH_TIMEOUT_S = 2.0


def server_url(settings: Settings) -> str | None:
    """Where the server is, or was when it was seen last; None where none is known."""
    return settings.client.url or read_server_address(settings.data_dir)


def is_ready(url: str) -> bool:
    """Whether a server answers there and can search."""
    try:
        return httpx.get(f"{url}/readyz", timeout=_HEALTH_TIMEOUT_S).is_success
    except httpx.HTTPError:
        return False


def open_client(settings: Settings) -> Client:
    """A client of that server, with the key of the settings. Raises ServerError where none is known."""
    url = server_url(settings)
    if url is None:
        raise ServerError(
            f"no server runs over {settings.data_dir}: start ray-app serve, or name one (RAY_APP_CLIENT__URL)"
        )
    key = settings.client.api_key
    return Client(url, api_key=key.get_secret_value() if key else None, timeout_s=settings.client.timeout_s)
