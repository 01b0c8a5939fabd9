"""Sources on this machine's disks stay within the folders that the settings name."""

from __future__ import annotations

import zipfile

import pytest

from ray_app import sources
from ray_app.errors import SourceError
from ray_app.settings import SourceSettings


@pytest.fixture
def place(tmp_path):
    for folder in ("in", "out", "in-between"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.txt").write_text(folder)
        with zipfile.ZipFile(tmp_path / folder / "a.zip", "w") as archive:
            archive.writestr("b.txt", folder)
    (tmp_path / "in" / "link.txt").symlink_to(tmp_path / "out" / "a.txt")
    (tmp_path / "in" / "folder").symlink_to(tmp_path / "out")
    return tmp_path


def within(place):
    return SourceSettings(local_folders=(place / "in",), attempts=1)


def forms(folder):
    return [
        str(folder),
        f"file://{folder}",
        str(folder / "a.txt"),
        f"zip://::file://{folder}/a.zip",
        f"{folder}/./a.zip",
    ]


def test_what_lies_in_the_folder_is_listed_and_read(place):
    for uri in forms(place / "in"):
        assert sources.root_of(uri, within(place))
    (first, *_) = sources.list_files(f"file://{place}/in", "s", "t", settings=within(place))
    assert sources.read(first, 100, within(place)) == b"in"


@pytest.mark.parametrize("folder", ["out", "in-between", "in/../out", "in/folder"])
def test_what_lies_elsewhere_is_refused_however_it_is_written(place, folder):
    for uri in forms(place / folder):
        with pytest.raises(SourceError, match=r"sources\.local_folders"):
            sources.root_of(uri, within(place))


def test_a_link_that_leads_out_is_listed_and_not_read(place):
    (link,) = [one for one in sources.list_files(f"file://{place}/in", "s", "t") if one.path == "link.txt"]
    with pytest.raises(SourceError, match=r"sources\.local_folders"):
        sources.read(link, 100, within(place))


def test_an_archives_member_is_judged_by_its_archive(place):
    (member,) = sources.list_files(f"zip:file://{place}/out/a.zip!", "s", "t")
    with pytest.raises(SourceError, match=r"sources\.local_folders"):
        sources.read(member, 100, within(place))


@pytest.mark.parametrize(
    "uri",
    [
        "zip://::local://{}/out/a.zip",
        "zip:local://{}/out/a.zip!",
        "zip://::local:{}/out/a.zip",
        "zip://::file://local:{}/out/a.zip",
        "zip://::FILE://{}/out/a.zip",
        "zip://::file://{0}/out/a.zip::file://{0}/in/a.zip",
        "zip:file://{}/in/a.zip!/../../out/a.zip!",
        "ZIP:file://{}/out/a.zip!",
        "file://{}/out",
        "FILE://{}/out",
        "file:{}/out/a.txt://",
    ],
)
def test_no_way_of_writing_leads_out(place, uri):
    with pytest.raises(SourceError):
        sources.root_of(uri.format(place), within(place))


def test_an_archive_is_judged_by_the_name_that_it_is_opened_by(place):
    """Nothing in it is escaped: a link may have a name that looks like another file's."""
    (place / "in" / "a%20b.zip").symlink_to(place / "out" / "a.zip")
    with pytest.raises(SourceError, match=r"sources\.local_folders"):
        sources.root_of(f"zip://::file://{place}/in/a%20b.zip", within(place))


def test_without_the_setting_every_folder_may_be_one(place):
    assert sources.root_of(str(place / "out"), SourceSettings()) == f"file://{place}/out"
