"""Passages by words and by meaning in one order, made of both scores of each.

The engines' own fusions judge a passage by the lists that it happens to stand in: one that is the 101st by words counts
as if it held none of them. Here each passage that either list puts forward gets both its scores, scaled by the mean and
deviation of each list. Then each leans on those that say nearly the same: passages alike answer alike (Diaz 2005,
"Regularizing ad hoc retrieval scores").
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ray_app.records import Shares
from ray_app.store.collections import CHUNKS
from ray_app.store.protocol import Found, HasId, Query, Reader, Vector

# How much a passage's score is that of its neighbours, and how many it has (docs/quality.md).
LEAN = 0.2
NEIGHBOURS = 5
# The best passages, which lean on each other: their vectors are read, 50 in 2 ms.
LEANING = 50
# A list is scaled so that this many deviations below and above its mean become 0 and 1.
_DEVIATIONS = 3.0


@dataclass(frozen=True, slots=True)
class _Merged:
    """Passages, best first; what words and meaning bring to each score, and the scores: (passages,) each."""

    ids: list[str]
    words: NDArray[np.float64]
    meaning: NDArray[np.float64]
    scores: NDArray[np.float64]


async def ranked(store: Reader, query: Query, *, depth: int, fields: Sequence[str]) -> list[Found]:
    """The `query.limit` best passages, best first, by what the query has: words, meaning, or both.

    Of both, each list is looked at down to `depth`. Its first `query.candidates` decide how scores are scaled, the best
    of them lean on each other, and all of them come first: no order depends on how many hits are wanted.
    """
    if not _merges(query):
        return await store.query(CHUNKS, replace(query, candidates=depth), fields=fields)
    merged = await _merged(store, query, depth)
    ids, scores = merged.ids[: query.limit], merged.scores[: query.limit]
    payloads = {one.id: one.payload for one in await store.retrieve(CHUNKS, ids, fields=fields)}
    placed = zip(ids, scores.tolist(), strict=True)
    return [Found(one, payloads[one], score) for one, score in placed if one in payloads]


async def shares_of(store: Reader, query: Query, ids: Collection[str]) -> dict[str, Shares]:
    """What the scores of these passages are made of, where the query merges scores: of those that are candidates."""
    if not _merges(query):
        return {}
    merged = await _merged(store, query, query.candidates)
    rows = zip(merged.ids, merged.words.tolist(), merged.meaning.tolist(), merged.scores.tolist(), strict=True)
    return {
        identity: Shares(words, meaning, score - words - meaning)
        for identity, words, meaning, score in rows
        if identity in ids
    }


def _merges(query: Query) -> bool:
    return query.fusion == "scores" and query.dense is not None and query.sparse is not None


async def _merged(store: Reader, query: Query, depth: int) -> _Merged:
    words, meaning = await asyncio.gather(
        store.query(CHUNKS, replace(query, dense=None, limit=depth), fields=[]),
        store.query(CHUNKS, replace(query, sparse=None, limit=depth), fields=[]),
    )
    by_words, by_meaning = _scores(words), _scores(meaning)
    first = list(dict.fromkeys(one.id for found in (words, meaning) for one in found[: query.candidates]))
    ids = [*first, *sorted({*by_words, *by_meaning} - set(first))]
    more_words, more_meaning = await asyncio.gather(
        _scores_of(store, replace(query, dense=None), [one for one in ids if one not in by_words]),
        _scores_of(store, replace(query, sparse=None), [one for one in ids if one not in by_meaning]),
    )
    scale_words, scale_meaning = (
        scale_of(np.array([one.score for one in found[: query.candidates]])) for found in (words, meaning)
    )
    of_words = scale_words(_column(ids, by_words | more_words, 0.0)) / 2
    of_meaning = scale_meaning(_column(ids, by_meaning | more_meaning, np.nan)) / 2  # some have no vector yet
    scores = of_words + of_meaning
    order = np.argsort(-scores[: len(first)], kind="stable")
    best, rest = order[:LEANING], order[LEANING:]
    later = len(first) + np.argsort(-scores[len(first) :], kind="stable")
    vectors = await store.vectors(CHUNKS, [ids[row] for row in best])
    mixed = regularised(scores[best], [vectors.get(ids[row]) for row in best])
    scores[best] = mixed
    order = np.concatenate([best[np.argsort(-mixed, kind="stable")], rest, later])
    # Whoever does not lean comes after those who do.
    falling = np.minimum.accumulate(scores[order])
    return _Merged([ids[row] for row in order], of_words[order], of_meaning[order], falling)


def scale_of(candidates: NDArray[np.float64]) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Maps three deviations around the mean of the candidates' scores to 0 to 1.

    A score that is not known (NaN) counts as the least of them.
    """
    if not len(candidates):
        return np.zeros_like
    mean, least, deviation = float(candidates.mean()), float(candidates.min()), float(candidates.std())
    if deviation == 0:
        return lambda some: np.where(np.nan_to_num(some, nan=least) >= mean, 0.5, 0.0)
    low = mean - _DEVIATIONS * deviation
    return lambda some: (np.nan_to_num(some, nan=least) - low) / (2 * _DEVIATIONS * deviation)


def regularised(
    scores: NDArray[np.float64], vectors: Sequence[Vector | None], *, lean: float = LEAN, neighbours: int = NEIGHBOURS
) -> NDArray[np.float64]:
    """The scores (passages,), each mixed with those of the passages nearest in meaning, weighted by their cosines.

    A passage without a vector, or without a neighbour, keeps its own.
    """
    rows = [row for row, vector in enumerate(vectors) if vector is not None]
    nearest = min(neighbours, len(rows) - 1)
    if nearest < 1:
        return scores
    known = np.stack([vector for vector in vectors if vector is not None])
    # Not `@`: for so few rows the threads of a BLAS library cost more than they calculate.
    cosines = np.einsum("ij,kj->ik", known, known)
    np.fill_diagonal(cosines, -1.0)
    which = np.argpartition(-cosines, nearest - 1, axis=1)[:, :nearest]
    weights = np.take_along_axis(cosines, which, axis=1).clip(0.0)
    total = weights.sum(axis=1)
    own = scores[rows]
    around = np.divide((weights * own[which]).sum(axis=1), total, out=own.copy(), where=total > 0)
    mixed = scores.copy()
    mixed[rows] = (1 - lean) * own + lean * around
    return mixed


def _scores(found: Sequence[Found]) -> dict[str, float]:
    return {one.id: one.score for one in found}


async def _scores_of(store: Reader, query: Query, ids: Sequence[str]) -> dict[str, float]:
    """The scores of those that have what the query compares."""
    if not ids:
        return {}
    of_these = replace(query, limit=len(ids), filter=query.filter.and_(HasId(ids)))
    return _scores(await store.query(CHUNKS, of_these, fields=[]))


def _column(ids: Sequence[str], scores: Mapping[str, float], missing: float) -> NDArray[np.float64]:
    return np.array([scores.get(one, missing) for one in ids], np.float64)
