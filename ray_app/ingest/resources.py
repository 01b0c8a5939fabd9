"""How a cluster's processors and memory are shared out between the stages of an ingest."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ray_app.settings import Settings

# CPUs that a Ray task or actor asks for. They are claims, not limits. So small a one fits beside whatever number of
# embedding workers a shrunken cluster holds: one that found no room would leave the run standing still.
EXTRACT_CPUS = 0.05
WRITE_CPUS = 0.05
# Writes at a time: one owner or server takes them, and each is a process of 200 MB.
WRITERS = 4
# Kept free of pools: for tasks, the index's owner, and a server beside. Pools that hold every CPU after a
# node's death would leave none to read and write with, and the run would stand still.
_RESERVED_SHARE = 0.4
# Of the memory that Ray hands out, for embedding workers; and what one takes besides two copies of the weights.
_MEMORY_SHARE = 0.5
_WORKER_BYTES = 400 << 20
# Threads of one embedding worker at most, where memory allows fewer workers than CPUs.
_MOST_THREADS = 4


@dataclass(frozen=True, slots=True)
class Shares:
    """Sizes of the two actor pools, and what one embedding worker takes."""

    extract_workers: int
    embed_workers: int
    embed_threads: int
    embed_cpus: float
    embed_gpus: int


def share_out(
    resources: Mapping[str, float], weights_bytes: int, settings: Settings, *, embedding: bool = True
) -> Shares:
    """Both pools together claim at most six tenths of the cluster's CPUs, but one worker each.

    `resources` is what Ray says of the cluster. There is one embedding worker for each GPU; without GPUs
    one for each CPU: workers of one thread do more than one worker of many threads, which wait for each
    other at every matrix (docs/benchmarks.md). Where nothing is embedded, or on
    GPUs, the CPUs are there for reading.
    """
    cpus = resources.get("CPU", 1.0)
    gpus = 0 if settings.embedding.backend == "onnx" else math.floor(resources.get("GPU", 0))
    beside = cpus - gpus if gpus else cpus / 4  # a GPU's worker needs a CPU to cut into tokens
    extract = settings.ingest.parse_workers or max(1, math.floor(beside if embedding else cpus))
    fitting = resources.get("memory", math.inf) * _MEMORY_SHARE / (2 * weights_bytes + _WORKER_BYTES)
    embed = settings.ingest.embed_workers or max(1, math.floor(gpus or min(cpus, fitting)))
    threads = settings.embedding.threads or max(1, min(_MOST_THREADS, math.floor(cpus / embed)))
    left = cpus * (1 - _RESERVED_SHARE) - extract * EXTRACT_CPUS
    claim = min(float(threads), max(0.1, math.floor(left / embed * 100) / 100))
    return Shares(extract, embed, threads, claim, embed_gpus=1 if gpus else 0)


def cluster_resources() -> dict[str, float]:
    """What the connected cluster has in all."""
    import ray

    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return resources
