"""Our records to qdrant-client's types, and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qdrant_client import models

from ray_app.store.collections import DENSE, SPARSE, Collection, FieldType
from ray_app.store.protocol import (
    RRF_K,
    AnyOf,
    Between,
    Condition,
    Filter,
    Found,
    HasId,
    InRange,
    Missing,
    NotOnly,
    Order,
    Phrase,
    Point,
    Prefix,
    Query,
    SparseVector,
)


def collection_arguments(collection: Collection, dimension: int) -> dict[str, Any]:
    """Keyword arguments of `create_collection`."""
    if not collection.has_vectors:
        return {"vectors_config": {}}
    return {
        "vectors_config": {DENSE: models.VectorParams(size=dimension, distance=models.Distance.COSINE)},
        "sparse_vectors_config": {SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)},
    }


def point(point: Point) -> models.PointStruct:
    """A point to upsert."""
    vectors: dict[str, Any] = {}
    if point.dense is not None:
        vectors[DENSE] = list(point.dense)
    if point.sparse is not None:
        vectors[SPARSE] = _sparse(point.sparse)
    return models.PointStruct(id=point.id, vector=vectors, payload=point.payload)


def with_ids(ids: Sequence[str], where: Filter) -> models.Filter:
    """Those of the points that exist and pass."""
    return server_filter(where.and_(HasId(ids))) or models.Filter()


def dense(identity: str, vector: NDArray[np.float32]) -> models.PointVectors:
    """A dense vector to set on a point."""
    return models.PointVectors(id=identity, vector={DENSE: vector.tolist()})


def query_arguments(query: Query) -> dict[str, Any]:
    """Keyword arguments of `query_points`. One vector: nearest neighbours; two: both, merged."""
    passes = server_filter(query.filter)
    nearest = [
        (vector, name)
        for vector, name in (
            (list(query.dense) if query.dense is not None else None, DENSE),
            (_sparse(query.sparse) if query.sparse is not None else None, SPARSE),
        )
        if vector is not None
    ]
    if len(nearest) == 1:
        vector, name = nearest[0]
        return {"query": vector, "using": name, "query_filter": passes, "limit": query.limit}
    by_rank = models.RrfQuery(rrf=models.Rrf(k=RRF_K))
    return {
        "query": by_rank if query.fusion == "rrf" else models.FusionQuery(fusion=models.Fusion.DBSF),
        "prefetch": [
            models.Prefetch(query=vector, using=name, filter=passes, limit=query.candidates) for vector, name in nearest
        ],
        "limit": query.limit,
    }


def server_filter(filter: Filter) -> models.Filter | None:
    """None where everything passes."""
    if filter.is_empty:
        return None
    return models.Filter(
        must=[_condition(condition) for condition in filter.must],
        must_not=[_condition(condition) for condition in filter.must_not],
        should=[_condition(condition) for condition in filter.should] or None,
    )


def order_by(order: Order) -> models.OrderBy:
    """The order of a scroll."""
    return models.OrderBy(
        key=order.field, direction=models.Direction.DESC if order.descending else models.Direction.ASC
    )


def payload(fields: Sequence[str] | None) -> bool | list[str]:
    """Which fields to send: all, or these."""
    return True if fields is None else list(fields)


def found(record: models.Record | models.ScoredPoint) -> Found:
    """A point with its payload."""
    return Found(str(record.id), record.payload or {}, getattr(record, "score", 0.0))


def field_index(kind: FieldType) -> models.PayloadSchemaType | models.TextIndexParams | models.KeywordIndexParams:
    """How a field is made filterable, as `edge_types.py` does."""
    if kind == "text":
        return models.TextIndexParams(
            type=models.TextIndexType.TEXT,
            tokenizer=models.TokenizerType.WORD,
            lowercase=True,
            phrase_matching=True,
            on_disk=True,
        )
    if kind == "words":
        return models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, prefix=True)
    return models.PayloadSchemaType(kind)


def vector(record: models.Record) -> NDArray[np.float32] | None:
    """The dense vector that was asked for with a point, None where it has none."""
    vectors: Any = record.vector or {}
    return np.asarray(vectors[DENSE], np.float32) if DENSE in vectors else None


def _condition(condition: Condition) -> models.Condition:
    match condition:
        case AnyOf(field, values):
            return models.FieldCondition(key=field, match=models.MatchAny(any=values))
        case NotOnly(field, values):
            return models.FieldCondition(key=field, match=models.MatchExcept(**{"except": values}))
        case InRange(field, gte, gt, lte, lt):
            return models.FieldCondition(key=field, range=models.Range(gte=gte, gt=gt, lte=lte, lt=lt))
        case Phrase(field, text):
            return models.FieldCondition(key=field, match=models.MatchPhrase(phrase=text))
        case Prefix(field, prefix):
            return models.FieldCondition(key=field, match=models.MatchPrefix(prefix=prefix))
        case Between(field, gte, gt, lte, lt):
            return models.FieldCondition(key=field, range=_date_range(gte, gt, lte, lt))
        case Missing(field):
            return models.IsEmptyCondition(is_empty=models.PayloadField(key=field))
        case HasId(ids):
            return models.HasIdCondition(has_id=list(ids))
        case Filter():
            return server_filter(condition) or models.Filter()


def _sparse(vector: SparseVector) -> models.SparseVector:
    return models.SparseVector(indices=list(vector.indices), values=list(vector.values))


def _date_range(*bounds: str | None) -> models.DatetimeRange:
    gte, gt, lte, lt = (datetime.fromisoformat(bound) if bound else None for bound in bounds)
    return models.DatetimeRange(gte=gte, gt=gt, lte=lte, lt=lt)
