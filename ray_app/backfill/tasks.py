"""What a backfill can do: which contents are left, what is done to them, and what of it is written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ray_app import pipeline
from ray_app.ingest.enriching import enricher_of, entities_version
from ray_app.logs import get_logger
from ray_app.models.classification.classifier import Classifier
from ray_app.records import Content, content_id
from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.collections import CONTENTS
from ray_app.store.pending import (
    complete,
    give_up,
    pending_of,
    read_contents,
    with_vectors,
    write_labels,
    write_personal,
)
from ray_app.store.protocol import AnyOf, Condition, Filter, Store

Name = Literal["embedding", "labels", "entities"]
Work = Callable[[list[Content]], list[Content]]

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """`left` chooses the contents that are still to be done, of one tenant; `open` loads what a worker needs, once.

    `write` writes what was done and returns how many passages it touched; `fail` sets a content aside that the work
    cannot take, with the reason: it must not be left again. Nor must those be whose ids `pass_over` is given: the index
    holds too little of them to work on. `uses_vectors` has stored vectors read.
    """

    left: Callable[[Settings], Filter]
    open: Callable[[Settings, int, bool], Work]
    write: Callable[[Store, Settings, Sequence[Content]], Awaitable[int]]
    fail: Callable[[Store, Settings, Content, str], Coroutine[Any, Any, None]]
    pass_over: Callable[[Store, Settings, Sequence[str]], Coroutine[Any, Any, None]]
    uses_vectors: bool = False


async def read_for(task: Task, store: Store, settings: Settings, ids: Sequence[str]) -> list[Content]:
    """The contents as the task needs them. Those whose passages or vectors are not there are passed over for good.

    They would be left for ever: of one that the embedding gave up, the labels cannot be told. It is looked at twice,
    for what an ingest replaces meanwhile is there the next moment.
    """
    contents: list[Content] = []
    missing = list(ids)
    for _ in range(2):
        read = await read_contents(store, settings.tenant, missing)
        contents += await with_vectors(store, settings.tenant, read) if task.uses_vectors else read
        there = {content_id(settings.tenant, content.sha256) for content in contents}
        missing = [one for one in missing if one not in there]
    gone = [one.id for one in await store.retrieve(CONTENTS, missing, fields=[])]
    if gone:
        _log.warning("contents without passages or vectors are passed over", contents=gone)
        await task.pass_over(store, settings, gone)
    return contents


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


async def _pass_over_embedding(store: Store, settings: Settings, ids: Sequence[str]) -> None:
    """As `_fail_embedding`: another try makes its passages anew."""
    hashes = [one.payload["sha256"] for one in await store.retrieve(CONTENTS, ids, fields=["sha256"])]
    detail = "its passages are not in the index: take the document through the pipeline again"
    await give_up(store, settings.tenant, hashes, stage="embed", detail=detail)


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


async def _pass_over_labels(store: Store, settings: Settings, ids: Sequence[str]) -> None:
    await store.set_payload(CONTENTS, ids, {"judged_by": _version_of_labels(settings)})


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


async def _pass_over_entities(store: Store, settings: Settings, ids: Sequence[str]) -> None:
    await store.set_payload(CONTENTS, ids, {"searched_by": entities_version(settings)})


TASKS: dict[Name, Task] = {
    "embedding": Task(
        left=lambda settings: pending_of(settings.tenant),
        open=_open_embedding,
        write=_write_embedding,
        fail=_fail_embedding,
        pass_over=_pass_over_embedding,
    ),
    "labels": Task(
        left=_left_labels,
        open=_open_labels,
        write=_write_labels,
        fail=_fail_labels,
        pass_over=_pass_over_labels,
        uses_vectors=True,
    ),
    "entities": Task(
        left=_left_entities,
        open=_open_entities,
        write=_write_entities,
        fail=_fail_entities,
        pass_over=_pass_over_entities,
    ),
}
