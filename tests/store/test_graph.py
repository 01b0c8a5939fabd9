"""Copies of shards: the same bytes, and no more of them on disk."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ray_app.store.graph import copy_with_holes

PAGE = 1 << 16


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 20), st.binary(min_size=1, max_size=100)), max_size=5), st.integers(0, PAGE))
def test_a_copy_has_the_bytes_of_the_file_wherever_its_holes_are(tmp_path, pieces, beyond):
    source, target = tmp_path / "source", tmp_path / "target"
    with source.open("wb") as file:
        for page, piece in pieces:
            file.seek(page * PAGE)
            file.write(piece)
        file.truncate(max(file.tell(), os.fstat(file.fileno()).st_size) + beyond)
    copy_with_holes(str(source), str(target))
    assert target.read_bytes() == source.read_bytes()


def test_holes_stay_holes(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    with source.open("wb") as file:
        file.write(b"data")
        file.truncate(32 << 20)
    if source.stat().st_blocks * 512 > 1 << 20:
        pytest.skip("this file system has no holes")
    copy_with_holes(str(source), str(target))
    assert target.stat().st_size == 32 << 20
    assert target.stat().st_blocks * 512 < 1 << 20
