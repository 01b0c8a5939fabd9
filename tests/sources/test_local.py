from __future__ import annotations

import os

import pytest

from ray_app import sources
from ray_app.errors import SourceError


def listed(folder, **changes):
    return list(sources.list_files(str(folder), "src", "t"))


def paths(folder):
    return [ref.path for ref in listed(folder)]


def make(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def test_files_are_listed_in_order_with_their_folders(tmp_path):
    make(tmp_path, "b.txt", "a/z.txt", "a/b/c.txt")
    assert paths(tmp_path) == ["a/b/c.txt", "a/z.txt", "b.txt"]
    assert [ref.folder for ref in listed(tmp_path)] == ["a/b", "a", ""]


def test_a_single_file_is_a_source_of_one(tmp_path):
    make(tmp_path, "a.txt")
    (ref,) = sources.list_files(str(tmp_path / "a.txt"), "src", "t")
    assert (ref.path, ref.size, ref.name) == ("a.txt", 5, "a.txt")
    assert sources.read(ref, 100) == b"a.txt"


def test_hidden_files_pipes_and_dangling_links_are_left_out(tmp_path):
    make(tmp_path, "a.txt", ".hidden", ".git/config")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    assert paths(tmp_path) == ["a.txt"]


def test_links_to_files_are_followed_and_circles_of_folders_are_not(tmp_path):
    make(tmp_path, "a/a.txt")
    (tmp_path / "a" / "link.txt").symlink_to(tmp_path / "a" / "a.txt")
    (tmp_path / "a" / "circle").symlink_to(tmp_path)
    assert paths(tmp_path) == ["a/a.txt", "a/link.txt"]


@pytest.mark.parametrize("name", ["100% æøå.txt", "a b#c?.txt", "line\nbreak.txt", "%41.txt"])
def test_odd_names_can_be_read_back_from_their_uri(tmp_path, name):
    make(tmp_path, name)
    (ref,) = listed(tmp_path)
    assert sources.read(ref, 100).decode() == name


def test_a_name_that_is_not_utf8_has_a_uri_that_json_can_hold(tmp_path):
    with open(os.fsencode(tmp_path) + b"/bad\xff.txt", "wb") as file:
        file.write(b"text")
    (ref,) = listed(tmp_path)
    assert ref.uri.encode("utf-8").endswith(b"/bad%FF.txt")
    assert sources.read(ref, 100) == b"text"


def test_a_changed_file_has_another_version(tmp_path):
    make(tmp_path, "a.txt")
    before = listed(tmp_path)[0].version
    os.utime(tmp_path / "a.txt", (1, 1))
    assert listed(tmp_path)[0].version != before


def test_a_file_over_the_limit_is_not_read(tmp_path):
    make(tmp_path, "a.txt")
    with pytest.raises(SourceError, match="larger than"):
        sources.read(listed(tmp_path)[0], 2)


def test_a_file_that_vanished_is_named(tmp_path):
    make(tmp_path, "a.txt")
    ref = listed(tmp_path)[0]
    (tmp_path / "a.txt").unlink()
    with pytest.raises(SourceError, match=r"a\.txt"):
        sources.read(ref, 100)


def test_a_place_that_is_not_there_is_named():
    with pytest.raises(SourceError, match="/no/such/folder: no such file or folder"):
        sources.root_of("/no/such/folder")


def test_an_unknown_scheme_is_named_with_the_known_ones():
    with pytest.raises(SourceError, match=r"gopher://.*there are: .*file.*s3"):
        sources.root_of("gopher://host/x")


def test_a_source_is_named_by_its_last_folder(tmp_path):
    (tmp_path / "letters").mkdir()
    assert sources.default_name(f"{tmp_path}/letters/") == "letters"
