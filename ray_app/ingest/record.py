"""A run's record in the registry: begun, and how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from ray_app import __version__
from ray_app.errors import StoreError
from ray_app.ingest.events import Teller
from ray_app.ingest.figures import bottleneck, stage_figures
from ray_app.ingest.progress import Handle, Snapshot, Standing
from ray_app.ingest.resources import Shares
from ray_app.logs import get_logger, of_run
from ray_app.models.prepared import PreparedModel
from ray_app.pipeline import passage_tokens
from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.patience import patiently
from ray_app.store.points import now
from ray_app.store.protocol import Store
from ray_app.store.runs import Job, Run, RunProgress, save_progress, save_run

_log = get_logger(__name__)
# How long the end of a run waits for its figures.
_FIGURES_S = 10.0


def new_run_id() -> str:
    """Sorts by time, and is unique."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


@contextmanager
def recorded(
    runner: asyncio.Runner,
    store: Store,
    settings: Settings,
    identity: str,
    teller: Teller,
    *,
    job: Job,
    uris: Sequence[str] = (),
    setup: Mapping[str, str] | None = None,
) -> Iterator[Run]:
    """Keeps the record of what happens in the block, its log file, and tells of its begin and end.

    The block fills in counts and figures.
    """
    run = Run(
        id=identity,
        job=job,
        tenant=settings.tenant,
        uris=list(uris),
        started=now(),
        setup={**(setup or {})},
        submission=settings.jobs.submission,
    )
    with of_run(settings, identity):
        runner.run(save_run(store, run))
        teller.began(run)
        _log.info("run began", job=job, tenant=run.tenant)
        try:
            yield run
            run.state = "finished"
        except KeyboardInterrupt:  # Ctrl-C, or a cancelled job
            run.state, run.detail = "cancelled", "ended before it was done"
            raise
        except BaseException as error:
            run.state, run.detail = "failed", f"{type(error).__name__}: {error}"[:500]
            raise
        finally:
            run.finished = now()
            _log.info(
                "run ended",
                job=job,
                state=run.state,
                seconds=run.seconds,
                startup_s=run.startup_s,
                working_s=run.working_s,
                bottleneck=run.bottleneck,
                **run.counts,
            )
            teller.ended(run)
            runner.run(_save(store, run, settings))


@contextmanager
def progress_kept(settings: Settings, run: Run, progress: Handle) -> Iterator[None]:
    """While the block runs, its record says every few seconds how far it is; in the end, how far it came."""
    stop = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_keep(settings, run, progress, stop)), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=settings.ingest.lease_s)


async def _keep(settings: Settings, run: Run, progress: Handle, stop: threading.Event) -> None:
    """What cannot be read or written now may be the next time; the run itself says what is really wrong."""
    from ray.exceptions import RayError

    store = await open_store(settings)
    try:
        ended = False
        while not ended:
            ended = await asyncio.to_thread(stop.wait, settings.ingest.progress_s)
            with contextlib.suppress(RayError, StoreError):
                standing: Standing = await progress.standing.remote()
                run.progress = RunProgress(**standing._asdict(), at=now())
                await save_progress(store, run.id, run.progress)
    finally:
        await store.close()


@contextmanager
def described(run: Run, progress: Handle, shares: Shares) -> Iterator[None]:
    """When the block ends, well or not, puts the run's figures so far, and what held it up, into its record."""
    import ray
    from ray.exceptions import RayError

    try:
        yield
    finally:
        with contextlib.suppress(RayError):  # its node died, the figures with it
            snapshot: Snapshot = ray.get(progress.snapshot.remote(), timeout=_FIGURES_S)
            run.startup_s, run.working_s = round(snapshot.startup_s, 2), round(snapshot.working_s, 2)
            run.stages = stage_figures(snapshot)
            run.bottleneck = bottleneck(run.stages, gpu=bool(shares.embed_gpus))


def setup_of(model: PreparedModel, settings: Settings, pipeline: str) -> dict[str, str]:
    """What shapes the result of a run."""
    return {
        "ray_app": __version__,
        "pipeline": pipeline,
        "model": settings.embedding.model,
        "fingerprint": model.manifest.fingerprint,
        "passage_tokens": str(passage_tokens(model, settings.chunking)),
        "overlap_tokens": str(settings.chunking.overlap_tokens),
    }


async def _save(store: Store, run: Run, settings: Settings) -> None:
    """Where the run failed and its end cannot be written either, the reason why it failed is what people must hear."""
    try:
        await patiently(settings.store, lambda: save_run(store, run))
    except StoreError:
        if run.state == "finished":
            raise
