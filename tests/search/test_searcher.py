"""Searches over a small index, without Ray and without HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from contextlib import aclosing
from dataclasses import replace

import numpy as np
import pytest

from ray_app.errors import QueryError
from ray_app.records import Chunk, Content, Document, FileRef, Label
from ray_app.search.request import SearchRequest
from ray_app.search.searcher import Searcher, answer
from ray_app.settings import StoreSettings
from ray_app.store.edge import EdgeStore
from ray_app.store.named_sources import NamedSource, save_source
from ray_app.store.scope import Scope
from ray_app.store.writer import write_documents

TEXTS = {
    "contract/lease.txt": ("en", "The lease of the warehouse ends with a notice period of six months."),
    "contract/loan.txt": ("en", "The loan is repaid in yearly parts, the interest is fixed."),
    "report/probe.txt": ("en", "The salinity probe drifts when its electrode is dry."),
    "report/sonde.txt": ("da", "Sonden driver, når elektroden er tør. Kalibrering er nødvendig hvert år."),
    "bread.txt": ("en", "A good bread needs flour, water, salt and a long night."),
}

SCOPE = Scope("default")

pytestmark = pytest.mark.anyio


@pytest.fixture
async def searcher(settings, embedder, tmp_path):
    store = await EdgeStore.open(tmp_path, StoreSettings())
    await store.ensure(fingerprint=embedder.manifest.fingerprint, dimension=embedder.manifest.dimension)
    documents = [document(path, *about, embedder) for path, about in TEXTS.items()]
    await write_documents(store, documents, run="r", pipeline="p")
    yield Searcher(store, embedder, settings)
    await store.close()


def document(path, language, text, embedder):
    sha = hashlib.sha256(text.encode()).hexdigest()
    label = path.split("/")[0] if "/" in path else "other"
    ref = FileRef(f"file:///root/{path}", path, "src", "default", len(text), 0.0)
    content = Content(
        sha, "text/plain", path, "2025-01-01T00:00:00Z", 1, True, (Chunk(0, text, 1, 0, len(text)),),
        language, 0.9, embedder.embed_passages([text]), (Label(label, 0.9, "v1"),),
    )  # fmt: skip
    return Document(ref, sha, content)


def names(hits):
    return [hit["uri"].removeprefix("file:///root/") for hit in hits]


async def events(searcher, query, **options):
    return [event async for event in searcher.search(SearchRequest(query, **options), SCOPE)]


async def hits(searcher, query, **options):
    return names((await answer(searcher, SearchRequest(query, **options), SCOPE))["hits"])


async def test_words_come_first_then_meaning_then_counts_then_the_end(searcher):
    found = await events(searcher, "notice period of the lease")
    assert [(event.name, event.data.get("stage")) for event in found] == [
        ("hits", "lexical"),
        ("hits", "hybrid"),
        ("facets", None),
        ("done", None),
    ]
    assert set(found[-1].data["timings"]) == {"lexical_ms", "embed_ms", "hybrid_ms", "facets_ms", "total_ms"}


@pytest.mark.parametrize(("mode", "stages"), [("lexical", ["lexical"]), ("dense", ["dense"])])
async def test_a_single_mode_has_a_single_stage(searcher, mode, stages):
    found = await events(searcher, "lease", mode=mode)
    assert [event.data["stage"] for event in found if event.name == "hits"] == stages


async def test_a_question_finds_its_answer_by_words_and_by_meaning(searcher):
    assert (await hits(searcher, "when does the lease end"))[0] == "contract/lease.txt"
    assert (await hits(searcher, "how to bake", mode="dense"))[0] == "bread.txt"
    assert (await hits(searcher, "kalibrering af sonder", mode="lexical")) == ["report/sonde.txt"]


async def test_a_document_is_found_by_its_title(searcher):
    assert (await hits(searcher, "sonde.txt", mode="lexical"))[0] == "report/sonde.txt"


async def test_matching_words_of_the_passage_are_marked(searcher):
    found = await answer(searcher, SearchRequest("drifting probes", mode="lexical"), SCOPE)
    (hit,) = found["hits"]
    assert [hit["passage"][start:end] for start, end in hit["highlights"]] == ["probe", "drifts"]


async def test_words_are_marked_as_they_were_stemmed_where_the_language_is_unsure(searcher):
    unsure = document("mail.txt", "", "The moorings were inspected.", searcher.embedder)
    unsure = replace(unsure, content=replace(unsure.content, stemming="en"))
    await write_documents(searcher._store, [unsure], run="r", pipeline="p")
    (hit,) = (await answer(searcher, SearchRequest("inspect a mooring", mode="lexical"), SCOPE))["hits"]
    assert hit["language"] == ""
    assert [hit["passage"][start:end] for start, end in hit["highlights"]] == ["moorings", "inspected"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"folder": "contract"}, {"contract/lease.txt", "contract/loan.txt"}),
        ({"label": ["other", "report"], "language": "en"}, {"bread.txt", "report/probe.txt"}),
        ({"language": "da"}, {"report/sonde.txt"}),
        ({"source": "nobody"}, set()),
        ({"date": {"gte": "2025-01-02"}}, set()),
        ({"date": "2025-01-01"}, set(TEXTS)),
        ({"media_type": "text/plain"}, set(TEXTS)),
    ],
)
async def test_filters_narrow_the_hits(searcher, filters, expected):
    assert set(await hits(searcher, "lease probe bread", filters=filters)) == expected


async def test_facets_count_all_documents_that_hold_a_word_not_only_the_hits(searcher):
    found = await answer(searcher, SearchRequest("lease or loan or probe", limit=1), SCOPE)
    assert len(found["hits"]) == 1
    assert found["total"] == 3
    assert found["facets"]["label"] == [{"value": "contract", "count": 2}, {"value": "report", "count": 1}]
    assert found["facets"]["folder"] == [{"value": "contract", "count": 2}, {"value": "report", "count": 1}]


async def test_facets_respect_filters(searcher):
    found = await answer(searcher, SearchRequest("lease probe", filters={"label": "report"}, facets=("folder",)), SCOPE)
    assert found["facets"] == {"folder": [{"value": "report", "count": 1}]}


async def test_a_field_that_is_filtered_by_still_tells_its_other_values(searcher):
    request = SearchRequest("lease probe", filters={"label": "contract", "language": "en"}, facets=("label", "folder"))
    found = await answer(searcher, request, SCOPE)
    assert found["facets"]["label"] == [{"value": "contract", "count": 1}, {"value": "report", "count": 1}]
    assert found["facets"]["folder"] == [{"value": "contract", "count": 1}]
    assert found["total"] == 1


async def test_folders_that_are_filtered_by_tell_those_below_them(searcher):
    request = SearchRequest("lease probe", filters={"folder": "contract"}, facets=("folder",))
    assert (await answer(searcher, request, SCOPE))["facets"]["folder"] == [{"value": "contract", "count": 1}]


async def test_facets_of_a_search_by_meaning_count_all_that_pass_the_filters(searcher):
    found = await answer(searcher, SearchRequest("how to bake", mode="dense", facets=("language",)), SCOPE)
    assert found["facets"]["language"] == [{"value": "en", "count": 4}, {"value": "da", "count": 1}]


async def test_a_query_of_stop_words_still_finds_by_meaning(searcher):
    assert len(await hits(searcher, "what is it")) == len(TEXTS)
    assert await hits(searcher, "what is it", mode="lexical") == []


@pytest.mark.parametrize("query", ["🎈", "'; drop table", "a" * 5000, "\u0000", "(((", '"', "%"])
async def test_odd_queries_are_answered(searcher, query):
    assert isinstance(await hits(searcher, query), list)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"query": "  "}, "empty-query"),
        ({"query": "x", "limit": 0}, "limit-out-of-range"),
        ({"query": "x", "limit": 101}, "limit-out-of-range"),
        ({"query": "x", "filters": {"colour": "red"}}, "unknown-filter-field"),
        ({"query": "x", "facets": ("colour",)}, "unknown-facet"),
    ],
)
async def test_wrong_requests_are_refused_with_a_stable_reason(searcher, options, reason):
    with pytest.raises(QueryError) as caught:
        await answer(searcher, SearchRequest(**options), SCOPE)
    assert caught.value.reason == reason


class SlowEmbedder:
    """A model that takes as long as the test lets it."""

    def __init__(self, manifest):
        self.manifest = manifest
        self.go_on = threading.Event()
        self.calls = 0

    def embed_queries(self, texts):
        self.calls += 1
        self.go_on.wait(10)
        return np.ones((len(texts), self.manifest.dimension), np.float32)


async def test_words_do_not_wait_for_meaning(searcher, embedder, settings):
    slow = SlowEmbedder(embedder.manifest)
    async with aclosing(Searcher(searcher._store, slow, settings).search(SearchRequest("lease"), SCOPE)) as found:
        first = await anext(found)
        assert first.data["stage"] == "lexical"
        assert names(first.data["hits"]) == ["contract/lease.txt"]
        slow.go_on.set()
        assert (await anext(found)).data["stage"] == "hybrid"


async def test_a_search_that_is_closed_asks_the_index_nothing_more(searcher, embedder, settings):
    slow = SlowEmbedder(embedder.manifest)
    counting = CountingStore(searcher._store)
    found = Searcher(counting, slow, settings).search(SearchRequest("lease"), SCOPE)
    await anext(found)
    waiting = asyncio.ensure_future(anext(found))
    await asyncio.sleep(0.05)
    asked = counting.asked
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    slow.go_on.set()
    await asyncio.sleep(0.1)
    assert counting.asked == asked


async def test_an_answer_in_one_piece_counts_while_its_query_is_embedded_and_has_no_first_look(
    searcher, embedder, settings
):
    slow = SlowEmbedder(embedder.manifest)
    counting = CountingStore(searcher._store)
    waiting = asyncio.ensure_future(answer(Searcher(counting, slow, settings), SearchRequest("lease"), SCOPE))
    async with asyncio.timeout(5):
        while counting.asked < 3:  # which languages there are (of now, and of earlier releases), and the counts
            await asyncio.sleep(0.01)
    assert not waiting.done()
    slow.go_on.set()
    found = await waiting
    assert counting.asked == 4
    assert set(found["timings"]) == {"embed_ms", "hybrid_ms", "facets_ms", "total_ms"}


class CountingStore:
    """Passes everything on, and counts what was asked."""

    def __init__(self, store):
        self._store = store
        self.asked = 0

    def __getattr__(self, name):
        self.asked += 1
        return getattr(self._store, name)


async def test_a_source_is_seen_only_by_its_groups_and_at_once_no_more(searcher, settings):
    """The same words lie in a place open to all and in one for the staff."""
    store, tenant = searcher._store, settings.tenant
    text = "The wages of the harbour pilots."
    sha = hashlib.sha256(text.encode()).hexdigest()
    secret = FileRef("file:///secret/wages.txt", "wages.txt", "secret", tenant, 1, 0.0)
    chunks = (Chunk(0, text, 1, 0, len(text)),)
    content = Content(sha, "text/plain", "Wages", "2025-01-01T00:00:00Z", 1, True, chunks, "en")
    await write_documents(store, [Document(secret, sha, content)], run="r", pipeline="p")
    await save_source(store, NamedSource(name="secret", tenant=tenant, uri="file:///secret", groups=("staff",)))

    async def seen_by(groups):
        found = await answer(searcher, SearchRequest("wages of the pilots", mode="lexical"), Scope("default", groups))
        return names(found["hits"]), [one["value"] for one in found["facets"]["source"]], found["total"]

    assert await seen_by(None) == (["file:///secret/wages.txt"], ["secret"], 1)
    assert await seen_by(("staff", "others")) == (["file:///secret/wages.txt"], ["secret"], 1)
    assert await seen_by(()) == ([], [], 0)
    copy = FileRef("file:///root/wages.txt", "wages.txt", "src", tenant, 1, 0.0)
    await write_documents(store, [Document(copy, sha)], run="r", pipeline="p")
    assert await seen_by(()) == (["wages.txt"], ["src"], 1)
    await save_source(store, NamedSource(name="secret", tenant=tenant, uri="file:///secret", groups=("board",)))
    assert await seen_by(("staff",)) == (["wages.txt"], ["src"], 1)
