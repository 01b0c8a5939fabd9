"""Dates are read as the engines read them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from ray_app.store.collections import CONTENTS
from ray_app.store.dates import instant
from ray_app.store.matching import matches
from ray_app.store.protocol import Between, Filter, Point

pytestmark = pytest.mark.anyio

READ = [
    "2024-05-06", "2024-05-06 10:00", "2024-05-06T10:00", "2024-05-06 10:00:00", "2024-05-06T10:00:00",
    "2024-05-06T10:00:00.5Z", "2024-05-06T10:00:00.123456789Z", "2024-05-06T10:00:00+0200", "2024-05-06T10:00:00+02",
    "2024-05-06 10:00:00-03:30", "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00",
]  # fmt: skip
NOT_READ = [
    "", "2024", "20240131", "2024-W05-3", "0000-00-00", "2024-02-30", "2024-05-06T10",
    "2024-05-06T10:00Z", "2024-05-06T10:61:00Z", "2024-05-06T10:00:00,5",
]  # fmt: skip
EVER = Filter(should=[Between("date", lt="2000-01-01T00:00:00Z"), Between("date", gte="2000-01-01T00:00:00Z")])


@pytest.mark.parametrize("text", READ + NOT_READ)
async def test_a_date_is_read_where_the_engine_reads_it(store, text):
    await store.upsert(CONTENTS, [Point(str(uuid.uuid4()), {"date": text})])
    read = await store.count(CONTENTS, EVER) == 1
    assert read == (text in READ) == bool(instant(text)) == matches(EVER, {"date": text})


def test_a_date_without_a_zone_is_in_utc():
    assert instant("2024-05-06") == datetime(2024, 5, 6, tzinfo=UTC)
    assert instant("2024-05-06T10:00:00+0200") == datetime(2024, 5, 6, 8, tzinfo=UTC)
    assert instant("2024-05-06T10:00:00+02:00:30") is None
