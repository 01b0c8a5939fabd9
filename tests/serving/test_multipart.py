"""Multipart bodies read piece by piece, however they are cut."""

from __future__ import annotations

import asyncio
import contextlib

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ray_app.errors import ConfigurationError, RefusedError
from ray_app.serving.multipart import Begin, Data, read_parts

FILES = [("file", ('æ "quoted".txt', b"one\r\n--not the boundary\r\n")), ("file", ("empty.bin", b""))]


def body():
    request = httpx.Request("POST", "http://x/", files=FILES, data={"folder": "a/b"})
    return request.headers["content-type"], request.read()


def parts(content_type, pieces):
    """Each part's name, file name and bytes."""

    async def stream():
        for piece in pieces:
            yield piece

    async def read():
        found = []
        async for event in read_parts(content_type, stream()):
            match event:
                case Begin(name, filename):
                    found.append([name, filename, b""])
                case Data(data):
                    found[-1][2] += data
        return found

    return asyncio.run(read())


@given(st.lists(st.integers(0, 700), max_size=8))
def test_a_body_means_the_same_however_it_is_cut(cuts):
    content_type, data = body()
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[start:end] for start, end in zip(edges, edges[1:], strict=False)]
    assert parts(content_type, pieces) == parts(content_type, [data])


def test_files_and_fields_are_told_apart():
    assert [(name, bool(filename), data) for name, filename, data in parts(*body_whole())] == [
        ("folder", False, b"a/b"),
        ("file", True, FILES[0][1][1]),
        ("file", True, b""),
    ]


def body_whole():
    content_type, data = body()
    return content_type, [data]


@pytest.mark.parametrize("cut", [6, 40, 200, 300])
def test_a_body_that_is_cut_off_is_refused(cut):
    content_type, data = body()
    with pytest.raises(ConfigurationError, match=r"cut off|no multipart"):
        parts(content_type, [data[:-cut]])


@pytest.mark.parametrize("content_type", ["", "application/json", "multipart/form-data", "multipart/mixed; boundary=x"])
def test_another_type_is_refused(content_type):
    with pytest.raises(RefusedError, match="multipart/form-data"):
        parts(content_type, [b"x"])


@given(st.binary(max_size=300))
def test_no_body_crashes_the_reader(data):
    with contextlib.suppress(ConfigurationError):
        parts("multipart/form-data; boundary=xx", [data])
