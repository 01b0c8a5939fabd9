"""Groups of documents that say nearly the same."""

from __future__ import annotations

import hashlib

import pytest

from ray_app.enrichment.duplicates import bands, signature
from ray_app.records import Chunk, Content, Document, FileRef, content_id
from ray_app.search.groups import duplicate_groups
from ray_app.settings import StoreSettings
from ray_app.store.edge import EdgeStore
from ray_app.store.writer import write_documents

pytestmark = pytest.mark.anyio

LETTER = " ".join(
    f"sentence {number} of a long letter about the lease of warehouse {number % 7}." for number in range(60)
)
REPORT = " ".join(f"figure {number} of the yearly report on pumps in hall {number % 5}." for number in range(60))
TEXTS = {
    "letter": LETTER,
    "letter-2": f"{LETTER} Kind regards",
    "letter-3": f"Dear Bo. {LETTER}",
    "report": REPORT,
    "report-2": f"{REPORT} The board",
    "alone": "Nothing else is like this note about a lost umbrella.",
}


def document(name, text):
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    wording = signature(text)
    content = Content(
        sha256, "text/plain", name, "2025-01-01T00:00:00Z", 1, True, (Chunk(0, text, 1, 0, len(text)),), "en", 0.9,
        signature=wording, bands=tuple(bands(wording)),
    )  # fmt: skip
    return Document(FileRef(f"file:///{name}", name, "src", "t", 1, 0.0), sha256, content)


@pytest.fixture
async def store(tmp_path):
    opened = await EdgeStore.open(tmp_path, StoreSettings())
    await opened.ensure(fingerprint="f", dimension=4)
    await write_documents(opened, [document(*one) for one in TEXTS.items()], run="r", pipeline="p")
    yield opened
    await opened.close()


def ids(*names):
    hashes = (hashlib.sha256(TEXTS[name].encode()).hexdigest() for name in names)
    return tuple(sorted(content_id("t", one) for one in hashes))


async def pages(store, limit):
    groups, offset = await duplicate_groups(store, at_least=0.8, limit=limit)
    while offset:
        more, offset = await duplicate_groups(store, at_least=0.8, limit=limit, offset=offset)
        groups += more
    return groups


@pytest.mark.parametrize("limit", [1, 20])
async def test_each_group_comes_once_whatever_the_page(store, limit):
    groups = await pages(store, limit)
    assert {group.contents for group in groups} == {ids("letter", "letter-2", "letter-3"), ids("report", "report-2")}
    assert len(groups) == 2
    assert all(0.8 <= group.similarity <= 1 for group in groups)


async def test_what_is_like_nothing_else_is_in_no_group(store):
    assert all(ids("alone")[0] not in group.contents for group in await pages(store, 5))
