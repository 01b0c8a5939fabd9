"""What every store must do, over each engine."""

from __future__ import annotations

import uuid

import numpy as np
import pytest

from ray_app.errors import IndexNotReadyError, StoreError
from ray_app.store import bm25
from ray_app.store.collections import CHUNKS, COLLECTIONS, CONTENTS, DOCUMENTS
from ray_app.store.matching import matches
from ray_app.store.protocol import (
    AnyOf,
    Between,
    Filter,
    HasId,
    InRange,
    Missing,
    NotOnly,
    Order,
    Phrase,
    Point,
    Prefix,
    Query,
)
from tests.store.conftest import DIMENSION

pytestmark = pytest.mark.anyio

TEXTS = {
    "lease": "The lease of the warehouse ends with a notice period of six months.",
    "probe": "The salinity probe drifts when its electrode is dry.",
    "bread": "A good bread needs flour, water, salt and a long night.",
}


def name_id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def vector(name: str) -> list[float]:
    drawn = np.random.default_rng(list(name.encode())).standard_normal(DIMENSION)
    return [float(x) for x in drawn / np.linalg.norm(drawn)]


def chunk(name: str, **payload: object) -> Point:
    text = TEXTS.get(name, name)
    fields = {"tenant": "t", "text": text, "name": name, **payload}
    return Point(name_id(name), fields, vector(name), bm25.passage_vector(text, "en"))


def names(found) -> list[str]:
    return [one.payload["name"] for one in found]


async def test_second_ensure_changes_nothing(store):
    await store.upsert(CHUNKS, [chunk("lease")])
    await store.ensure(fingerprint="f0", dimension=DIMENSION)
    assert await store.count(CHUNKS) == 1
    assert await store.fingerprint() == "f0"


async def test_index_of_another_model_is_refused(store):
    with pytest.raises(StoreError, match="another embedding model"):
        await store.ensure(fingerprint="f1", dimension=DIMENSION)


async def test_second_upsert_changes_nothing(store):
    await store.upsert(CHUNKS, [chunk("lease")])
    await store.upsert(CHUNKS, [chunk("lease")])
    assert await store.count(CHUNKS) == 1


async def test_upsert_replaces_all_fields(store):
    await store.upsert(CHUNKS, [chunk("lease", label="contract")])
    await store.upsert(CHUNKS, [chunk("lease", language="en")])
    (found,) = await store.retrieve(CHUNKS, [name_id("lease")])
    assert "label" not in found.payload
    assert found.payload["language"] == "en"


async def test_more_points_than_one_request_holds_are_all_written(store):
    await store.upsert(DOCUMENTS, [Point(name_id(f"d{i}"), {"tenant": "t"}) for i in range(700)])
    assert await store.count(DOCUMENTS) == 700


async def test_set_payload_leaves_other_fields(store):
    await store.upsert(CHUNKS, [chunk("lease", label="contract")])
    await store.set_payload(CHUNKS, [name_id("never there"), name_id("lease")], {"sources": ["a", "b"]})
    assert await store.count(CHUNKS) == 1
    (found,) = await store.retrieve(CHUNKS, [name_id("lease")], fields=["label", "sources"])
    assert found.payload == {"label": "contract", "sources": ["a", "b"]}


async def test_set_payload_leaves_out_what_does_not_pass(store):
    await store.upsert(CHUNKS, [chunk("lease", sources=["a", "b"]), chunk("probe", sources=["a"])])
    ids = [name_id("lease"), name_id("probe")]
    await store.set_payload(CHUNKS, ids, {"label": "seen"}, where=Filter(must_not=[NotOnly("sources", ["a"])]))
    await store.set_payload(CHUNKS, ids[:1], {"label": "other"}, where=Filter([AnyOf("sources", ["c"])]))
    found = {one.id: one.payload.get("label") for one in await store.retrieve(CHUNKS, ids)}
    assert found == {name_id("lease"): None, name_id("probe"): "seen"}


async def test_deleting_leaves_what_does_not_pass(store):
    await store.upsert(CHUNKS, [chunk("lease", label="contract"), chunk("probe", label="report")])
    ids = [name_id("lease"), name_id("probe")]
    await store.delete(CHUNKS, ids, where=Filter([AnyOf("label", ["report"])]))
    assert [one.id for one in (await store.scroll(CHUNKS))[0]] == [name_id("lease")]


async def test_set_dense_adds_a_vector_and_leaves_the_rest(store):
    words = bm25.passage_vector(TEXTS["lease"], "en")
    await store.upsert(CHUNKS, [Point(name_id("lease"), {"name": "lease"}, sparse=words), chunk("probe")])
    assert names(await store.query(CHUNKS, Query(limit=5, dense=vector("lease")))) == ["probe"]
    await store.set_dense(CHUNKS, [name_id("lease"), name_id("never there")], np.float32([vector("lease")] * 2))
    found = await store.query(CHUNKS, Query(limit=5, dense=vector("lease")))
    assert names(found) == ["lease", "probe"]
    assert names(await store.query(CHUNKS, Query(limit=5, sparse=bm25.query_vector("notice period", ["en"])))) == [
        "lease"
    ]
    assert await store.count(CHUNKS) == 2


async def test_deleting_twice_is_deleting_once(store):
    await store.upsert(CHUNKS, [chunk("lease"), chunk("probe")])
    await store.delete(CHUNKS, [name_id("lease")])
    await store.delete(CHUNKS, [name_id("lease"), name_id("never there")])
    assert await store.retrieve(CHUNKS, [name_id("lease")]) == []
    assert await store.count(CHUNKS) == 1


async def test_query_by_meaning_gives_the_nearest_first(store):
    await store.upsert(CHUNKS, [chunk(name) for name in TEXTS])
    found = await store.query(CHUNKS, Query(limit=2, dense=vector("probe")), fields=["name"])
    assert len(found) == 2
    assert found[0].payload == {"name": "probe"}
    assert found[0].score == pytest.approx(1.0, abs=1e-5)


async def test_query_by_words_finds_inflected_ones_and_nothing_else(store):
    await store.upsert(CHUNKS, [chunk(name) for name in TEXTS])
    found = await store.query(CHUNKS, Query(limit=10, sparse=bm25.query_vector("drifting probes", ["en"])))
    assert names(found) == ["probe"]


@pytest.mark.parametrize("fusion", ["dbsf", "rrf"])
async def test_hybrid_query_merges_words_and_meaning(store, fusion):
    await store.upsert(CHUNKS, [chunk(name) for name in TEXTS])
    query = Query(
        limit=10,
        dense=vector("bread"),
        sparse=bm25.query_vector("electrode", ["en"]),
        fusion=fusion,
        candidates=10,
    )
    found = await store.query(CHUNKS, query)
    assert set(names(found)[:2]) == {"bread", "probe"}
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


async def test_filters_hold_in_every_kind_of_query(store):
    await store.upsert(CHUNKS, [chunk(name, label=name) for name in TEXTS])
    only = Filter(must=[AnyOf("label", ["lease"])])
    words = bm25.query_vector("lease bread probe", ["en"])
    for query in (
        Query(limit=10, dense=vector("bread"), filter=only),
        Query(limit=10, sparse=words, filter=only),
        Query(limit=10, dense=vector("bread"), sparse=words, filter=only),
    ):
        assert names(await store.query(CHUNKS, query)) == ["lease"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (AnyOf("sources", ["a"]), {"one"}),
        (AnyOf("sources", ["b", "c"]), {"one", "two"}),
        (AnyOf("sources", []), set()),
        (Between("date", gte="2024-02-01T00:00:00Z"), {"two"}),
        (Between("date", gte="2024-01-01T00:00:00Z", lt="2024-02-01T00:00:00Z"), {"one"}),
        (Missing("date"), {"three"}),
        (Missing("sources"), {"three"}),
        (HasId([name_id("one"), name_id("three")]), {"one", "three"}),
        (HasId([]), set()),
        (Filter(must_not=[AnyOf("sources", ["a"])]), {"two", "three"}),
        (Filter(), {"one", "two", "three"}),
        (NotOnly("sources", ["a"]), {"one", "two"}),
        (NotOnly("sources", ["a", "b"]), {"two"}),
        (InRange("pages", gte=2), {"two"}),
        (InRange("pages", gt=0, lt=3), {"one"}),
        (InRange("pages", lte=3), {"one", "two"}),
        (Filter(should=[AnyOf("sources", ["c"]), Missing("date")]), {"two", "three"}),
        (
            Filter([AnyOf("sources", ["a", "c"])], should=[InRange("pages", gt=1), HasId([name_id("one")])]),
            {"one", "two"},
        ),
        (Filter(must_not=[Filter(should=[AnyOf("sources", ["a"]), AnyOf("sources", ["c"])])]), {"three"}),
    ],
)
async def test_each_condition_selects_what_it_says(store, condition, expected):
    points = [
        chunk("one", sources=["a", "b"], date="2024-01-31T12:00:00Z", pages=1),
        chunk("two", sources=["c"], date="2024-02-01T00:00:00Z", pages=3),
        chunk("three", sources=[]),
    ]
    await store.upsert(CHUNKS, points)
    found, _ = await store.scroll(CHUNKS, filter=Filter(must=[condition]))
    assert set(names(found)) == expected
    assert await store.count(CHUNKS, Filter(must=[condition])) == len(expected)
    if "HasId" not in repr(condition):  # a payload does not say whose it is
        assert {point.payload["name"] for point in points if matches(condition, point.payload)} == expected


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("notice period", {"lease"}),
        ("Notice PERIOD", {"lease"}),
        ("period notice", set()),
        ("notice periods", set()),
        ("water salt", {"bread"}),
        ("salt", {"bread"}),
        ("sal", set()),
        ("ø", set()),
    ],
)
async def test_a_phrase_is_found_as_it_stands(store, phrase, expected):
    await store.upsert(CHUNKS, [chunk(name) for name in TEXTS])
    found, _ = await store.scroll(CHUNKS, filter=Filter([Phrase("text", phrase)]))
    assert set(names(found)) == expected
    words = bm25.query_vector("lease bread probe", ["en"])
    for query in (Query(limit=9, sparse=words), Query(limit=9, dense=vector("probe"))):
        within = Query(query.limit, query.dense, query.sparse, filter=Filter([Phrase("text", phrase)]))
        assert set(names(await store.query(CHUNKS, within))) == expected


async def test_keywords_are_found_by_how_they_begin(store):
    words = {"one": ["notice", "lease"], "two": ["noticeable"], "three": ["period", "Ørsted"]}
    await store.upsert(CONTENTS, [Point(name_id(name), {"name": name, "words": some}) for name, some in words.items()])
    for prefix, expected in (("notice", {"one", "two"}), ("noticea", {"two"}), ("Ør", {"three"}), ("x", set())):
        found, _ = await store.scroll(CONTENTS, filter=Filter([Prefix("words", prefix)]))
        assert set(names(found)) == expected


async def test_vectors_are_given_back_of_those_that_have_one(store):
    await store.upsert(CHUNKS, [chunk("lease"), Point(name_id("bare"), {"name": "bare"})])
    vectors = await store.vectors(CHUNKS, [name_id("lease"), name_id("bare"), name_id("never there")])
    assert list(vectors) == [name_id("lease")]
    assert vectors[name_id("lease")] == pytest.approx(vector("lease"), abs=1e-6)


async def test_scroll_pages_through_everything_once(store):
    ids = {name_id(f"d{i}") for i in range(25)}
    await store.upsert(DOCUMENTS, [Point(one, {"tenant": "t"}) for one in ids])
    seen, offset = [], None
    while True:
        page, offset = await store.scroll(DOCUMENTS, limit=10, offset=offset)
        seen += [one.id for one in page]
        if offset is None:
            break
    assert len(seen) == 25
    assert set(seen) == ids


async def test_scroll_sorts_by_date(store):
    days = ["2024-01-02", "2024-01-03", "2024-01-01"]
    await store.upsert(DOCUMENTS, [Point(name_id(day), {"updated": f"{day}T00:00:00Z"}) for day in days])
    found, offset = await store.scroll(DOCUMENTS, limit=2, order=Order("updated", descending=True))
    assert [one.payload["updated"][:10] for one in found] == ["2024-01-03", "2024-01-02"]
    assert offset is None


async def test_facet_counts_values_of_points_that_pass_the_filter(store):
    await store.upsert(
        CHUNKS,
        [
            chunk("one", label="invoice", sources=["a"]),
            chunk("two", label="invoice", sources=["a", "b"]),
            chunk("three", label="letter", sources=["b"]),
        ],
    )
    assert await store.facet(CHUNKS, "label") == [("invoice", 2), ("letter", 1)]
    assert sorted(await store.facet(CHUNKS, "sources")) == [("a", 2), ("b", 2)]
    assert await store.facet(CHUNKS, "label", filter=Filter(must=[AnyOf("sources", ["b"])])) == [
        ("invoice", 1),
        ("letter", 1),
    ]
    assert await store.facet(CHUNKS, "label", limit=1) == [("invoice", 2)]


async def test_empty_lists_of_ids_are_allowed(store):
    await store.upsert(CHUNKS, [])
    await store.delete(CHUNKS, [])
    await store.set_payload(CHUNKS, [], {"label": "x"})
    assert await store.retrieve(CHUNKS, []) == []


async def test_an_index_that_is_not_there_says_so(empty):
    assert await empty.fingerprint() is None
    with pytest.raises(IndexNotReadyError, match="ingest a folder first"):
        await empty.count(CHUNKS)


async def test_the_layout_names_what_stands_behind_each_collection(store):
    layout = await store.layout()
    assert set(layout) == set(COLLECTIONS)
    version = {name: behind.partition(name)[2] for name, behind in layout.items()}
    assert "f0" in version[CHUNKS]
    assert "f0" not in version[DOCUMENTS]


async def test_an_index_that_is_not_there_has_no_layout(empty):
    assert await empty.layout() == {}
