"""Copies of originals, in a folder and in a bucket."""

from __future__ import annotations

import hashlib
import os

import pytest

from ray_app.errors import ConfigurationError, NotFoundError, SourceError
from ray_app.settings import Settings, SourceSettings
from ray_app.sources import originals

DATA = b"an original of some length"
HASH = hashlib.sha256(DATA).hexdigest()
QUICK = SourceSettings(attempts=1)


@pytest.fixture
def url(writable):
    return writable


def test_a_copy_comes_back_whole_and_in_parts(url):
    originals.put(url, "t", HASH, DATA, QUICK)
    assert originals.get(url, "t", HASH, QUICK) == DATA
    assert originals.get(url, "t", HASH, QUICK, start=3, end=11) == b"original"
    assert originals.get(url, "t", HASH, QUICK, start=12) == DATA[12:]
    assert originals.get(url, "t", HASH, QUICK, start=0, end=10**6) == DATA
    assert originals.get(url, "t", HASH, QUICK, start=10**6) == b""


def test_every_step_may_be_repeated(url):
    for _ in range(2):
        originals.put(url, "t", HASH, DATA, QUICK)
    for _ in range(2):
        originals.delete(url, "t", HASH, QUICK)
    with pytest.raises(NotFoundError):
        originals.get(url, "t", HASH, QUICK)


@pytest.mark.parametrize("other", ["u", "..", ".", "t/../t", "a/b"])
def test_tenants_are_apart_whatever_their_names(url, other):
    originals.put(url, "t", HASH, DATA, QUICK)
    with pytest.raises(NotFoundError):
        originals.get(url, other, HASH, QUICK)
    originals.put(url, other, HASH, DATA, QUICK)
    originals.delete(url, "t", HASH, QUICK)
    assert originals.get(url, other, HASH, QUICK) == DATA


def test_a_folder_fans_out_and_holds_whole_copies_only(tmp_path):
    originals.put(str(tmp_path), "t", HASH, DATA, QUICK)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files == [tmp_path / "t" / HASH[:2] / HASH]


def test_a_copy_that_a_crash_cut_short_is_written_anew(tmp_path):
    originals.put(str(tmp_path), "t", HASH, DATA, QUICK)
    (tmp_path / "t" / HASH[:2] / HASH).write_bytes(DATA[:5])
    originals.put(str(tmp_path), "t", HASH, DATA, QUICK)
    assert originals.get(str(tmp_path), "t", HASH, QUICK) == DATA


def test_an_empty_original_is_kept(url):
    empty = hashlib.sha256(b"").hexdigest()
    originals.put(url, "t", empty, b"", QUICK)
    assert originals.get(url, "t", empty, QUICK) == b""


def test_what_is_no_hash_is_refused():
    with pytest.raises(ValueError, match="SHA-256"):
        originals.get("/tmp", "t", "../../etc/passwd", QUICK)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SourceError, match="file"):
        originals.put(str(tmp_path / "file"), "t", HASH, DATA, QUICK)
    with pytest.raises(ConfigurationError, match="can be written"):
        originals.put("https://example.org/x", "t", HASH, DATA, QUICK)


def test_copies_lie_in_the_data_directory_unless_set(tmp_path):
    assert Settings(data_dir=tmp_path).originals_url == os.fspath(tmp_path / "originals")
    assert Settings(data_dir=tmp_path, originals={"url": "s3://b/x"}).originals_url == "s3://b/x"
