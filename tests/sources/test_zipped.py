"""Zip archives on disk, in a bucket and on the web."""

from __future__ import annotations

import io
import zipfile

import pytest

from ray_app import sources
from ray_app.errors import SourceError
from ray_app.settings import SourceSettings
from tests.sources.servers import folder_server

QUICK = SourceSettings(attempts=1, allow_private_addresses=True)


def archive(**members):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, text in members.items():
            opened.writestr(name, text)
    return data.getvalue()


def listed(uri, settings=QUICK):
    return list(sources.list_files(sources.root_of(uri, settings), "s", "t", settings=settings))


def test_an_archive_in_a_bucket_is_read_where_it_lies(storage):
    place = f"{storage.bucket('zips')}/a.zip"
    storage.client.pipe_file(place, archive(**{"x/a.txt": "first", "b.txt": "second"}))
    refs = listed(f"zip://::{storage.scheme}://{place}")
    assert [ref.uri.partition("!")[2] for ref in refs] == ["/b.txt", "/x/a.txt"]
    assert all(ref.uri.startswith(f"zip:{storage.scheme}://{place}!") for ref in refs)
    assert [sources.read(ref, 100, QUICK) for ref in refs] == [b"second", b"first"]


def test_an_archive_on_the_web_is_read_from_allowed_addresses_only(s3, s3_port):
    s3.mkdir("web")
    s3.pipe_file("web/a.zip", archive(**{"a.txt": "first"}), ACL="public-read")
    url = f"zip://::http://127.0.0.1:{s3_port}/web/a.zip"
    (ref,) = listed(url)
    assert sources.read(ref, 100, QUICK) == b"first"
    with pytest.raises(SourceError, match="not public"):
        sources.root_of(url, SourceSettings(attempts=1))


@pytest.mark.parametrize("scheme", ["webhdfs", "ftp", "local", "memory", "github", "simplecache"])
def test_an_archive_at_a_place_that_sources_do_not_know_is_refused_unasked(scheme):
    """fsspec knows such places, and would ask them whatever the address."""
    with pytest.raises(SourceError, match=f"no archives are read from {scheme}://"):
        sources.root_of(f"zip://::{scheme}://127.0.0.1:1/a.zip", SourceSettings(attempts=1))


def test_a_web_server_that_cannot_give_parts_of_a_file_is_named(tmp_path):
    (tmp_path / "a.zip").write_bytes(archive(**{"a.txt": "first"}))
    with folder_server(tmp_path) as server, pytest.raises(SourceError, match="range requests"):
        sources.root_of(f"zip://::{server.url}/a.zip", QUICK)


def test_a_folder_of_an_archive_is_a_source_too(tmp_path):
    (tmp_path / "a.zip").write_bytes(archive(**{"x y/a.txt": "first", "x y/z/b!%.txt": "second", "c.txt": "third"}))
    refs = listed(f"zip://x y::file://{tmp_path}/a.zip")
    assert [ref.path for ref in refs] == ["a.txt", "z/b!%.txt"]
    assert [sources.read(ref, 100, QUICK) for ref in refs] == [b"first", b"second"]


def test_an_unchanged_member_of_an_archive_that_was_packed_again_is_unchanged(tmp_path):
    for second in ("second", "changed"):
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
            opened.writestr(zipfile.ZipInfo("a.txt"), "first")
            opened.writestr(zipfile.ZipInfo("b.txt"), second)
        refs = listed(f"zip://::file://{tmp_path}/a.zip")
        if second == "second":
            before = [ref.version for ref in refs]
    after = [ref.version for ref in refs]
    assert (before[0] == after[0], before[1] == after[1]) == (True, False)
    assert sources.read(refs[1], 100, QUICK) == b"changed"


def test_a_bomb_is_not_inflated_beyond_the_limit(tmp_path):
    (tmp_path / "a.zip").write_bytes(archive(**{"bomb.txt": b"0" * (64 << 20)}))
    (ref,) = listed(f"zip://::file://{tmp_path}/a.zip")
    with pytest.raises(SourceError, match="larger than"):
        sources.read(ref, 1000, QUICK)


@pytest.mark.parametrize("uri", ["zip://a.zip", "zip://::file://{}/none.zip", "zip://::file://{}/broken.zip"])
def test_what_is_no_archive_is_named(tmp_path, uri):
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(SourceError) as caught:
        sources.root_of(uri.format(tmp_path), QUICK)
    assert not caught.value.passing


def test_a_damaged_member_is_named(tmp_path):
    data = bytearray(archive(**{"a.txt": "first, and long enough to be damaged in the middle"}))
    data[45] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(data)
    (ref,) = listed(f"zip://::file://{tmp_path}/a.zip")
    with pytest.raises(SourceError, match=r"a\.txt") as caught:
        sources.read(ref, 1000, QUICK)
    assert not caught.value.passing
