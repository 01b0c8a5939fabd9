"""Runs the application in the foreground: starts Serve, says where it is, waits for a signal, stops cleanly."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ray_app.cluster.session import ray_session
from ray_app.models.prepared import prepare_model
from ray_app.serving.address import address_written
from ray_app.serving.bound import check_address, check_bound, check_free
from ray_app.serving.ingress import ingress_environment
from ray_app.serving.oidc import open_oidc
from ray_app.settings import Settings

_APP = "ray-app"
_LOGGING = {"log_level": "WARNING", "enable_access_log": False}


def serve_forever(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serves until SIGINT or SIGTERM. `announce` is given the URL once searches work.

    Raises ConfigurationError where the port is taken, where everyone could reach an API that is open, or where the
    cluster serves such an application already;
    IndexLockedError where another process has the index.
    """
    check_address(settings.serving.host, settings.auth)
    open_oidc(settings)  # what is missing is told here, not in the log of a replica
    stop = threading.Event()
    with _signals_set(stop):
        prepare_model(settings)  # here, once, not in each replica at the same time
        with (
            ingress_environment() as environment,
            ray_session(settings, environment=environment, job_server=settings.jobs.server),
            _signals_set(stop),  # again: Ray has put its own handlers in place
        ):
            _start(settings)
            url = f"http://{settings.serving.host}:{settings.serving.port}"
            with address_written(settings.data_dir, url):
                announce(url)
                stop.wait()
            _shut_down(settings)


def _start(settings: Settings) -> None:
    from ray import serve

    from ray_app.serving.app import application

    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    check_free(settings.serving.port, _APP)
    serve.start(http_options={"host": settings.serving.host, "port": settings.serving.port}, logging_config=_LOGGING)
    check_bound(settings.auth)  # Serve may have been running before, at another address
    serve.run(application(settings), name=_APP, logging_config=_LOGGING)


def _shut_down(settings: Settings) -> None:
    from ray import serve

    from ray_app.ingest.online import stop_online

    serve.delete(_APP)  # a local cluster ends with this process; in a shared one, other applications stay
    stop_online(settings)  # what waits is taken up by the next server


@contextmanager
def _signals_set(stop: threading.Event) -> Iterator[None]:
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
