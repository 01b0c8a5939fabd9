"""Filters as people write them, as conditions on the index."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ray_app.errors import QueryError
from ray_app.search.filters import read_filters
from ray_app.settings import SearchSettings
from ray_app.store.dates import instant
from ray_app.store.matching import matches
from ray_app.store.protocol import AnyOf, Between, Filter, InRange, NotOnly

SETTINGS = SearchSettings()


def read(filters):
    return read_filters(filters, SETTINGS)


def test_a_value_and_a_list_of_values_are_conditions_on_the_index():
    wanted = read({"label": "invoice", "source": ["a", "b"]})
    assert wanted.contents == Filter([AnyOf("label", ["invoice"]), AnyOf("sources", ["a", "b"])])
    assert wanted.places == Filter([AnyOf("source", ["a", "b"])])


def test_no_filters_let_everything_pass():
    for nothing in ({}, None):
        wanted = read(nothing)
        assert all(form.is_empty for form in (wanted.contents, wanted.places, wanted.exact, wanted.counted))


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"date": "2025-01-31"}, Between("date", gte="2025-01-31T00:00:00Z", lte="2025-01-31T23:59:59.999999Z")),
        ({"date": {"gte": "2025-01-01"}}, Between("date", gte="2025-01-01T00:00:00Z")),
        ({"date": {"lt": "2025-01-01"}}, Between("date", lt="2025-01-01T00:00:00Z")),
        ({"date": {"gt": "2025-01-01"}}, Between("date", gt="2025-01-01T23:59:59.999999Z")),
        ({"date": {"gte": "2025-01-01T08:00:00+01:00"}}, Between("date", gte="2025-01-01T08:00:00+01:00")),
        ({"date": {"gte": "20250131"}}, Between("date", gte="2025-01-31T00:00:00Z")),
        ({"date": {"lte": "2025-W05-5"}}, Between("date", lte="2025-01-31T23:59:59.999999Z")),
        ({"date": {"lt": "2025-01-31T10"}}, Between("date", lt="2025-01-31T10:00:00+00:00")),
        ({"date": {"lt": "20250131T1000Z"}}, Between("date", lt="2025-01-31T10:00:00+00:00")),
        ({"date": {"gt": "2025-01-31 10:00:00,5"}}, Between("date", gt="2025-01-31T10:00:00.500000+00:00")),
        ({"pages": {"gt": 2, "lte": 9}}, InRange("pages", gt=2, lte=9)),
        ({"pages": 3}, InRange("pages", gte=3, lte=3)),
    ],
)
def test_days_mean_their_whole_length_and_numbers_themselves(filters, expected):
    assert read(filters).contents == Filter([expected])


@pytest.mark.parametrize(
    ("filters", "reason"),
    [
        ({"colour": "red"}, "unknown-filter-field"),
        ({"or": [{"colour": "red"}]}, "unknown-filter-field"),
        ({"label": 3}, "invalid-filter"),
        ({"label": []}, "invalid-filter"),
        ({"label": {"gte": "a"}}, "invalid-filter"),
        ({"label": ["a", 1]}, "invalid-filter"),
        ({"date": "yesterday"}, "invalid-filter"),
        ({"date": {"from": "2025-01-01"}}, "invalid-filter"),
        ({"date": {}}, "invalid-filter"),
        ({"date": None}, "invalid-filter"),
        ({"date": {"gte": 2025}}, "invalid-filter"),
        ({"date": "2025-W05"}, "invalid-filter"),
        ({"date": "2025-01-31T10:00:00+02:00:30"}, "invalid-filter"),
        ({"date": ""}, "invalid-filter"),
        ({"pages": "many"}, "invalid-filter"),
        ({"pages": {"gte": True}}, "invalid-filter"),
        ({"pages": {"gte": float("nan")}}, "invalid-filter"),
        ({"and": {"label": "a"}}, "invalid-filter"),
        ({"or": []}, "invalid-filter"),
        ({"or": [{}]}, "invalid-filter"),
        ({"or": ["label"]}, "invalid-filter"),
        ({"not": {}}, "invalid-filter"),
        ({"not": "label"}, "invalid-filter"),
        ({"label": ["a"] * 1001}, "filter-too-large"),
        ({"or": [{"label": "a"}] * 101}, "filter-too-large"),
    ],
)
def test_wrong_filters_are_refused_with_a_stable_reason(filters, reason):
    with pytest.raises(QueryError) as caught:
        read(filters)
    assert caught.value.reason == reason


@given(st.datetimes(timezones=st.just(UTC)), st.sampled_from(["minutes", "seconds", "microseconds"]))
def test_what_is_handed_on_of_a_date_is_what_the_index_reads(when, precision):
    text = when.isoformat(sep=" ", timespec=precision)
    (handed,) = read({"date": {"gte": text}}).contents.must
    assert instant(handed.gte) == datetime.fromisoformat(text)


def test_filters_may_not_be_nested_without_end():
    filters = {"label": "a"}
    for _ in range(SETTINGS.max_filter_depth):
        filters = {"not": filters}
    with pytest.raises(QueryError, match="8 deep at most"):
        read(filters)


def test_a_content_is_not_ruled_out_by_one_of_its_places():
    assert read({"not": {"source": "a"}}).contents == Filter([NotOnly("sources", ["a"])])
    assert read({"not": {"folder": "a"}}).contents.is_empty
    assert read({"not": {"folder": "a"}}).counted == Filter(must_not=[AnyOf("folders", ["a"])])


NAMES = st.sampled_from(["a", "b", "c"])
LEAVES = st.one_of(
    st.builds(lambda name, value: {name: value}, st.sampled_from(["source", "folder", "label"]), NAMES),
    st.builds(lambda pages: {"pages": {"gte": pages}}, st.integers(1, 3)),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda some: {"and": some}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda some: {"or": some}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda one: {"not": one}, inner),
    ),
    max_leaves=8,
)


def passes(filters, fields):
    """What a filter means, told in the plainest way."""
    results = []
    for name, value in filters.items():
        if name in ("and", "not", "or"):
            inner = [passes(one, fields) for one in (value if isinstance(value, list) else [value])]
            results.append({"and": all(inner), "or": any(inner), "not": not any(inner)}[name])
        elif name == "pages":
            results.append(fields["pages"] >= value["gte"])
        else:
            results.append(value in fields[name])
    return all(results)


@given(TREES, st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=3), NAMES, st.integers(1, 3))
def test_the_exact_form_says_what_is_meant_and_the_others_never_rule_it_out(filters, places, label, pages):
    """A content with several places: a place passes or not; no form that only looks ahead may lose one that does."""
    wanted = read_filters(filters, SearchSettings(max_filter_depth=50))
    content = {"label": label, "pages": pages}
    whole = {**content, "sources": [source for source, _ in places], "folders": [folder for _, folder in places]}
    for source, folder in places:
        place = {"source": source, "folders": [folder]}
        meant = passes(filters, {"source": source, "folder": folder, "label": label, "pages": pages})
        assert matches(wanted.exact, {**content, **place}) == meant
        if meant:
            assert matches(wanted.places, place)
            assert matches(wanted.contents, whole)
