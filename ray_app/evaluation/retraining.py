"""Trains anew on the labels that people stated, and puts the result into use only where it is shown to be better.

A fifth of the labelled contents, chosen by their ids for good, is never learnt from: on it the new classifier and the
one in use are compared, document by document (`versions.compare_versions`). Near-duplicates are on the same side.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn
from uuid import UUID

import numpy as np

from ray_app.errors import ConfigurationError
from ray_app.evaluation.versions import Compared, compare_versions
from ray_app.ingest.labelled import Labelled, read_index
from ray_app.ingest.training import trainer
from ray_app.models.classification.examples import MIN_PER_LABEL, Examples
from ray_app.models.classification.training import plan_of, train
from ray_app.models.prepared import PreparedModel
from ray_app.models.registry import current_version, open_version, promote, save_version, versions
from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.annotations import count_stated
from ray_app.store.events import append_events, new_event

# Of so many documents one is held out.
_HELD_OUT = 5
# A difference that chance makes less often than this is taken for one (two-sided).
_SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class Retrained:
    """A new version, whether it is in use now, and how it compares with the one before; None where there was none."""

    version: str
    promoted: bool
    examples: int
    compared: Compared | None


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
                say(f"{done.version}: {'in use now' if done.promoted else 'not better than the one in use'}")
        time.sleep(poll_s)


def retrain(settings: Settings, model: PreparedModel, say: Callable[[str], None]) -> Retrained:
    """Trains on what people stated, but for what is held out, and promotes the result if it is better there.

    Raises ConfigurationError where the labels do not suffice, ModelError where the one in use is damaged.
    """
    used = current_version(settings)
    before = open_version(used, settings, model.manifest) if used else None
    seen, unseen = split(read_index(settings, kind=before.manifest.kind if before else "flat"))
    done = train(
        seen,
        embedding=model.manifest.fingerprint,
        plan=plan_of(settings.classification),
        run=trainer(len(seen.texts), settings),
        say=say,
    )
    version = done.classifier.manifest.version
    save_version(done, settings)
    if before is None:  # labels by descriptions are rough: whatever was learnt is better
        promote(version, settings)
        return Retrained(version, True, len(seen.texts), None)
    compared = compare_versions(before, done.classifier, unseen)
    better = compared.difference.difference > 0 and compared.difference.p <= _SIGNIFICANT
    if better:
        promote(version, settings)
    return Retrained(version, better, len(seen.texts), compared)


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
    data: dict[str, Any] = {"version": done.version, "promoted": done.promoted, "examples": done.examples}
    if done.compared:
        one = done.compared
        data |= {
            "accuracy": one.new,
            "accuracy_before": one.old,
            "p": one.difference.p,
            "held_out": one.difference.queries,
        }
    store = await open_store(settings)
    try:
        await append_events(store, [new_event("model", tenant=settings.tenant, data=data)])
    finally:
        await store.close()
