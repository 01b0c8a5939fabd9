from __future__ import annotations

import base64
import json
import time
from uuid import UUID

import pytest

from ray_app.errors import QueryError
from ray_app.search.asked import read_query
from ray_app.search.cursor import Cursor, read_cursor
from ray_app.search.like import Like
from ray_app.search.request import SearchRequest, plan_search
from ray_app.settings import SearchSettings


def plan(*args, **options):
    return plan_search(SearchRequest(*args, **options), SearchSettings())


@pytest.mark.parametrize(
    ("query", "text", "present", "absent"),
    [
        ("notice period", "notice period", (), ()),
        ('"notice period" lease', "notice period lease", ("notice period",), ()),
        ("+probe drift", "probe drift", ("probe",), ()),
        ("probe -draft", "probe", (), ("draft",)),
        ('probe -"never approved" +salinity', "probe salinity", ("salinity",), ("never approved",)),
        ("an e-mail of 5-6 pages, at -5 degrees", "an e-mail of 5-6 pages, at -5 degrees", (), ()),
        ('a 5" pipe and a 3" one', 'a 5" pipe and a 3" one', (), ()),
        ('an "open end', 'an "open end', (), ()),
        ('"" "!"', '"" "!"', (), ()),
        ("C++ and a+b", "C++ and a+b", (), ()),
        ('"4711"', "4711", ("4711",), ()),
    ],
)
def test_marked_words_and_phrases_are_told_from_the_rest(query, text, present, absent):
    asked = read_query(query)
    assert (asked.text, asked.present, asked.absent) == (text, present, absent)


@pytest.mark.parametrize("query", ['"' + "a" * 32_000, '"' + "a " * 16_000, '"' + "! " * 16_000, ' "!' * 10_000])
def test_a_phrase_that_is_left_open_is_read_at_once(query):
    began = time.process_time()
    assert read_query(query).present == ()
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"query": "  "}, "empty-query"),
        ({"query": "-draft"}, "empty-query"),
        ({"query": "+a " * 21}, "query-too-large"),
        ({"query": "a" * 32_001}, "query-too-large"),
        ({"like": Like(text="a" * 32_001)}, "query-too-large"),
        ({"query": "x", "limit": 0}, "limit-out-of-range"),
        ({"query": "x", "limit": 101}, "limit-out-of-range"),
        ({"query": "x", "passages": 11}, "limit-out-of-range"),
        ({"query": "x", "diversity": 1.5}, "limit-out-of-range"),
        ({"query": "x", "facets": ("colour",)}, "unknown-facet"),
        ({"query": "x", "facets": ("pages",)}, "unknown-facet"),
        ({"query": "x", "cursor": "nonsense"}, "invalid-cursor"),
        ({"query": "x", "cursor": "ÆØÅ"}, "invalid-cursor"),
        ({"query": "x", "cursor": "a" * 300_000}, "invalid-cursor"),
        ({"query": "x", "like": Like(text="y")}, "invalid-like"),
        ({"like": Like()}, "invalid-like"),
        ({"like": Like("1", "y")}, "invalid-like"),
        ({"like": Like(text=" ")}, "empty-query"),
    ],
)
def test_wrong_requests_are_refused_with_a_stable_reason(options, reason):
    with pytest.raises(QueryError) as caught:
        plan(**options)
    assert caught.value.reason == reason


def test_the_longest_query_is_as_long_as_the_settings_say():
    assert plan("a" * 32_000).mode == "hybrid"
    assert plan(like=Like(text="a" * 32_000)).mode == "dense"
    with pytest.raises(QueryError, match="may have 3 characters"):
        plan_search(SearchRequest("four"), SearchSettings(max_query_chars=3))


def test_a_facet_that_is_asked_for_again_is_counted_once():
    assert plan("lease", facets=["label", "date"] * 10_000).request.facets == ("label", "date")


def test_a_query_may_be_empty_where_documents_are_listed_by_date():
    assert plan(sort="newest").mode == "filtered"


def test_a_cursor_is_read_as_it_was_written_and_for_its_own_search_only():
    cursor = Cursor(request="r", seen=("a", "b"), date="2025-01-01T00:00:00Z", last=UUID(int=7))
    assert read_cursor(cursor.write(), "r") == cursor
    with pytest.raises(QueryError, match="another search"):
        read_cursor(cursor.write(), "s")


@pytest.mark.parametrize("changed", [{"date": "20250101"}, {"date": "soon"}, {"last": "7"}, {"seen": "all"}])
def test_a_cursor_that_was_tampered_with_is_refused(changed):
    text = base64.urlsafe_b64encode(json.dumps({"request": "r", **changed}).encode()).decode()
    with pytest.raises(QueryError, match="is not the `next`"):
        read_cursor(text, "r")


def test_a_cursor_of_one_search_does_not_fit_another():
    cursor = Cursor(request=plan("lease").cursor.request).write()
    assert plan("lease", cursor=cursor, limit=3, explain=True).cursor.request == plan("lease").cursor.request
    for other in ({"query": "loan"}, {"query": "lease", "mode": "dense"}, {"query": "lease", "sort": "newest"},
                  {"query": "lease", "filters": {"label": "a"}}, {"query": "lease", "min_score": 0.1}):  # fmt: skip
        with pytest.raises(QueryError, match="another search"):
            plan(**other, cursor=cursor)
