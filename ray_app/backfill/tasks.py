"""What a backfill can do: which contents are left, what is done to them, and what of it is written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ray_app import pipeline
from ray_app.ingest.enriching import enricher_of, entities_version
from ray_app.models.classification.classifier import Classifier
from ray_app.records import Content
from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.pending import complete, give_up, pending_of, write_labels, write_personal
from ray_app.store.protocol import AnyOf, Condition, Filter, Store

Name = Literal["embedding", "labels", "entities"]
Work = Callable[[list[Content]], list[Content]]


@dataclass(frozen=True, slots=True)
class Task:
    """`left` chooses the contents that are still to be done, of one tenant; `open` loads what a worker needs, once.

    `write` writes what was done and returns how many passages it touched; `fail` sets a content aside that the work
    cannot take, with the reason: it must not be left again. `uses_vectors` has stored vectors read.
    """

    left: Callable[[Settings], Filter]
    open: Callable[[Settings, int, bool], Work]
    write: Callable[[Store, Settings, Sequence[Content]], Awaitable[int]]
    fail: Callable[[Store, Settings, Content, str], Coroutine[Any, Any, None]]
    uses_vectors: bool = False


def _open_embedding(settings: Settings, threads: int, gpu: bool) -> Work:
    from ray_app.models.embedder import open_embedder
    from ray_app.models.prepared import prepare_model
    from ray_app.models.registry import open_classifier

    embedder = open_embedder(prepare_model(settings), settings.embedding, threads=threads, gpu=gpu)
    classifier = open_classifier(settings, embedder)

    def work(contents: list[Content]) -> list[Content]:
        return _labelled(pipeline.embed_contents(contents, embedder), classifier, settings)

    return work


async def _write_embedding(store: Store, settings: Settings, contents: Sequence[Content]) -> int:
    return await complete(store, settings.tenant, contents)


async def _fail_embedding(store: Store, settings: Settings, content: Content, detail: str) -> None:
    """Its places are quarantined; they stay findable by their words."""
    await give_up(store, settings.tenant, [content.sha256], stage="embed", detail=detail)


def _version_of_labels(settings: Settings) -> str:
    from ray_app.models.registry import current_version

    return current_version(settings) or "zero-shot"


def _left_labels(settings: Settings) -> Filter:
    other: list[Condition] = [AnyOf("judged_by", [_version_of_labels(settings)]), pending_of(settings.tenant)]
    return Filter([AnyOf("tenant", [settings.tenant])], must_not=other)


def _open_labels(settings: Settings, threads: int, gpu: bool) -> Work:
    from ray_app.models.embedder import open_embedder
    from ray_app.models.prepared import prepare_model
    from ray_app.models.registry import open_classifier

    embedder = open_embedder(prepare_model(settings), settings.embedding, threads=threads, gpu=gpu)
    classifier = open_classifier(settings, embedder)

    def work(contents: list[Content]) -> list[Content]:
        return _labelled(contents, classifier, settings)

    return work


def _labelled(contents: list[Content], classifier: Classifier, settings: Settings) -> list[Content]:
    labelled = pipeline.classify_contents(contents, classifier)
    return [pipeline.assessed(one, settings.privacy) if one.labels else one for one in labelled]


async def _write_labels(store: Store, settings: Settings, contents: Sequence[Content]) -> int:
    return await write_labels(store, settings.tenant, contents, judged_by=_version_of_labels(settings))


async def _fail_labels(store: Store, settings: Settings, content: Content, detail: str) -> None:
    bare = replace(content, labels=())
    await write_labels(store, settings.tenant, [bare], judged_by=_version_of_labels(settings))


def _left_entities(settings: Settings) -> Filter:
    of_tenant = AnyOf("tenant", [settings.tenant])
    return Filter([of_tenant], must_not=[AnyOf("searched_by", [entities_version(settings)])])


def _open_entities(settings: Settings, threads: int, gpu: bool) -> Work:
    async def read() -> pipeline.Enricher:
        store = await open_store(settings)
        try:
            return await enricher_of(store, settings)
        finally:
            await store.close()

    enricher = asyncio.run(read())
    return lambda contents: [
        replace(one, searched_by=enricher.version) for one in pipeline.find_personal(contents, enricher)
    ]


async def _write_entities(store: Store, settings: Settings, contents: Sequence[Content]) -> int:
    return await write_personal(store, settings.tenant, [pipeline.kept(one, settings.privacy) for one in contents])


async def _fail_entities(store: Store, settings: Settings, content: Content, detail: str) -> None:
    nothing = replace(content, mentions=(), words=(), watched=(), risk="", searched_by=entities_version(settings))
    await _write_entities(store, settings, [nothing])


TASKS: dict[Name, Task] = {
    "embedding": Task(
        left=lambda settings: pending_of(settings.tenant),
        open=_open_embedding,
        write=_write_embedding,
        fail=_fail_embedding,
    ),
    "labels": Task(left=_left_labels, open=_open_labels, write=_write_labels, fail=_fail_labels, uses_vectors=True),
    "entities": Task(left=_left_entities, open=_open_entities, write=_write_entities, fail=_fail_entities),
}
