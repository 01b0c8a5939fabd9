"""What callers ask of an index: small records for points, filters and queries, and the Store protocol.

Engines (`edge.py`, `server.py`) translate these; nobody outside store/ sees an engine's own types.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Concatenate, Literal, ParamSpec, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

P = ParamSpec("P")
T = TypeVar("T")

Payload = dict[str, Any]
Vector = NDArray[np.float32]
Fusion = Literal["scores", "dbsf", "rrf"]
# Damps the first ranks in reciprocal rank fusion (Cormack, Clarke & Büttcher 2009).
RRF_K = 60


@dataclass(frozen=True, slots=True)
class SparseVector:
    """Non-zero entries; indices are distinct."""

    indices: Sequence[int]
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Point:
    """What is stored under one id (a UUID). Vectors are left out where a collection has none."""

    id: str
    payload: Payload
    dense: Sequence[float] | None = None
    sparse: SparseVector | None = None


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The field holds one of these values (for a list: one of its elements is one of them)."""

    field: str
    values: list[str] | list[int]


@dataclass(frozen=True, slots=True)
class NotOnly:
    """Some value of the field is none of these; a field without values does not pass."""

    field: str
    values: list[str]


@dataclass(frozen=True, slots=True)
class InRange:
    """The numeric field lies within the bounds; None leaves a side open."""

    field: str
    gte: float | None = None
    gt: float | None = None
    lte: float | None = None
    lt: float | None = None


@dataclass(frozen=True, slots=True)
class Phrase:
    """The text field holds these words as they stand, one after the other, whatever their case."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Prefix:
    """A value of the keyword field begins so, in this case."""

    field: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Between:
    """The date field (ISO 8601) lies within the bounds; None leaves a side open."""

    field: str
    gte: str | None = None
    gt: str | None = None
    lte: str | None = None
    lt: str | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """The field is absent, null or an empty list."""

    field: str


@dataclass(frozen=True, slots=True)
class HasId:
    """The point's id is one of these."""

    ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class Filter:
    """All of `must`, none of `must_not`, one of `should` at least; an empty one lets everything pass."""

    must: Sequence[Condition] = ()
    must_not: Sequence[Condition] = ()
    should: Sequence[Condition] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it lets everything pass."""
        return not (self.must or self.must_not or self.should)

    def and_(self, *conditions: Condition) -> Filter:
        """This filter with further conditions that must hold."""
        return Filter((*self.must, *conditions), self.must_not, self.should)


Condition = AnyOf | NotOnly | Between | InRange | Phrase | Prefix | Missing | HasId | Filter


@dataclass(frozen=True, slots=True)
class Query:
    """Nearest points by words (`sparse`), by meaning (`dense`), or by both, merged by `fusion`.

    `candidates` is how many points each of two vectors puts forward before they are merged. An engine merges by `dbsf`
    or `rrf`; what merges by `scores` is in `fusion.py`.
    """

    limit: int
    dense: Sequence[float] | None = None
    sparse: SparseVector | None = None
    fusion: Fusion = "dbsf"
    candidates: int = 100
    filter: Filter = field(default_factory=Filter)


@dataclass(frozen=True, slots=True)
class Found:
    """A point that a query or a scroll gave; `score` is 0 where there is none. Scores compare within one query."""

    id: str
    payload: Payload
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Order:
    """Sort a scroll by an indexed field."""

    field: str
    descending: bool = False


class Reader(Protocol):
    """What can be asked of an index; each method raises StoreError.

    `collection` is a name of `collections.COLLECTIONS`.
    """

    async def fingerprint(self) -> str | None:
        """Which embedding model's vectors the index holds, None where there is no index yet."""
        ...

    async def retrieve(
        self, collection: str, ids: Sequence[str], *, fields: Sequence[str] | None = None
    ) -> list[Found]:
        """Those of the points that exist, in any order, with all their fields or with the named ones."""
        ...

    async def scroll(
        self,
        collection: str,
        *,
        filter: Filter = Filter(),
        limit: int = 100,
        offset: str | None = None,
        order: Order | None = None,
        fields: Sequence[str] | None = None,
    ) -> tuple[list[Found], str | None]:
        """A page of points, by id, and the offset of the next one (None at the end).

        With `order` there is one page only: the first `limit` in that order.
        """
        ...

    async def query(self, collection: str, query: Query, *, fields: Sequence[str] | None = None) -> list[Found]:
        """The best points, best first."""
        ...

    async def vectors(self, collection: str, ids: Sequence[str]) -> dict[str, Vector]:
        """The dense vectors, float32 of shape (dimension,), of those of the points that have one."""
        ...

    async def count(self, collection: str, filter: Filter = Filter()) -> int:
        """How many points pass the filter, exactly."""
        ...

    async def facet(
        self, collection: str, field: str, *, filter: Filter = Filter(), limit: int = 20
    ) -> list[tuple[str, int]]:
        """The most frequent values of an indexed keyword field with the number of points that hold them."""
        ...

    async def run(
        self, function: Callable[Concatenate[Reader, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`function(reader, ...)` beside the index: one trip for it and all that it asks.

        The function must be importable by name, its arguments and result picklable.
        """
        ...


class Store(Reader, Protocol):
    """The index. Every method may be repeated and ends in the same state; each raises StoreError."""

    async def layout(self) -> dict[str, str]:
        """What stands behind each collection's name now: a folder of an embedded index, a collection of a server."""
        ...

    async def ensure(self, *, fingerprint: str, dimension: int) -> None:
        """Makes what is missing: collections, payload indexes, and the passages' collection for the
        embedding model with this fingerprint. Raises StoreError where the index was built with another.
        """
        ...

    async def upsert(self, collection: str, points: Sequence[Point]) -> None:
        """Inserts or replaces points; they are durable when this returns."""
        ...

    async def set_payload(
        self, collection: str, ids: Sequence[str], payload: Mapping[str, Any], *, where: Filter = Filter()
    ) -> None:
        """Sets these fields and leaves the others; unknown ids are left out.

        So is what does not pass `where` as the index is at that moment: no other write comes between.
        """
        ...

    async def set_dense(self, collection: str, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Sets the dense vectors, a row of (ids, dimension) each; unknown ids are left out."""
        ...

    async def delete(self, collection: str, ids: Sequence[str], *, where: Filter = Filter()) -> None:
        """Removes points; left out are unknown ids, and what does not pass `where`, as in `set_payload`."""
        ...

    async def build_graph(self, *, force: bool = False) -> bool:
        """Builds the HNSW graph anew if so many passages are outside it that searches feel it, or if forced.

        Searches and writes go on meanwhile. True if it was built; servers build theirs by themselves.
        """
        ...

    async def close(self) -> None:
        """Lets go of the index; what was written is on disk."""
        ...

    async def run(
        self, function: Callable[Concatenate[Store, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As a reader's, for functions that also write."""
        ...
