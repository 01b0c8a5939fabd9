"""Our records to Qdrant Edge's types, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import qdrant_edge as edge
from numpy.typing import NDArray

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
    Phrase,
    Point,
    Prefix,
    Query,
    SparseVector,
)

# A shard must have some vector: collections without have this one, always empty.
_UNUSED = "unused"
_FIELDS: dict[FieldType, Any] = {
    "keyword": edge.PayloadSchemaType.Keyword,
    "words": edge.KeywordIndexParams(prefix=True),
    # Where words stand, for phrases; not kept in memory once a graph is built: it is asked rarely.
    "text": edge.TextIndexParams(tokenizer=edge.TokenizerType.Word, lowercase=True, phrase_matching=True, on_disk=True),
    "integer": edge.PayloadSchemaType.Integer,
    "datetime": edge.PayloadSchemaType.Datetime,
}
# Qdrant's own defaults, written down because Edge asks for all of them.
_GRAPH = edge.HnswIndexConfig(m=16, ef_construct=100, full_scan_threshold=10_000)


def shard_config(collection: Collection, dimension: int) -> edge.EdgeConfig:
    """How a collection's shard is made."""
    if not collection.has_vectors:
        return edge.EdgeConfig(sparse_vectors={_UNUSED: edge.EdgeSparseVectorParams()})
    return edge.EdgeConfig(
        vectors={DENSE: edge.EdgeVectorParams(size=dimension, distance=edge.Distance.Cosine)},
        sparse_vectors={SPARSE: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
        hnsw_config=_GRAPH,
        optimizers=edge.EdgeOptimizersConfig(indexing_threshold=1),  # in KB: when we ask for a graph, build it
    )


def field_index(name: str, kind: FieldType) -> edge.UpdateOperation:
    """Makes a field filterable."""
    return edge.UpdateOperation.create_field_index(name, _FIELDS[kind])


def upsert(points: Iterable[Point]) -> edge.UpdateOperation:
    """Inserts or replaces points."""
    return edge.UpdateOperation.upsert_points(
        [edge.Point(point.id, _vectors(point), point.payload) for point in points]
    )


def set_payload(ids: Sequence[str], payload: Mapping[str, Any], where: Filter) -> edge.UpdateOperation:
    """Sets fields of those that exist: named by their ids alone, an unknown one would be an error."""
    return edge.UpdateOperation.set_payload_by_filter(_those_of(ids, where), dict(payload))


def delete(ids: Sequence[str], where: Filter) -> edge.UpdateOperation:
    """Removes points."""
    return edge.UpdateOperation.delete_points_by_filter(_those_of(ids, where))


def set_dense(vectors: Mapping[str, NDArray[np.float32]]) -> edge.UpdateOperation:
    """Sets dense vectors and leaves the others."""
    return edge.UpdateOperation.update_vectors(
        [edge.PointVectors(identity, {DENSE: vector.tolist()}) for identity, vector in vectors.items()]
    )


def with_dense() -> edge.Filter:
    """Points that have a dense vector."""
    return edge.Filter(must=[edge.HasVectorCondition(DENSE)])


def copy_records(records: Iterable[edge.Record]) -> edge.UpdateOperation:
    """Inserts or replaces points as another shard holds them."""
    return edge.UpdateOperation.upsert_points(
        [edge.Point(record.id, record.vector or {}, record.payload) for record in records]
    )


def query_request(query: Query, fields: Sequence[str] | None) -> edge.QueryRequest:
    """One vector: nearest neighbours; two: both, merged."""
    filter = edge_filter(query.filter)
    dense = edge.Query.Nearest(list(query.dense), using=DENSE) if query.dense is not None else None
    sparse = edge.Query.Nearest(_sparse(query.sparse), using=SPARSE) if query.sparse is not None else None
    payload = list(fields) if fields is not None else True
    if dense and sparse:
        fusion: Any = edge.Fusion.Rrf(k=RRF_K) if query.fusion == "rrf" else edge.Fusion.Dbsf()
        return edge.QueryRequest(
            limit=query.limit,
            query=fusion,
            prefetches=[edge.Prefetch(limit=query.candidates, query=one, filter=filter) for one in (dense, sparse)],
            with_payload=payload,
        )
    return edge.QueryRequest(limit=query.limit, query=dense or sparse, filter=filter, with_payload=payload)


def edge_filter(filter: Filter) -> edge.Filter | None:
    """None where everything passes."""
    if filter.is_empty:
        return None
    return edge.Filter(
        must=[_condition(condition) for condition in filter.must],
        must_not=[_condition(condition) for condition in filter.must_not],
        should=[_condition(condition) for condition in filter.should] or None,
    )


def _those_of(ids: Sequence[str], where: Filter) -> edge.Filter:
    return edge_filter(where.and_(HasId(ids))) or edge.Filter()


def found(record: edge.Record | edge.ScoredPoint) -> Found:
    """A point with its payload."""
    return Found(str(record.id), record.payload or {}, getattr(record, "score", 0.0))


def vector(record: edge.Record) -> NDArray[np.float32] | None:
    """The dense vector that was asked for with a point, None where it has none."""
    vectors: Any = record.vector or {}
    return np.asarray(vectors[DENSE], np.float32) if DENSE in vectors else None


def _condition(
    condition: Condition,
) -> edge.FieldCondition | edge.IsEmptyCondition | edge.HasIdCondition | edge.Filter:
    match condition:
        case AnyOf(field, values):
            return edge.FieldCondition(field, match=edge.MatchAny(values))
        case NotOnly(field, values):
            return edge.FieldCondition(field, match=edge.MatchExcept(values))
        case Between(field, gte, gt, lte, lt):
            return edge.FieldCondition(field, range=edge.RangeDateTime(gte=gte, gt=gt, lte=lte, lt=lt))
        case InRange(field, gte, gt, lte, lt):
            return edge.FieldCondition(field, range=edge.RangeFloat(gte=gte, gt=gt, lte=lte, lt=lt))
        case Phrase(field, text):
            return edge.FieldCondition(field, match=edge.MatchPhrase(text))
        case Prefix(field, prefix):
            return edge.FieldCondition(field, match=edge.MatchPrefix(prefix))
        case Missing(field):
            return edge.IsEmptyCondition(field)
        case HasId(ids):
            return edge.HasIdCondition(set(ids))
        case Filter():
            return edge_filter(condition) or edge.Filter()


def _vectors(point: Point) -> dict[str, Any]:
    vectors: dict[str, Any] = {}
    if point.dense is not None:
        vectors[DENSE] = list(point.dense)
    if point.sparse is not None:
        vectors[SPARSE] = _sparse(point.sparse)
    return vectors


def _sparse(vector: SparseVector) -> edge.SparseVector:
    return edge.SparseVector(list(vector.indices), list(vector.values))
