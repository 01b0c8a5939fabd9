from __future__ import annotations

import pytest

from ray_app.errors import QueryError
from ray_app.search.request import check_facets, conditions, place_conditions
from ray_app.store.protocol import AnyOf, Between


def test_a_value_and_a_list_of_values_are_conditions_on_the_index():
    assert conditions({"label": "invoice", "source": ["a", "b"]}) == [
        AnyOf("label", ["invoice"]),
        AnyOf("sources", ["a", "b"]),
    ]


def test_no_filters_are_no_conditions():
    assert conditions({}) == conditions(None) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2025-01-31", Between("date", gte="2025-01-31T00:00:00Z", lte="2025-01-31T23:59:59.999999Z")),
        ({"gte": "2025-01-01"}, Between("date", gte="2025-01-01T00:00:00Z")),
        ({"lt": "2025-01-01"}, Between("date", lt="2025-01-01T00:00:00Z")),
        ({"gt": "2025-01-01"}, Between("date", gt="2025-01-01T23:59:59.999999Z")),
        ({"gte": "2025-01-01T08:00:00+01:00"}, Between("date", gte="2025-01-01T08:00:00+01:00")),
    ],
)
def test_days_mean_their_whole_length(value, expected):
    assert conditions({"date": value}) == [expected]


@pytest.mark.parametrize(
    ("filters", "reason"),
    [
        ({"colour": "red"}, "unknown-filter-field"),
        ({"label": 3}, "invalid-filter"),
        ({"label": []}, "invalid-filter"),
        ({"label": {"gte": "a"}}, "invalid-filter"),
        ({"label": ["a", 1]}, "invalid-filter"),
        ({"date": "yesterday"}, "invalid-filter"),
        ({"date": {"from": "2025-01-01"}}, "invalid-filter"),
        ({"date": {}}, "invalid-filter"),
        ({"date": None}, "invalid-filter"),
        ({"date": {"gte": 2025}}, "invalid-filter"),
    ],
)
def test_wrong_filters_are_refused_with_a_stable_reason(filters, reason):
    with pytest.raises(QueryError) as caught:
        conditions(filters)
    assert caught.value.reason == reason


def test_places_are_of_the_filtered_source_and_folder():
    assert place_conditions({"source": "a", "folder": "x", "label": "invoice"}) == [
        AnyOf("source", ["a"]),
        AnyOf("folders", ["x"]),
    ]


def test_an_unknown_facet_is_refused():
    with pytest.raises(QueryError, match="unknown facet 'date'"):
        check_facets(["label", "date"])
