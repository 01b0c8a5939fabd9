"""Joins the Ray cluster that work belongs in, or starts a local one that ends with this process."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from ray_app.cluster.quiet import quiet_ray
from ray_app.errors import ConfigurationError
from ray_app.settings import Settings
from ray_app.store import owner

# Ray ends idle processes beyond the number of CPUs after a second. Where CPUs are few, each block's write
# would then start a process anew: a second of CPU time, every few seconds.
_KEEP_WORKERS = {"RAY_idle_worker_killing_time_threshold_ms": "120000"}
_NOTHING: Mapping[str, str] = MappingProxyType({})


@contextmanager
def ray_session(
    settings: Settings, *, environment: Mapping[str, str] = _NOTHING, job_server: bool = False
) -> Iterator[None]:
    """Within it, Ray is connected and the embedded index has its owner in the same cluster.

    A new local cluster has Ray's job server where that is asked for: it comes with Ray's dashboard and its processes.

    The cluster is, first to last: the one this process has joined already; `ray.address` or RAY_ADDRESS; the one where
    the index's owner lives (a running `ray-app serve`, say); a new local one, with the variables of
    `environment` that are not set already. Raises ConfigurationError where a named cluster does not answer,
    IndexLockedError where the index is open elsewhere.
    """
    import ray

    if ray.is_initialized():
        _own(settings)
        yield
        return
    started_here = _connect(settings, environment, job_server=job_server)
    try:
        _own(settings)
        yield
    finally:
        if started_here and not settings.store.url:
            owner.stop_owner(settings.index_dir)
        ray.shutdown()


def _connect(settings: Settings, environment: Mapping[str, str], *, job_server: bool) -> bool:
    """True where the cluster is a new local one."""
    import ray

    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent to anybody
    named = settings.ray.address or os.environ.get("RAY_ADDRESS")
    if named:
        try:
            with quiet_ray():
                ray.init(named, namespace=owner.NAMESPACE, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, RuntimeError) as error:
            raise ConfigurationError(f"no Ray cluster answers at {named}: {error}") from error
        return False
    holder = owner.read_address(settings.index_dir)
    if not settings.store.url and holder and owner.is_held(settings.index_dir):
        with quiet_ray():
            owned = owner.join(settings.index_dir, holder)
        if owned is None:
            raise owner.locked(settings.index_dir, holder)
        return False
    for name, value in {**_KEEP_WORKERS, **environment}.items():
        os.environ.setdefault(name, value)
    with quiet_ray():
        ray.init(
            "local",
            namespace=owner.NAMESPACE,
            num_cpus=settings.ray.cpus,
            object_store_memory=settings.ray.object_store_mb << 20,
            include_dashboard=job_server,
            dashboard_host="127.0.0.1",  # whatever Ray's default becomes: it runs what it is told
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    return True


def _own(settings: Settings) -> None:
    if not settings.store.url:
        owner.start_owner(settings.index_dir, settings.store)
