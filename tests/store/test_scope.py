"""What a caller may see: every way of reading shows the scope's points, and nothing of hidden sources."""

from __future__ import annotations

import pytest

from ray_app.records import Chunk, Content, Document, FileRef, content_id, document_id
from ray_app.settings import StoreSettings
from ray_app.store.collections import CHUNKS, CONTENTS, DOCUMENTS, REGISTRY
from ray_app.store.edge import EdgeStore
from ray_app.store.named_sources import NamedSource, save_source
from ray_app.store.protocol import AnyOf, Filter, Query
from ray_app.store.scope import Scope, ScopedReader
from ray_app.store.writer import write_documents

pytestmark = pytest.mark.anyio

SHA = {"open": "a" * 64, "secret": "b" * 64, "both": "c" * 64, "foreign": "d" * 64}
PLACES = [
    ("open", "t", "wiki", "open/a.txt"),
    ("secret", "t", "board", "cellar/b.txt"),
    ("both", "t", "wiki", "open/c.txt"),
    ("both", "t", "board", "cellar/c.txt"),
    ("foreign", "u", "wiki", "open/d.txt"),
]
EVERYTHING = {"open", "secret", "both"}


@pytest.fixture
async def store(tmp_path):
    store = await EdgeStore.open(tmp_path, StoreSettings())
    await store.ensure(fingerprint="f0", dimension=4)
    await write_documents(store, [document(*place) for place in PLACES], run="r", pipeline="p")
    await save_source(store, NamedSource(name="board", tenant="t", uri="file:///board", groups=("board",)))
    yield store
    await store.close()


def document(name, tenant, source, path):
    content = Content(
        SHA[name], "text/plain", name, "2025-01-01T00:00:00Z", 1, True, (Chunk(0, f"harbour {name}", 1, 0, 9),), "en"
    )
    return Document(FileRef(f"file:///{source}/{path}", path, source, tenant, 1, 0.0), SHA[name], content)


@pytest.mark.parametrize(
    ("scope", "visible"),
    [
        (Scope("t"), EVERYTHING),
        (Scope("t", ("board", "others")), EVERYTHING),
        (Scope("t", ()), {"open", "both"}),
        (Scope("u", ("board",)), {"foreign"}),
        (Scope("nobody"), set()),
    ],
)
async def test_every_way_of_reading_shows_the_scope_alone(store, scope, visible):
    reader = ScopedReader(store, scope)
    ids = [content_id(tenant, SHA[name]) for name, tenant, *_ in PLACES]
    assert {one.payload["title"] for one in await reader.retrieve(CONTENTS, ids)} == visible
    assert {one.payload["title"] for one in (await reader.scroll(CONTENTS))[0]} == visible
    assert await reader.count(CONTENTS) == len(visible)
    found = await reader.query(CHUNKS, Query(limit=10, filter=Filter([AnyOf("media_type", ["text/plain"])])))
    assert {one.payload["text"].split()[1] for one in found} == visible
    assert await reader.run(titles) == visible


async def titles(reader):
    return {one.payload["title"] for one in (await reader.scroll(CONTENTS))[0]}


async def test_a_shown_content_tells_nothing_of_its_hidden_places(store):
    reader = ScopedReader(store, Scope("t", ()))
    (both,) = await reader.retrieve(CONTENTS, [content_id("t", SHA["both"])])
    assert both.payload["sources"] == ["wiki"]
    assert "folders" not in both.payload
    assert dict(await reader.facet(CONTENTS, "sources")) == {"wiki": 2}
    assert await reader.facet(CONTENTS, "folders") == []
    hidden = document_id("t", "board", "file:///board/cellar/c.txt")
    assert await reader.retrieve(DOCUMENTS, [hidden]) == []
    assert await reader.count(DOCUMENTS) == 2


async def test_the_registry_is_not_read_by_scope(store):
    with pytest.raises(ValueError, match="registry"):
        await ScopedReader(store, Scope("t")).count(REGISTRY)
