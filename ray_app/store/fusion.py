"""Passages by words and by meaning in one order, made of both scores of each.

The engines' own fusions judge a passage by the lists that it happens to stand in: one that is the 101st by words counts
as if it held none of them. Here each passage that either list puts forward gets both its scores, scaled by the mean and
deviation of each list. Then each leans on those that say nearly the same: passages alike answer alike (Diaz 2005,
"Regularizing ad hoc retrieval scores").
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ray_app.store.collections import CHUNKS
from ray_app.store.protocol import Found, HasId, Query, Reader, Vector

# How much a passage's score is that of its neighbours, and how many it has (docs/quality.md).
_LEAN = 0.3
_NEIGHBOURS = 5
# A list is scaled so that this many deviations below and above its mean become 0 and 1.
_DEVIATIONS = 3.0


async def ranked(store: Reader, query: Query, *, depth: int, fields: Sequence[str]) -> list[Found]:
    """The `query.limit` best passages, best first, by what the query has: words, meaning, or both.

    Of both, each list is looked at down to `depth`. Its first `query.candidates` decide how scores are scaled and who
    leans on whom, and come first: the order of the first hits does not depend on how many are wanted.
    """
    if query.fusion != "scores" or query.dense is None or query.sparse is None:
        return await store.query(CHUNKS, replace(query, candidates=depth), fields=fields)
    words, meaning = await asyncio.gather(
        store.query(CHUNKS, replace(query, dense=None, limit=depth), fields=[]),
        store.query(CHUNKS, replace(query, sparse=None, limit=depth), fields=[]),
    )
    by_words, by_meaning = _scores(words), _scores(meaning)
    first = list(dict.fromkeys(one.id for found in (words, meaning) for one in found[: query.candidates]))
    later = sorted({*by_words, *by_meaning} - set(first))
    ids = [*first, *later]
    vectors, rest = await asyncio.gather(
        store.vectors(CHUNKS, [*first, *(one for one in later if one not in by_meaning)]),
        _words_of(store, query, [one for one in ids if one not in by_words]),
    )
    asked = np.asarray(query.dense, np.float32)
    by_words = by_words | rest
    by_meaning = {one: float(vector @ asked) for one, vector in vectors.items()} | by_meaning
    of_words = np.array([by_words.get(one, 0.0) for one in ids])
    of_meaning = np.array([by_meaning.get(one, np.nan) for one in ids])  # some have no vector yet
    scale_words, scale_meaning = _scale(words[: query.candidates]), _scale(meaning[: query.candidates])
    merged = (scale_words(of_words) + scale_meaning(of_meaning)) / 2
    head = regularised(merged[: len(first)], [vectors.get(one) for one in first])
    tail = np.minimum(merged[len(first) :], head.min(initial=np.inf))
    order = [*np.argsort(-head, kind="stable"), *(len(first) + np.argsort(-tail, kind="stable"))][: query.limit]
    scores = np.concatenate([head, tail])
    payloads = {one.id: one.payload for one in await store.retrieve(CHUNKS, [ids[row] for row in order], fields=fields)}
    return [Found(ids[row], payloads[ids[row]], float(scores[row])) for row in order if ids[row] in payloads]


def regularised(scores: NDArray[np.float64], vectors: Sequence[Vector | None]) -> NDArray[np.float64]:
    """The scores (passages,), each mixed with those of the passages nearest in meaning, weighted by their cosines.

    A passage without a vector, or without a neighbour, keeps its own.
    """
    rows = [row for row, vector in enumerate(vectors) if vector is not None]
    nearest = min(_NEIGHBOURS, len(rows) - 1)
    if nearest < 1:
        return scores
    known = np.stack([vector for vector in vectors if vector is not None])
    cosines = known @ known.T
    np.fill_diagonal(cosines, -1.0)
    which = np.argpartition(-cosines, nearest - 1, axis=1)[:, :nearest]
    weights = np.take_along_axis(cosines, which, axis=1).clip(0.0)
    total = weights.sum(axis=1)
    own = scores[rows]
    around = np.divide((weights * own[which]).sum(axis=1), total, out=own.copy(), where=total > 0)
    mixed = scores.copy()
    mixed[rows] = (1 - _LEAN) * own + _LEAN * around
    return mixed


def _scores(found: Sequence[Found]) -> dict[str, float]:
    return {one.id: one.score for one in found}


async def _words_of(store: Reader, query: Query, ids: Sequence[str]) -> dict[str, float]:
    """The scores by words of those that hold one of them."""
    if not ids:
        return {}
    of_these = replace(query, dense=None, limit=len(ids), filter=query.filter.and_(HasId(ids)))
    return _scores(await store.query(CHUNKS, of_these, fields=[]))


def _scale(found: Sequence[Found]) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Maps three deviations around the mean of these scores to 0 to 1; one that is not known counts as the least."""
    if not found:
        return np.zeros_like
    scores = np.array([one.score for one in found])
    mean, least, deviation = float(scores.mean()), float(scores.min()), float(scores.std())
    if deviation == 0:
        return lambda some: np.where(np.nan_to_num(some, nan=least) >= mean, 0.5, 0.0)
    low = mean - _DEVIATIONS * deviation
    return lambda some: (np.nan_to_num(some, nan=least) - low) / (2 * _DEVIATIONS * deviation)
