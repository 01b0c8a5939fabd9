"""What a person may filter by, and its translation into conditions on the index.

A filter is read once into a tree of conditions on the names that people use. That tree is then asked of three
kinds of points, which know different fields: passages and contents, places, and a place with its content.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from ray_app.errors import QueryError
from ray_app.settings import SearchSettings
from ray_app.store.dates import instant
from ray_app.store.protocol import AnyOf, Between, Condition, Filter, InRange, NotOnly

# Names that people use, and the fields of passages and contents that they stand for.
FIELDS = {
    "source": "sources",
    "folder": "folders",
    "language": "language",
    "media_type": "media_type",
    "label": "label",
    "risk": "risk",
    "entity": "kinds",
    "date": "date",
    "pages": "pages",
}
# The same for the points of places: a copy elsewhere must not show up under a filter on here.
_OF_PLACES = {"source": "source", "folder": "folders"}
_OF_BOTH = {**FIELDS, **_OF_PLACES}
_COUNTED = {**FIELDS}
_BOUNDS = ("gte", "gt", "lte", "lt")
_COMBINED = ("and", "or", "not")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter in the forms that are asked.

    `contents` lets pass every passage and content that may have a place that passes, `places` every place that may;
    `exact` judges a place's fields together with its content's. `counted` is for contents of which nobody looks at
    the places: one with a copy in a folder that is not wanted does not pass.
    """

    contents: Filter
    places: Filter
    exact: Filter
    counted: Filter


def read_filters(filters: Mapping[str, Any] | None, settings: SearchSettings) -> Wanted:
    """Reads `{"label": "invoice", "or": [{...}, {...}], "not": {...}}`. Raises QueryError, naming what is wrong."""
    conditions = [0]
    named = _group(filters or {}, settings, depth=1, count=conditions)
    return Wanted(
        contents=_filter(_translated(named, FIELDS)),
        places=_filter(_translated(named, _OF_PLACES)),
        exact=_filter(_translated(named, _OF_BOTH)),
        counted=_filter(_translated(named, _COUNTED)),
    )


def _group(filters: Any, settings: SearchSettings, *, depth: int, count: list[int]) -> Filter:
    """All entries of one object must hold. `count` is how many conditions there were so far."""
    if not isinstance(filters, Mapping):
        raise QueryError("invalid-filter", f"a filter is an object of fields, not {filters!r:.80}")
    if depth > settings.max_filter_depth:
        raise QueryError("filter-too-large", f"filters may be nested {settings.max_filter_depth} deep at most")
    must: list[Condition] = []
    for name, value in filters.items():
        if name not in _COMBINED:
            count[0] += 1
            if count[0] > settings.max_filter_conditions:
                raise QueryError(
                    "filter-too-large", f"a filter may have {settings.max_filter_conditions} conditions at most"
                )
            must.append(_leaf(name, value, settings))
            continue
        inner = [_group(one, settings, depth=depth + 1, count=count) for one in _parts(name, value)]
        must.append({"and": Filter(inner), "or": Filter(should=inner), "not": Filter(must_not=inner)}[name])
    return Filter(must)


def _parts(name: str, value: Any) -> Sequence[Any]:
    if name == "not" and isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, list) or not value or not all(value):
        raise QueryError("invalid-filter", f"filter {name!r} takes a list of filters, none of them empty")
    return value


def _leaf(name: str, value: Any, settings: SearchSettings) -> Condition:
    if name not in FIELDS:
        raise QueryError(
            "unknown-filter-field",
            f"unknown filter field {name!r}: there are {', '.join(FIELDS)}, and {', '.join(_COMBINED)}",
        )
    if name == "date":
        return _between(name, value)
    if name == "pages":
        return _in_range(name, value)
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not values or not all(isinstance(one, str) for one in values):
        raise QueryError("invalid-filter", f"filter {name!r} takes a text or a list of texts")
    if len(values) > settings.max_filter_values:
        raise QueryError("filter-too-large", f"filter {name!r} may list {settings.max_filter_values} values at most")
    return AnyOf(name, list(values))


def _between(name: str, value: Any) -> Between:
    if isinstance(value, str):
        value = {"gte": value, "lte": value}
    if not isinstance(value, Mapping) or not value or not set(value) <= set(_BOUNDS):
        raise QueryError("invalid-filter", "filter 'date' takes a day, or an object with some of gte, gt, lte, lt")
    return Between(name, **{side: _instant(bound, end=side in ("lte", "gt")) for side, bound in value.items()})


def _instant(value: Any, *, end: bool) -> str:
    """A day means its first instant, or its last where it is to be included or left out whole.

    It may be written in any form of ISO 8601; an index reads few of them, so that it is written out in full.
    """
    text = str(value)
    refusal = QueryError("invalid-filter", f"filter 'date': {value!r:.80} is no date in ISO 8601, such as 2024-01-31")
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise refusal from error
    if len(text) <= len("2024-01-31"):
        if text[-3] == "W":  # a whole week, which Python takes for its Monday
            raise refusal
        return f"{read.date()}T23:59:59.999999Z" if end else f"{read.date()}T00:00:00Z"
    written = (read if read.tzinfo else read.replace(tzinfo=UTC)).isoformat()
    if not instant(written):  # a zone with seconds
        raise refusal
    return written


def _in_range(name: str, value: Any) -> InRange:
    bounds = value if isinstance(value, Mapping) else {"gte": value, "lte": value}
    if not bounds or not set(bounds) <= set(_BOUNDS) or not all(_is_number(one) for one in bounds.values()):
        raise QueryError("invalid-filter", f"filter {name!r} takes a number, or an object with gte, gt, lte, lt")
    return InRange(name, **bounds)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53  # false for NaN too


def _translated(condition: Condition, fields: Mapping[str, str], *, negated: bool = False) -> Condition | None:
    """The condition on other fields, None where points with these fields cannot tell: then all may pass.

    Negations are brought down to the leaves, so that what cannot be told is left open on either side of a `not`.
    """
    if isinstance(condition, Filter):
        must = [_translated(one, fields, negated=negated) for one in condition.must]
        must += [_translated(one, fields, negated=not negated) for one in condition.must_not]
        should = [_translated(one, fields, negated=negated) for one in condition.should]
        if negated:
            return _any([*must, *([_all(should)] if should else [])])
        return _all([*must, *([_any(should)] if should else [])])
    if not isinstance(condition, AnyOf | Between | InRange) or condition.field not in fields:
        return None
    field = fields[condition.field]
    if not negated:
        return replace(condition, field=field)
    # A content has the sources and folders of all its places together: another place may well be meant.
    if field == "sources" and isinstance(condition, AnyOf):
        return NotOnly(field, [str(value) for value in condition.values])
    if fields is FIELDS and field == "folders":
        return None
    return Filter(must_not=[replace(condition, field=field)])


def _all(parts: Iterable[Condition | None]) -> Condition | None:
    told = [part for part in parts if part is not None]
    return told[0] if len(told) == 1 else Filter(told) if told else None


def _any(parts: Iterable[Condition | None]) -> Condition | None:
    told = [part for part in parts if part is not None]
    if len(told) < len(list(parts)):
        return None
    return told[0] if len(told) == 1 else Filter(should=told)


def _filter(condition: Condition | None) -> Filter:
    if condition is None:
        return Filter()
    return condition if isinstance(condition, Filter) else Filter([condition])
