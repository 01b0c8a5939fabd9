"""Every point of an index, and whether two indexes hold the same."""

from __future__ import annotations

import asyncio

import pytest

from ray_app.settings import StoreSettings
from ray_app.store.collections import CHUNKS, CONTENTS, DENSE, DOCUMENTS, SPARSE
from ray_app.store.edge import EdgeStore

# Numbers of the same text, whatever else was in its batch and in whatever order they were summed up.
VECTORS, PROBABILITIES = 1e-5, 2e-3


def points(index_dir):
    """The payload, but for times and runs, and the vectors of all points of an index that no process has open."""
    return asyncio.run(_points(index_dir))


async def _points(index_dir):
    store = await EdgeStore.open(index_dir, StoreSettings())
    found = {}
    for name in (DOCUMENTS, CONTENTS, CHUNKS):
        ids = [one.id for one in (await store.scroll(name, limit=10_000, fields=[]))[0]]
        assert len(ids) == len(set(ids)) == await store.count(name)
        for record in store._shards[name].shard.retrieve(ids, True, True):
            payload = {key: value for key, value in record.payload.items() if key not in ("updated", "run")}
            if payload.get("pending") == []:  # a backfill has done what waited
                del payload["pending"]
            if "doubt" in payload:  # thousandths of a probability
                payload["doubt"] /= 1000
            found[name, str(record.id)] = payload, record.vector or {}
    await store.close()
    return found


def assert_same_points(some, others):
    """None missing, none doubled, each with the same payload and the same vectors."""
    assert set(some) == set(others)
    for identity, (payload, vectors) in some.items():
        expected, expected_vectors = others[identity]
        differences = _differences(payload, expected)
        assert not differences, (identity, differences)
        assert set(vectors) == set(expected_vectors)
        if DENSE in vectors:
            assert vectors[DENSE] == pytest.approx(expected_vectors[DENSE], abs=VECTORS)
        if SPARSE in vectors:
            assert _weights(vectors[SPARSE]) == pytest.approx(_weights(expected_vectors[SPARSE]), abs=VECTORS)


def _differences(payload, expected):
    """The fields that differ, in both."""
    both = {field: (payload.get(field), expected.get(field)) for field in payload.keys() | expected.keys()}
    return {field: (one, other) for field, (one, other) in both.items() if one != _near(other)}


def _near(value):
    """Equals the same with other last digits."""
    match value:
        case float():
            return pytest.approx(value, abs=PROBABILITIES)
        case list():
            return [_near(one) for one in value]
        case dict():
            return {name: _near(one) for name, one in value.items()}
    return value


def _weights(vector):
    return dict(zip(vector.indices, vector.values, strict=True))
