"""A classifier's training on Ray: folds and candidates as tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ray_app.cluster.session import ray_session
from ray_app.models.classification.folds import Fold, Job, Run, do, in_process
from ray_app.settings import Settings

# Below so many examples Ray takes longer to start than training takes.
MANY = 3_000
# Jobs handed to Ray at a time: their answers wait in the object store until they are taken.
_AHEAD = 32


def trainer(examples: int, settings: Settings) -> Run:
    """What does the folds' work: this process for few examples, Ray for many, on the cluster that commands use."""
    if examples < MANY:
        return in_process

    def run(folds: Sequence[Fold], jobs: Sequence[Job]) -> Iterator[Any]:
        with ray_session(settings):
            yield from on_ray(folds, jobs)

    return run


def on_ray(folds: Sequence[Fold], jobs: Sequence[Job]) -> Iterator[Any]:
    """The jobs' answers in order, each a task with one CPU; needs a connection to Ray."""
    import ray

    task = ray.remote(num_cpus=1)(do)
    shared = [ray.put(fold) for fold in folds]
    ahead: list[Any] = []
    for job in jobs:
        ahead.append(task.remote(shared[job.fold], job))
        if len(ahead) == _AHEAD:
            yield ray.get(ahead.pop(0))
    while ahead:
        yield ray.get(ahead.pop(0))
