"""How a cluster's CPUs are shared out between the stages of an ingest."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ray_app.settings import Settings

# CPUs that a Ray task or actor asks for. They are claims, not limits: reading and writing mostly wait.
EXTRACT_CPUS = 0.25
WRITE_CPUS = 0.25
# Threads of one embedding worker at most: beyond, small matrices gain nothing from more.
_MOST_THREADS = 4
# Kept free of pools: for tasks, the index's owner, and a server beside. Pools that hold every CPU after a
# node's death would leave none to read and write with, and the run would stand still.
_RESERVED_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Shares:
    """Sizes of the two actor pools, and what one embedding worker takes."""

    extract_workers: int
    embed_workers: int
    embed_threads: int
    embed_cpus: float


def share_out(cpus: float, settings: Settings) -> Shares:
    """Both pools together claim at most six tenths of the cluster's `cpus`, but one worker each."""
    threads = settings.embedding.threads or max(1, min(_MOST_THREADS, math.floor(cpus)))
    for_pools = cpus * (1 - _RESERVED_SHARE)
    extract = settings.ingest.parse_workers or max(1, math.floor(cpus / 4))
    left = for_pools - extract * EXTRACT_CPUS
    embed = settings.ingest.embed_workers or max(1, math.floor(left / threads))
    claim = min(float(threads), max(EXTRACT_CPUS, math.floor(left / embed * 100) / 100))
    return Shares(extract, embed, threads, claim)
