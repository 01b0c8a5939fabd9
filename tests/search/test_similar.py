"""Contents that say nearly the same, over the embedded engine."""

from __future__ import annotations

import pytest

from ray_app.enrichment.duplicates import bands, signature
from ray_app.records import Content, Document, FileRef, content_id
from ray_app.search.similar import near_duplicates
from ray_app.settings import StoreSettings
from ray_app.store.edge import EdgeStore
from ray_app.store.scope import Scope, ScopedReader
from ray_app.store.writer import write_documents

pytestmark = pytest.mark.anyio

WORDS = [f"word{number}" for number in range(300)]
TEXTS = {"a": WORDS, "b": [*WORDS[:290], "quite", "another", "end"], "c": WORDS[::-1]}


def document(name, words):
    wording = signature(" ".join(words))
    content = Content(
        name * 64, "text/plain", name, "2025-01-01T00:00:00Z", 1, True, (),
        signature=wording, bands=tuple(bands(wording)),
    )  # fmt: skip
    return Document(FileRef(f"file:///{name}", name, "src", "t", 1, 0.0), name * 64, content)


async def test_contents_that_say_nearly_the_same_are_found_with_their_similarity(tmp_path):
    store = await EdgeStore.open(tmp_path, StoreSettings())
    await store.ensure(fingerprint="f0", dimension=4)
    await write_documents(store, [document(*one) for one in TEXTS.items()], run="r", pipeline="p")
    mine, near = content_id("t", "a" * 64), content_id("t", "b" * 64)
    (found,) = await near_duplicates(ScopedReader(store, Scope("t")), mine, at_least=0.8)
    assert found.content == near
    assert found.similarity > 0.85
    assert await near_duplicates(ScopedReader(store, Scope("other")), mine, at_least=0.8) == []
    assert await near_duplicates(store, content_id("t", "never there"), at_least=0.8) == []
    await store.close()
