"""Trains anew on the labels that people stated, and puts the result into use only where it is shown to be better.

A fifth of the labelled contents, chosen by their ids for good, is not learnt from here: on it the new classifier and
the one in use are compared, document by document (`versions.compare_versions`). Near-duplicates are on the same side.
Training by hand learns from all labels: what the one in use knows of the fifth is left out of the comparison.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn
from uuid import UUID

import numpy as np

from ray_app.errors import ConfigurationError
from ray_app.evaluation.versions import Compared, compare_versions
from ray_app.ingest.labelled import Labelled, read_index
from ray_app.ingest.training import trainer
from ray_app.models.classification.classifier import TrainedClassifier
from ray_app.models.classification.examples import MIN_PER_LABEL, Examples
from ray_app.models.classification.learnt import hash_texts, load_learnt
from ray_app.models.classification.training import plan_of, train
from ray_app.models.prepared import PreparedModel
from ray_app.models.registry import current_version, open_version, promote, save_version, version_folder, versions
from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.annotations import count_stated
from ray_app.store.events import append_events, new_event

# Of so many documents one is held out.
_HELD_OUT = 5
# A difference that chance makes less often than this is taken for one (two-sided).
_SIGNIFICANT = 0.05
# On fewer documents not even a version that is right on all of them can be shown to be better than one that is wrong on
# all: with five, chance does as much one time in sixteen.
_LEAST = 6

_IN_USE = "in use now"
_BY_HAND = "ray-app models promote puts the new version into use all the same"


class Verdict(NamedTuple):
    """Whether a new version is in use now, and why; `held_out` counts what neither it nor the one before has learnt.

    `compared` is None where there was none before, or nothing to compare the two on.
    """

    promoted: bool
    why: str
    held_out: int
    compared: Compared | None = None


@dataclass(frozen=True, slots=True)
class Retrained:
    """A new version, how many documents it has learnt from, and what came of it."""

    version: str
    examples: int
    verdict: Verdict


def watch(settings: Settings, model: PreparedModel, say: Callable[[str], None], *, poll_s: float = 30.0) -> NoReturn:
    """Trains anew each time that people labelled `classification.retrain_after` documents, and says so as an event.

    Goes on until it is ended. Labels that do not suffice yet are waited for.
    """
    tried = -1
    while True:
        new = asyncio.run(_count_new(settings))
        if new >= settings.classification.retrain_after and new != tried:
            tried = new
            try:
                done = retrain(settings, model, say)
            except ConfigurationError as error:
                say(str(error))
            else:
                asyncio.run(_tell(settings, done))
                say(f"{done.version}: {done.verdict.why}")
        time.sleep(poll_s)


def retrain(settings: Settings, model: PreparedModel, say: Callable[[str], None]) -> Retrained:
    """Trains on what people stated, but for what is held out, and promotes the result if it is better there.

    Where too little is held out that the one in use has not learnt either, that one stays.

    Raises ConfigurationError where the labels do not suffice, ModelError where the one in use is damaged.
    """
    used = current_version(settings)
    before = open_version(used, settings, model.manifest) if used else None
    labelled = read_index(settings, kind=before.manifest.kind if before else "flat")
    seen, unseen = split(labelled)
    done = train(
        seen,
        embedding=model.manifest.fingerprint,
        plan=plan_of(settings.classification),
        run=trainer(len(seen.texts), settings),
        say=say,
    )
    save_version(done, settings)
    version = done.classifier.manifest.version
    if before:
        fair = unknown_to(before.manifest.version, unseen, labelled.examples, settings)
        verdict = _judge(before, done.classifier, fair)
    else:  # labels by descriptions are rough: whatever was learnt is better
        verdict = Verdict(True, _IN_USE, len(unseen.texts))
    if verdict.promoted:
        promote(version, settings)
    return Retrained(version, len(seen.texts), verdict)


def _judge(before: TrainedClassifier, new: TrainedClassifier, fair: Examples | None) -> Verdict:
    used = before.manifest.version
    if fair is None:
        return Verdict(
            False, f"not in use: {used}, of an older release, does not tell what it learnt from. {_BY_HAND}", 0
        )
    left = len(fair.texts)
    if left < _LEAST:
        why = f"not in use: {used} has not learnt from {left} of the documents held out, a comparison needs {_LEAST}"
        return Verdict(False, f"{why}; with more labels there are more. {_BY_HAND}", left)
    compared = compare_versions(before, new, fair)
    better = compared.difference.difference > 0 and compared.difference.p <= _SIGNIFICANT
    return Verdict(better, _IN_USE if better else "not better than the one in use", left, compared)


def unknown_to(version: str, some: Examples, of: Examples, settings: Settings) -> Examples | None:
    """Those that a version has not learnt from, nor from a near-duplicate of theirs among all; None where nobody knows.

    `some` are taken from `of`. Raises ModelError where what it has learnt from is damaged.
    """
    learnt = load_learnt(version_folder(version, settings))
    if learnt is None:
        return None
    known = set(of.groups[np.isin(hash_texts(of.texts), learnt)].tolist())
    return some.take(row for row, group in enumerate(some.groups.tolist()) if group not in known)


def split(labelled: Labelled) -> tuple[Examples, Examples]:
    """What is learnt from, and what is held out: whole groups of near-duplicates, by the least id of each.

    An id is a hash: the fifth that it chooses is a fair one, and the same each time.
    """
    examples = labelled.examples
    least: dict[int, str] = {}
    for group, identity in zip(examples.groups.tolist(), labelled.ids, strict=True):
        least[group] = min(identity, least.get(group, identity))
    held = np.array([UUID(least[group]).int % _HELD_OUT == 0 for group in examples.groups.tolist()])
    counted = Counter(label for row in np.flatnonzero(~held).tolist() for label in examples.labels[row])
    known = np.array([all(counted[label] >= MIN_PER_LABEL for label in labels) for labels in examples.labels])
    if not (held & known).any():
        raise ConfigurationError("too few labelled documents: none of those whose label can be learnt is held out")
    return examples.take(np.flatnonzero(~held & known)), examples.take(np.flatnonzero(held & known))


async def _count_new(settings: Settings) -> int:
    """How many documents were labelled since the latest version was trained."""
    latest = max((one.created for one in versions(settings).values() if one), default="")
    store = await open_store(settings)
    try:
        return await count_stated(store, settings.tenant, since=latest)
    finally:
        await store.close()


async def _tell(settings: Settings, done: Retrained) -> None:
    promoted, why, held_out, compared = done.verdict
    data: dict[str, Any] = {"version": done.version, "promoted": promoted, "why": why}
    data |= {"examples": done.examples, "held_out": held_out}
    if compared:
        data |= {"accuracy": compared.new, "accuracy_before": compared.old, "p": compared.difference.p}
    store = await open_store(settings)
    try:
        await append_events(store, [new_event("model", tenant=settings.tenant, data=data)])
    finally:
        await store.close()
