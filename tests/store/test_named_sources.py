"""Sources on record, and who may see them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError
from qdrant_client import AsyncQdrantClient

from ray_app.errors import NotFoundError
from ray_app.records import Document, FileRef, Outcome, Selection
from ray_app.settings import StoreSettings
from ray_app.store.collections import DOCUMENTS
from ray_app.store.edge import EdgeStore
from ray_app.store.named_sources import (
    NamedSource,
    documents_of,
    get_source,
    is_due,
    list_sources,
    remove_source,
    save_source,
    set_crawled,
    visible_sources,
)
from ray_app.store.points import document_payload, place_id
from ray_app.store.protocol import Point
from ray_app.store.server import ServerStore

pytestmark = pytest.mark.anyio


@pytest.fixture
async def store():
    opened = ServerStore(AsyncQdrantClient(":memory:"), "test")
    await opened.ensure(fingerprint="f", dimension=4)
    yield opened
    await opened.close()


@pytest.fixture
async def edge(tmp_path):
    opened = await EdgeStore.open(tmp_path / "index", StoreSettings())
    await opened.ensure(fingerprint="f", dimension=4)
    yield opened
    await opened.close()


def source(name, **changes):
    return NamedSource(**{"name": name, "tenant": "t", "uri": f"file:///{name}", **changes})


async def add_document(store, name, tenant="t"):
    ref = FileRef(f"file:///{name}/a.txt", "a.txt", name, tenant, 1, 0.0)
    payload = document_payload(Document(ref), outcome=Outcome.INDEXED, run="r", pipeline="p")
    await store.upsert(DOCUMENTS, [Point(place_id(ref), payload)])


async def test_a_source_comes_back_as_it_was_saved(store):
    wanted = source("mail", include=("*.eml",), exclude=("/old",), types=("pdf",), max_mb=5, groups=("hr",))
    saved = await save_source(store, wanted.model_copy(update={"schedule": "0 3 * * *", "keep_originals": True}))
    assert await get_source(store, "t", "mail") == saved
    assert saved.selection == Selection(("*.eml",), ("/old",), ("pdf",), 5 << 20)
    assert saved.created


async def test_a_replaced_source_keeps_when_it_was_made_and_crawled(store):
    first = await save_source(store, source("mail"))
    await set_crawled(store, "t", "mail", "2026-01-01T00:00:00Z")
    second = await save_source(store, source("mail", groups=("hr",)))
    assert (second.created, second.crawled, second.groups) == (first.created, "2026-01-01T00:00:00Z", ("hr",))


async def test_sources_are_listed_by_name_and_tenants_are_apart(store):
    for name in [f"s{number}" for number in range(300)]:
        await save_source(store, source(name))
    await save_source(store, source("other", tenant="u"))
    assert [one.name for one in await list_sources(store, "t")] == sorted(f"s{number}" for number in range(300))
    with pytest.raises(NotFoundError, match="other"):
        await get_source(store, "t", "other")


async def test_a_removed_source_is_gone_and_a_crawl_does_not_bring_it_back(store):
    await save_source(store, source("mail"))
    await remove_source(store, "t", "mail")
    await set_crawled(store, "t", "mail", "2026-01-01T00:00:00Z")
    assert await list_sources(store, "t") == []


async def test_the_embedded_engine_keeps_sources_as_well(edge):
    saved = await save_source(edge, source("staff", groups=("hr",), schedule="0 3 * * *"))
    await add_document(edge, "folder")
    assert await list_sources(edge, "t") == [saved]
    assert await visible_sources(edge, "t", []) == ["folder"]
    await remove_source(edge, "t", "staff")
    await set_crawled(edge, "t", "staff", "2026-01-01T00:00:00Z")
    assert await list_sources(edge, "t") == []


async def test_documents_of_a_source_are_found_and_no_others(store):
    for name, tenant in (("mail", "t"), ("files", "t"), ("mail", "u")):
        await add_document(store, name, tenant)
    found = [one.payload["uri"] async for page in documents_of(store, "t", "mail") for one in page]
    assert found == ["file:///mail/a.txt"]


async def test_without_restricted_sources_everything_is_visible(store):
    await save_source(store, source("files"))
    assert await visible_sources(store, "t", []) is None


async def test_a_restricted_source_is_seen_by_its_groups_only(store):
    await save_source(store, source("files"))
    await save_source(store, source("staff", groups=("hr", "board")))
    assert await visible_sources(store, "t", []) == ["files"]
    assert await visible_sources(store, "t", ["sales"]) == ["files"]
    assert await visible_sources(store, "t", ["sales", "hr"]) is None


async def test_a_source_that_only_documents_name_is_open_to_the_tenant(store):
    await save_source(store, source("staff", groups=("hr",)))
    await add_document(store, "staff")
    await add_document(store, "folder")
    await add_document(store, "elsewhere", tenant="u")
    assert await visible_sources(store, "t", []) == ["folder"]


async def test_where_all_is_hidden_nothing_is_visible(store):
    await save_source(store, source("staff", groups=("hr",)))
    assert await visible_sources(store, "t", ["sales"]) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("schedule", "every day"), ("schedule", "61 * * * *"), ("max_mb", 0), ("name", "a b"), ("name", "../x")],
)
async def test_what_makes_no_sense_is_refused(field, value):
    with pytest.raises(ValidationError):
        source(**{"name": "mail", field: value})


async def test_a_password_in_a_url_is_refused():
    with pytest.raises(ValidationError, match="does not belong"):
        source("mail", uri="imaps://anna:secret@mail.example.org/INBOX")


@pytest.mark.parametrize(
    ("schedule", "crawled", "due"),
    [
        (None, None, False),
        ("0 3 * * *", None, True),
        ("0 3 * * *", "2026-05-04T02:59:00Z", True),
        ("0 3 * * *", "2026-05-04T03:00:01Z", False),
        ("*/5 * * * *", "2026-05-04T03:00:01+00:00", True),
    ],
)
async def test_a_source_is_due_when_its_schedule_has_come_round(schedule, crawled, due):
    at = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
    assert is_due(source("mail", schedule=schedule, crawled=crawled), at) is due
