"""Refuses to open an API without authentication to other machines."""

from __future__ import annotations

from ray_app.errors import ConfigurationError
from ray_app.serving.address import is_loopback
from ray_app.settings import AuthSettings


def check_address(host: str, auth: AuthSettings) -> None:
    """Raises ConfigurationError where an API that is open for all would listen on more than this machine."""
    if auth.mode == "open" and not is_loopback(host):
        raise ConfigurationError(
            f"without authentication the API listens on this machine only, and {host} is more than that: make a key "
            "(ray-app keys create --role admin) and set auth.mode to required (RAY_APP_AUTH__MODE=required), "
            "or listen on 127.0.0.1 (serving.host)"
        )


def check_bound(auth: AuthSettings) -> None:
    """The same for the address that Serve listens on in fact, whoever started it."""
    from ray.serve.context import _get_global_client

    client = _get_global_client(raise_if_no_controller_running=False)
    host = client.http_config.host if client else None
    if host:
        check_address(host, auth)
