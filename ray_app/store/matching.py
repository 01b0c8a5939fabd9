"""Whether a filter lets a payload pass, told here for the few points whose fields lie in several collections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ray_app.store.dates import instant
from ray_app.store.protocol import AnyOf, Between, Condition, Filter, InRange, Missing, NotOnly


def matches(condition: Condition, payload: Mapping[str, Any]) -> bool:
    """As the engines judge it. Raises ValueError at conditions that only an engine can judge."""
    match condition:
        case AnyOf(field, values):
            return bool(set(_values(payload, field)) & set(values))
        case NotOnly(field, values):
            return bool(set(_values(payload, field)) - set(values))
        case Between(field, gte, gt, lte, lt):
            bounds = [instant(bound) if bound else None for bound in (gte, gt, lte, lt)]
            dates = [instant(value) for value in _values(payload, field)]
            return any(_within(one, *bounds) for one in dates if one)  # what nobody can read lies nowhere
        case InRange(field, gte, gt, lte, lt):
            return any(_within(value, gte, gt, lte, lt) for value in _values(payload, field))
        case Missing(field):
            return not _values(payload, field)
        case Filter(must, must_not, should):
            return (
                all(matches(one, payload) for one in must)
                and not any(matches(one, payload) for one in must_not)
                and (not should or any(matches(one, payload) for one in should))
            )
        case _:
            raise ValueError(f"{condition} can only be judged by an engine")


def _values(payload: Mapping[str, Any], field: str) -> list[Any]:
    value = payload.get(field)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _within(value: Any, gte: Any, gt: Any, lte: Any, lt: Any) -> bool:
    return (
        (gte is None or value >= gte)
        and (gt is None or value > gt)
        and (lte is None or value <= lte)
        and (lt is None or value < lt)
    )
