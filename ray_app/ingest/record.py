"""A run's record in the registry: begun, and how it ended."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from ray_app.store.points import now
from ray_app.store.protocol import Store
from ray_app.store.runs import Job, Run, save_run


def new_run_id() -> str:
    """Sorts by time, and is unique."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


@contextmanager
def recorded(
    runner: asyncio.Runner, store: Store, tenant: str, identity: str, *, job: Job, uris: Sequence[str] = ()
) -> Iterator[Run]:
    """Keeps the record of what happens in the block; the block fills in the counts."""
    run = Run(id=identity, job=job, tenant=tenant, uris=list(uris), started=now())
    runner.run(save_run(store, run))
    try:
        yield run
        run.state = "finished"
    except BaseException as error:
        run.state, run.detail = "failed", f"{type(error).__name__}: {error}"[:500]
        raise
    finally:
        run.finished = now()
        runner.run(save_run(store, run))
