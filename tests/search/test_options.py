"""What a search can be asked for beside words: order, pages, places, exact words, reasons."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ray_app.errors import NotFoundError, QueryError
from ray_app.records import Document, FileRef
from ray_app.search.like import Like
from ray_app.search.request import SearchRequest
from ray_app.search.searcher import Searcher, answer
from ray_app.settings import SearchSettings
from ray_app.store.collections import DOCUMENTS
from ray_app.store.dates import instant
from ray_app.store.named_sources import NamedSource, save_source
from ray_app.store.scope import Scope
from ray_app.store.writer import write_documents
from tests.search.conftest import CORPUS, SCOPE, document, names, opened

pytestmark = pytest.mark.anyio

PATHS = {path for path, *_ in CORPUS}


async def pages(index, query="", **options):
    """The paths of each page until the end."""
    seen, cursor = [], None
    while True:
        found = await index.ask(query, cursor=cursor, facets=(), **options)
        seen.append(names(found))
        cursor = found["next"]
        if cursor is None:
            return seen


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"or": [{"label": "report"}, {"source": "mail"}]}, {path for path, *_ in CORPUS if "contract" not in path}),
        ({"not": {"label": ["report", "letter"]}}, {"contract/lease.txt", "contract/loan.txt"}),
        ({"not": {"source": "files"}}, {"mail/gates.txt", "mail/bread.txt"}),
        ({"not": {"folder": "mail"}, "date": {"gte": "2025-01-01"}}, {"report/probe.txt", "report/probe-draft.txt"}),
        ({"and": [{"label": "contract"}, {"not": {"date": {"lt": "2024-01-01"}}}]}, {"contract/lease.txt"}),
        ({"pages": {"gte": 2}}, {"contract/lease.txt", "report/probe-draft.txt"}),
        (
            {"or": [{"pages": 2, "label": "report"}, {"date": "2022-12-24"}]},
            {"report/probe-draft.txt", "mail/bread.txt"},
        ),
    ],
)
async def test_filters_can_be_combined(index, filters, expected):
    found = await index.ask("lease probe bread gates loan", filters=filters)
    assert set(names(found)) == expected
    assert found["total"] == len(expected)


async def test_documents_are_listed_by_date_without_a_query(index):
    newest = await index.paths(sort="newest")
    assert newest[0] == "report/probe-draft.txt"
    assert set(newest[1:3]) == {"report/probe.txt", "mail/gates.txt"}
    assert newest[3:] == ["contract/lease.txt", "contract/loan.txt", "mail/bread.txt"]
    oldest = await index.ask(sort="oldest", filters={"label": "contract"})
    assert names(oldest) == ["contract/loan.txt", "contract/lease.txt"]
    assert (oldest["stage"], oldest["total"]) == ("filtered", 2)
    assert oldest["hits"][1]["passage"].startswith("The lease of the warehouse")


async def test_what_a_query_finds_is_sorted_by_date(index):
    assert await index.paths("salinity probe", mode="lexical", sort="newest") == [
        "report/probe-draft.txt",
        "report/probe.txt",
    ]
    assert (await index.paths("warehouse", mode="lexical", sort="oldest")) == ["contract/lease.txt", "mail/gates.txt"]


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("warehouse lease probe bread", {}),
        ("warehouse lease probe bread", {"mode": "lexical"}),
        ("warehouse lease probe bread", {"mode": "dense", "sort": "newest"}),
        ("warehouse", {"diversity": 0.5}),
        ("", {"sort": "newest"}),
        ("", {"sort": "oldest"}),
    ],
)
@pytest.mark.parametrize("limit", [1, 4, 6])
async def test_pages_show_each_document_once_in_the_order_of_one_page(index, query, options, limit):
    whole = await index.paths(query, **options)
    paged = await pages(index, query, limit=limit, **options)
    flat = [path for page in paged for path in page]
    assert all(len(page) == limit for page in paged[:-1])
    assert len(flat) == len(set(flat)) == len(whole)
    if "diversity" not in options:
        assert flat == whole


async def test_a_page_shows_nothing_twice_though_documents_come_in_between(embedder, tmp_path):
    documents = [document(*about, embedder) for about in CORPUS]
    async with opened(tmp_path, embedder, documents[:4]) as index:
        for options in ({}, {"sort": "newest"}):
            first = await index.ask("probe lease", limit=2, **options)
            await write_documents(index.store, documents[4:], run="r", pipeline="p")
            second = await index.ask("probe lease", limit=9, cursor=first["next"], **options)
            assert not set(names(first)) & set(names(second))


def dated(number, date, embedder):
    made = document(f"{number}.txt", "files", "letter", "2025-01-01", [f"Letter {number}."], embedder)
    return replace(made, content=replace(made.content, date=date))


DATES = [
    "2026-01-01T00:00:00Z", *["2025-06-01T00:00:00Z"] * 20, "2025-06-01T02:00:00+02:00", "2025-05-01",
    "2024-05-01", "2024-05-01T00:00:00Z", *["2023-01-01"] * 5, *["0000-00-00"] * 3,
]  # fmt: skip


@pytest.mark.parametrize("engine", ["edge", "local"])
@pytest.mark.parametrize("sort", ["newest", "oldest"])
@pytest.mark.parametrize("limit", [1, 3, 7, 100])
async def test_documents_of_one_date_are_listed_each_once_and_the_cursor_stays_short(
    embedder, tmp_path, engine, sort, limit
):
    documents = [dated(number, date, embedder) for number, date in enumerate(DATES)]
    async with opened(tmp_path, embedder, documents, engine=engine) as index:
        listed, cursor = [], None
        while True:
            found = await index.ask(sort=sort, limit=limit, facets=(), cursor=cursor)
            listed += [(hit["uri"], instant(hit["date"])) for hit in found["hits"]]
            cursor = found["next"]
            if cursor is None:
                break
            assert len(found["hits"]) == limit
            assert len(cursor) < 250
    assert len(listed) == len({uri for uri, _ in listed}) == len(DATES)
    when = [date for _, date in listed if date]
    assert when == sorted(when, reverse=sort == "newest")
    assert [date for _, date in listed[len(when) :]] == [None] * 3  # what has no date that can be read comes last


@pytest.mark.parametrize("sort", ["newest", "oldest"])
async def test_what_a_query_finds_is_paged_by_date_each_once(embedder, tmp_path, sort):
    documents = [dated(number, date, embedder) for number, date in enumerate(DATES)]
    async with opened(tmp_path, embedder, documents) as index:
        flat = [path for page in await pages(index, "letter", mode="lexical", sort=sort, limit=4) for path in page]
        whole = await index.paths(sort=sort, limit=100)
    assert flat == whole
    assert set(flat) == {f"{number}.txt" for number in range(len(DATES))}


async def test_paging_by_relevance_ends_with_the_window(index):
    assert (await index.ask("lease", limit=2))["next"]
    small = index.settings.search.model_copy(update={"window": 2})
    index.searcher._settings, before = index.settings.model_copy(update={"search": small}), index.settings
    try:
        assert (await index.ask("lease", limit=2))["next"] is None
    finally:
        index.searcher._settings = before


def years(found):
    return [(one["value"], one["count"]) for one in found["facets"]["date"]]


async def test_dates_are_counted_by_year_the_latest_first(index):
    every = [("2025", 3), ("2024", 1), ("2023", 1), ("2022", 1)]
    assert years(await index.ask(sort="newest", facets=("date",))) == every
    chosen = {"date": {"gte": "2024-01-01", "lte": "2024-12-31"}}
    assert years(await index.ask(sort="newest", filters=chosen, facets=("date",))) == every
    contracts = await index.ask(sort="newest", filters={**chosen, "label": "contract"}, facets=("date",))
    assert (contracts["total"], years(contracts)) == (1, [("2024", 1), ("2023", 1)])
    assert years(await index.ask("harbourless", facets=("date",))) == []


async def test_years_are_those_of_utc_and_the_latest_few_are_told(embedder, tmp_path):
    early = document(*CORPUS[0], embedder)
    early = replace(early, content=replace(early.content, date="2025-01-01T00:30:00+02:00"))
    async with opened(tmp_path, embedder, [early, *(document(*about, embedder) for about in CORPUS[1:])]) as one:
        assert years(await one.ask(sort="newest", facets=("date",)))[:2] == [("2025", 3), ("2024", 1)]
        few = one.settings.model_copy(update={"search": SearchSettings(facet_values=2)})
        request = SearchRequest("", sort="newest", facets=("date",))
        assert len(years(await answer(Searcher(one.store, embedder, few), request, SCOPE))) == 2


async def test_several_passages_of_a_document_make_one_hit(index):
    found = await index.ask("warehouse landlord tenant rent", mode="lexical", passages=3)
    lease = next(hit for hit in found["hits"] if hit["uri"].endswith("lease.txt"))
    assert len(lease["passages"]) == 2
    assert lease["passages"][0]["passage"] == lease["passage"]
    assert lease["passages"][0]["score"] >= lease["passages"][1]["score"]
    assert all(one["highlights"] for one in lease["passages"])
    assert (await index.ask("warehouse", mode="lexical"))["hits"][0]["passages"] == []


async def test_a_score_is_explained_by_its_parts(index):
    for hit in (await index.ask("notice period of the lease", explain=True, limit=3))["hits"]:
        assert hit["explain"]["fused"] == hit["score"]
        assert hit["explain"]["fusion"] == "scores"
        assert hit["explain"]["meaning"]["rank"] >= 1
        shares = hit["explain"]["shares"]
        assert shares.keys() == {"words", "meaning", "neighbours"}
        assert sum(shares.values()) == pytest.approx(hit["score"])
    best = (await index.ask("notice period of the lease", explain=True))["hits"][0]["explain"]
    assert (best["words"]["rank"], best["meaning"]["rank"], best["reranker"]) == (1, 1, None)
    (first, *_) = (await index.ask("salty sensor", mode="dense", explain=True))["hits"]
    assert first["explain"]["words"] is None
    assert first["explain"]["meaning"] == {"score": first["score"], "rank": 1}
    assert (first["explain"]["fusion"], first["explain"]["shares"]) == (None, None)


async def test_a_least_score_cuts_the_last_stage(index):
    scores = [hit["score"] for hit in (await index.ask("salinity probe", mode="dense"))["hits"]]
    found = await index.ask("salinity probe", mode="dense", min_score=scores[1])
    assert [hit["score"] for hit in found["hits"]] == scores[:2]
    assert found["next"] is None
    assert (await index.ask("salinity probe", min_score=99.0))["hits"] == []


async def test_with_diversity_a_near_copy_is_not_among_the_first(index):
    alike = {"report/probe.txt", "report/probe-draft.txt"}
    assert set((await index.paths("why does the salinity probe drift"))[:2]) == alike
    assert set((await index.paths("why does the salinity probe drift", diversity=0.8))[:2]) != alike


async def test_the_sentence_closest_in_meaning_is_marked(index):
    (hit, *_) = (await index.ask("how often is the probe calibrated", sentences=True, filters={"label": "report"}))[
        "hits"
    ]
    assert hit["passage"][slice(*hit["sentence"])] == "It must be calibrated every spring."
    assert (await index.ask("probe"))["hits"][0]["sentence"] is None
    lexical = await index.ask("calibrated", mode="lexical", sentences=True)
    assert lexical["hits"][0]["sentence"] == hit["sentence"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('"notice period"', {"contract/lease.txt"}),
        ('"period of notice"', {"contract/loan.txt"}),
        ('"probe"', {"report/probe.txt"}),
        ('"salinity probes drift"', {"report/probe-draft.txt"}),
        ("salinity +drifts", {"report/probe.txt"}),
        ('"no such words"', set()),
    ],
)
@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
async def test_marked_words_stand_in_a_passage_as_they_are(index, query, expected, mode):
    assert set(await index.paths(query, mode=mode)) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("salinity -approved", {"report/probe.txt"}),
        ('salinity -"a draft"', {"report/probe.txt"}),
        ("salinity -ELECTRODE", set()),
        ("salinity -drift", {"report/probe.txt"}),
    ],
)
@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
async def test_unwanted_words_stand_nowhere_in_the_document(index, query, expected, mode):
    assert set(await index.paths(query, mode=mode, filters={"label": "report"})) == expected


async def test_more_like_a_document_leaves_it_out(index):
    places, _ = await index.store.scroll(DOCUMENTS, fields=["path"])
    ids = {one.payload["path"]: one.id for one in places}
    found = await index.ask(like=Like(ids["report/probe.txt"]))
    assert names(found)[0] == "report/probe-draft.txt"
    assert set(names(found)) == PATHS - {"report/probe.txt"}
    assert (found["stage"], found["total"]) == ("dense", len(PATHS))
    assert await index.paths(like=Like(ids["report/probe.txt"]), filters={"label": "letter"}, limit=1)


async def test_more_like_a_text_finds_what_it_is_about(index):
    assert (await index.paths(like=Like(text="Flour and water. We bake rye loaves. " * 80)))[0] == "mail/bread.txt"


async def test_a_document_that_is_not_there_is_not_found(index):
    for scope in (Scope("default"), Scope("other")):
        with pytest.raises(NotFoundError):
            await index.ask(like=Like("00000000-0000-0000-0000-000000000000"), scope=scope)
    with pytest.raises(NotFoundError):
        await index.ask(like=Like("nonsense"))


async def test_a_cursor_of_another_search_is_refused(index):
    cursor = (await index.ask("lease", limit=1))["next"]
    with pytest.raises(QueryError, match="another search"):
        await index.ask("loan", limit=1, cursor=cursor)


@pytest.fixture
async def guarded(embedder, tmp_path):
    """One text lies in a place for all and in one for the staff, another in the staff's alone."""
    shared = ("open/wages.txt", "files", "report", "2025-01-01", ["The wages of the harbour pilots are paid monthly."])
    secret = ("hidden/bonus.txt", "secret", "report", "2025-01-01", ["The bonus of the directors is zanzibar."])
    first = document(*shared, embedder)
    copy = Document(
        FileRef("file:///secret/hidden/wages.txt", "hidden/wages.txt", "secret", "default", 1, 0.0), first.sha256
    )
    async with opened(tmp_path, embedder, [first, document(*secret, embedder)]) as index:
        await write_documents(index.store, [copy], run="r", pipeline="p")
        await save_source(
            index.store, NamedSource(name="secret", tenant="default", uri="file:///secret", groups=("staff",))
        )
        yield index


NOBODY, STAFF = Scope("default", ()), Scope("default", ("staff",))


@pytest.mark.parametrize(
    ("filters", "for_nobody", "for_staff"),
    [
        ({}, 1, 2),
        ({"source": "secret"}, 0, 2),
        ({"not": {"source": "files"}}, 0, 2),
        ({"not": {"source": "secret"}}, 1, 1),
        ({"folder": "hidden"}, 0, 2),
        ({"not": {"folder": "hidden"}}, 1, None),
        ({"not": {"folder": "open"}}, 0, None),
    ],
)
async def test_filters_and_counts_tell_nothing_of_hidden_places(guarded, filters, for_nobody, for_staff):
    for scope, expected in ((NOBODY, for_nobody), (STAFF, for_staff)):
        found = await guarded.ask("wages bonus", mode="lexical", filters=filters, scope=scope)
        if expected is not None:  # a copy in an unwanted folder makes the count of those who see both too low
            assert (len(found["hits"]), found["total"]) == (expected, expected)


async def test_what_is_hidden_can_neither_be_listed_nor_be_liked(guarded):
    places, _ = await guarded.store.scroll(DOCUMENTS, fields=["path"])
    hidden = next(one.id for one in places if one.payload["path"] == "hidden/bonus.txt")
    assert len(await guarded.paths(sort="newest", scope=NOBODY)) == 1
    assert len(await guarded.paths(like=Like(hidden), scope=STAFF)) == 1
    with pytest.raises(NotFoundError):
        await guarded.ask(like=Like(hidden), scope=NOBODY)


async def test_a_reranker_has_the_last_word(embedder, tmp_path):
    async def by_length(query, texts):
        return [float(len(text)) for text in texts]

    documents = [document(*about, embedder) for about in CORPUS]
    async with opened(tmp_path, embedder, documents, rerank=by_length) as index:
        request = SearchRequest("salinity probe", limit=3, explain=True)
        events = [event async for event in index.searcher.search(request, Scope("default"))]
        stages = [event.data["stage"] for event in events if event.name == "hits"]
        assert stages == ["lexical", "hybrid", "reranked"]
        last = [event for event in events if event.name == "hits"][-1].data["hits"]
        lengths = [len(hit["passage"]) for hit in last]
        assert lengths == sorted(lengths, reverse=True)
        assert [hit["explain"]["reranker"] for hit in last] == [hit["score"] for hit in last]
        assert [hit["score"] for hit in last] == lengths
        plain = await answer(index.searcher, SearchRequest("salinity probe", rerank=False), Scope("default"))
        assert plain["stage"] == "hybrid"
        paged = await pages(index, "salinity probe", limit=2)
        assert len([path for page in paged for path in page]) == len(PATHS)
