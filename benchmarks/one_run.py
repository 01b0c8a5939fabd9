"""One whole ingest, in a process of its own, with its figures: what several benchmarks compare."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar

from benchmarks.memory import memory_watched
from ray_app.records import When

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Figures:
    """What one ingest did. `working_s` begins when its workers are ready; memory is each kind of process's peak."""

    documents: int
    quarantined: int
    chunks: int
    startup_s: float
    working_s: float
    by_kind: dict[str, float]
    index_mb: float
    spilled_mb: float
    bottleneck: str

    @property
    def driver_mb(self) -> float:
        return self.by_kind["driver"]

    @property
    def owner_mb(self) -> float:
        return self.by_kind["owner"]

    @property
    def ray_mb(self) -> float:
        return self.by_kind["Ray's own"]

    @property
    def objects_mb(self) -> float:
        return self.by_kind["object store"]

    @property
    def workers_mb(self) -> float:
        return sum(self.by_kind.values()) - self.driver_mb - self.owner_mb - self.ray_mb - self.objects_mb


def apart(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The function's result, from a new process that ends with it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args, **kwargs).result()


def prepare_models(models: Path) -> Path:
    """Exports the embedding model: it takes much memory, and is done once for all runs."""
    from ray_app.models.prepared import prepare_model
    from ray_app.settings import Settings

    prepare_model(Settings(data_dir=models.parent))
    return models


def with_models(data_dir: Path, models: Path) -> Path:
    """A new data directory that shares the exported model."""
    data_dir.mkdir(parents=True)
    (data_dir / "models").symlink_to(models)
    return data_dir


def ingest_once(
    folder: Path,
    data_dir: Path,
    *,
    embed: When = "now",
    parse_workers: int | None = None,
    ocr: Literal["auto", "off"] = "auto",
) -> Figures:
    """Brings the folder into an empty index on a new local Ray."""
    from rich.console import Console

    from ray_app.cluster.session import ray_session
    from ray_app.ingest.display import Display
    from ray_app.ingest.run import Work, ingest
    from ray_app.settings import IngestSettings, OcrSettings, ParsingSettings, Settings
    from ray_app.store import open_store
    from ray_app.store.runs import latest_runs

    settings = Settings(
        data_dir=data_dir,
        ingest=IngestSettings(parse_workers=parse_workers),
        parsing=ParsingSettings(ocr=OcrSettings(engine=ocr)),
    )
    display = Display(Console(file=io.StringIO()), stall_warning_s=600)
    with memory_watched() as peaks, ray_session(settings):
        summary = ingest(Work([str(folder)], embed=embed), settings, display)
        spilled = _spilled_mb()

        async def last_run() -> Any:
            store = await open_store(settings)
            return (await latest_runs(store, settings.tenant, limit=1))[0]

        run = asyncio.run(last_run())
    blocks = sum(path.stat().st_blocks for path in settings.index_dir.rglob("*") if path.is_file())
    return Figures(
        documents=summary.documents,
        quarantined=summary.quarantined,
        chunks=summary.chunks,
        startup_s=run.startup_s,
        working_s=summary.seconds - run.startup_s,
        by_kind=dict(peaks),
        index_mb=blocks * 512 / 2**20,
        spilled_mb=spilled,
        bottleneck=run.bottleneck,
    )


def _spilled_mb() -> float:
    import ray
    from ray._private.internal_api import get_memory_info_reply, get_state_from_address

    state = get_state_from_address(  # type: ignore[no-untyped-call]
        ray.get_runtime_context().gcs_address
    )
    reply = get_memory_info_reply(state)  # type: ignore[no-untyped-call]
    spilled: int = reply.store_stats.spilled_bytes_total
    return spilled / 2**20
