"""What every kind of place promises."""

from __future__ import annotations

import pytest

from ray_app import sources
from ray_app.errors import SourceError
from ray_app.records import EVERYTHING, Selection


def listed(place, selection=EVERYTHING):
    root = sources.root_of(place.uri, place.settings)
    return list(sources.list_files(root, "src", "t", selection, place.settings))


def test_every_document_is_listed_once_with_its_size_and_read_back(place):
    refs = listed(place)
    read = [sources.read(ref, 10_000, place.settings) for ref in refs]
    assert sorted(read) == sorted(place.contents)
    assert [ref.size for ref in refs] == [len(data) for data in read]
    assert len({ref.uri for ref in refs}) == len(refs) == 3


def test_two_listings_are_equal_order_included(place):
    assert listed(place) == listed(place)


def test_folders_come_in_order(place):
    folders = [ref.folder for ref in listed(place)]
    assert folders in (sorted(folders), ["INBOX" if name == "INBOX" else name for name in sorted(folders)])


def test_the_root_begins_the_uri_of_each_document(place):
    root = sources.root_of(place.uri, place.settings)
    assert root == sources.root_of(root, place.settings)
    assert all(ref.uri.startswith(f"{root}/") for ref in listed(place))
    assert not root.endswith("/")


def test_a_vanished_file_is_an_error_that_does_not_pass(place):
    ref = listed(place)[0]
    place.remove(ref.path)
    with pytest.raises(SourceError) as caught:
        sources.read(ref, 10_000, place.settings)
    assert not caught.value.passing
    assert caught.value.reason == "unreadable"
    assert ref not in listed(place)


def test_a_file_over_the_limit_is_refused(place):
    ref = listed(place)[0]
    with pytest.raises(SourceError, match=r"larger than .*max_file_mb") as caught:
        sources.read(ref, 3, place.settings)
    assert (caught.value.reason, caught.value.passing) == ("too_large", False)


def test_a_file_as_large_as_the_limit_is_read(place):
    ref = listed(place)[0]
    assert len(sources.read(ref, ref.size, place.settings)) == ref.size


def test_only_selected_files_are_listed(place):
    wanted = listed(place)[1:]
    assert listed(place, Selection(exclude=(listed(place)[0].path,))) == wanted
    assert listed(place, Selection(types=("pdf",))) == []


def test_a_place_that_is_not_there_is_an_error(place):
    with pytest.raises(SourceError) as caught:
        sources.root_of(place.nowhere, place.settings)
    assert not caught.value.passing
