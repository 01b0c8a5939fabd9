"""Where Serve listens in fact, whoever started it, and what is refused there."""

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
    host, _ = _bound()
    if host:
        check_address(host, auth)


def check_free(port: int, application: str) -> None:
    """Raises ConfigurationError where the cluster's Serve listens on another port, or has such an application.

    Serve would keep its port and replace the application: the index of whoever serves it would no longer be found.
    """
    from ray import serve

    _, bound = _bound()
    if bound not in (None, port):
        raise ConfigurationError(
            f"Ray Serve runs on this cluster already, on port {bound}: give that port (--port {bound}), "
            "or end it (serve shutdown)"
        )
    if application in serve.status().applications:
        raise ConfigurationError(
            f"an application {application!r} is served on this cluster already: end what serves it, "
            "or take it away (serve shutdown)"
        )


def _bound() -> tuple[str | None, int | None]:
    from ray.serve.context import _get_global_client

    client = _get_global_client(raise_if_no_controller_running=False)
    return (client.http_config.host, client.http_config.port) if client else (None, None)
