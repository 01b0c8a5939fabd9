"""What a person may ask for, and its translation into conditions on the index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from ray_app.errors import QueryError
from ray_app.store.protocol import AnyOf, Between, Condition

Mode = Literal["hybrid", "dense", "lexical"]

# Names that people use, and the fields of passages and contents that they stand for.
FIELDS = {
    "source": "sources",
    "folder": "folders",
    "language": "language",
    "media_type": "media_type",
    "label": "label",
    "date": "date",
}
FACETS = ("source", "folder", "language", "media_type", "label")
# The same for the points of places: a copy elsewhere must not show up under a filter on here.
_OF_PLACES = {"source": "source", "folder": "folders"}
_BOUNDS = ("gte", "gt", "lte", "lt")


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """One search. `filters` maps a field of `FIELDS` to a value, a list of values, or for `date` to bounds."""

    query: str
    mode: Mode = "hybrid"
    limit: int = 10
    filters: Mapping[str, Any] | None = None
    facets: Sequence[str] = FACETS


def conditions(filters: Mapping[str, Any] | None) -> list[Condition]:
    """Conditions on passages and contents. Raises QueryError, naming the field, where one cannot be."""
    return [_condition(FIELDS[_known(name)], name, value) for name, value in (filters or {}).items()]


def place_conditions(filters: Mapping[str, Any] | None) -> list[Condition]:
    """Conditions on the places that a hit may show."""
    of_places = {name: value for name, value in (filters or {}).items() if name in _OF_PLACES}
    return [_condition(_OF_PLACES[name], name, value) for name, value in of_places.items()]


def check_facets(names: Sequence[str]) -> None:
    """Raises QueryError where one of the names cannot be counted."""
    for name in names:
        if name not in FACETS:
            raise QueryError("unknown-facet", f"unknown facet {name!r}: there are {', '.join(FACETS)}")


def _known(name: str) -> str:
    if name not in FIELDS:
        raise QueryError("unknown-filter-field", f"unknown filter field {name!r}: there are {', '.join(FIELDS)}")
    return name


def _condition(field: str, name: str, value: Any) -> Condition:
    if name == "date":
        return _between(field, value)
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, Sequence) or not values or not all(isinstance(one, str) for one in values):
        raise QueryError("invalid-filter", f"filter {name!r} takes a text or a list of texts")
    return AnyOf(field, list(values))


def _between(field: str, value: Any) -> Between:
    if isinstance(value, str):
        value = {"gte": value, "lte": value}
    if not isinstance(value, Mapping) or not value or not set(value) <= set(_BOUNDS):
        raise QueryError("invalid-filter", "filter 'date' takes a day, or an object with some of gte, gt, lte, lt")
    bounds = {side: _instant(bound, end=side in ("lte", "gt")) for side, bound in value.items()}
    return Between(field, **bounds)


def _instant(value: Any, *, end: bool) -> str:
    """A day means its first instant, or its last where it is to be included or left out whole."""
    try:
        text = str(value)
        if len(text) == len("2024-01-31"):
            date.fromisoformat(text)
            return f"{text}T23:59:59.999999Z" if end else f"{text}T00:00:00Z"
        datetime.fromisoformat(text)
    except ValueError as error:
        raise QueryError(
            "invalid-filter", f"filter 'date': {value!r} is no date in ISO 8601, such as 2024-01-31"
        ) from error
    return text
