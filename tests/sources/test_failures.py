"""What passes is tried again, and the rest is not: S3 with faults injected at the wire, and single errors."""

from __future__ import annotations

import errno
import sys

import pytest
from s3fs import S3FileSystem

from ray_app import pipeline, sources
from ray_app.errors import SourceError
from ray_app.settings import SourceSettings
from ray_app.sources.failures import is_passing
from tests.sources.servers import Breaking, serving

QUICK = SourceSettings(attempts=4, longest_wait_s=0.05, timeout_s=5)


@pytest.fixture
def proxied(s3, s3_port, monkeypatch):
    """A bucket with three objects, reached through a proxy that breaks what it is told to."""
    s3.mkdir("proxied")
    for name in ("a.txt", "b.txt", "c.txt"):
        s3.pipe_file(f"proxied/{name}", b"text of " + name.encode())
    with serving(Breaking, upstream=s3_port, faults=[], breaks="a.txt", asked=[]) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        S3FileSystem.clear_instance_cache()
        yield proxy
    s3.rm("proxied", recursive=True)


def listed(settings=QUICK):
    return list(sources.list_files("s3://proxied", "s", "t", settings=settings))


@pytest.mark.parametrize("fault", ["503", "429", "500", "reset", "short", "broken", "corrupt"])
def test_a_read_that_fails_for_a_passing_reason_is_repeated(proxied, fault):
    ref = listed()[0]
    proxied.faults, proxied.asked = [fault, fault], []
    assert sources.read(ref, 1000, QUICK) == b"text of a.txt"
    gets = [one for one in proxied.asked if fault in one]
    assert len(gets) == 2


def test_a_place_that_cannot_be_reached_is_tried_as_often_as_the_setting_says(proxied):
    proxied.breaks, proxied.faults, proxied.asked = "list-type", ["503"] * 50, []
    with pytest.raises(SourceError):
        sources.root_of("s3://proxied/a.txt", QUICK)
    assert len(proxied.asked) == QUICK.attempts


def test_an_empty_bucket_is_a_source_without_files_and_a_missing_one_an_error(s3):
    s3.mkdir("empty")
    assert list(sources.list_files(sources.root_of("s3://empty", QUICK), "s", "t", settings=QUICK)) == []
    for uri in ("s3://no-such-bucket", "s3://empty/no/such/folder"):
        with pytest.raises(SourceError) as caught:
            sources.root_of(uri, QUICK)
        assert not caught.value.passing


def test_a_single_object_and_odd_keys_are_read(s3):
    s3.mkdir("odd")
    names = ["100% æ.txt", "a b#c?.txt", "a//b.txt", "x::y.txt", "empty.txt"]
    for name in names:
        s3.call_s3("put_object", Bucket="odd", Key=name, Body=b"" if name == "empty.txt" else name.encode())
    refs = list(sources.list_files("s3://odd", "s", "t", settings=QUICK))
    assert [ref.path for ref in refs] == sorted(names)
    read = {ref.path: sources.read(ref, 100, QUICK) for ref in refs}
    assert read == {name: b"" if name == "empty.txt" else name.encode() for name in names}
    (single,) = sources.list_files(sources.root_of("s3://odd/a//b.txt", QUICK), "s", "t", settings=QUICK)
    assert (single.path, sources.read(single, 100, QUICK)) == ("b.txt", b"a//b.txt")


def test_tries_are_counted_by_the_setting_alone(proxied):
    ref = listed()[0]
    proxied.faults, proxied.asked = ["503"] * 50, []
    with pytest.raises(SourceError, match=r"s3://proxied/a.txt") as caught:
        sources.read(ref, 1000, QUICK)
    assert caught.value.passing
    assert len(proxied.asked) == QUICK.attempts


def test_what_is_forbidden_is_not_asked_for_again(proxied):
    ref = listed()[0]
    proxied.faults, proxied.asked = ["403"] * 50, []
    with pytest.raises(SourceError) as caught:
        sources.read(ref, 1000, QUICK)
    assert not caught.value.passing
    assert len(proxied.asked) == 1


def test_a_page_of_a_listing_is_repeated_by_itself(proxied):
    proxied.breaks, proxied.faults = "list-type", ["503", "reset"]
    assert [ref.path for ref in listed()] == ["a.txt", "b.txt", "c.txt"]


def test_a_listing_that_stays_throttled_is_an_error_and_no_shorter_listing(proxied):
    proxied.breaks, proxied.faults = "list-type", ["503"] * 50
    with pytest.raises(SourceError) as caught:
        listed()
    assert caught.value.passing


def test_an_object_that_was_replaced_since_the_listing_is_read_as_it_is_now(proxied, s3):
    ref = listed()[0]
    s3.pipe_file("proxied/a.txt", b"another text, and a longer one")
    assert sources.read(ref, 1000, QUICK) == b"another text, and a longer one"


def test_the_pipeline_takes_over_what_passes(proxied):
    ref = listed()[0]
    proxied.faults = ["503"] * 50
    failure = pipeline.fetch(ref, 1000, QUICK).failure
    assert (failure.reason, failure.passing) == ("unreadable", True)
    proxied.faults = []
    failure = pipeline.fetch(ref, 3, QUICK).failure
    assert (failure.reason, failure.passing) == ("too_large", False)
    assert pipeline.fetch(ref, 1000, QUICK).failure is None


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (TimeoutError(), True),
        (ConnectionResetError(), True),
        (OSError(errno.EIO, "input/output error"), True),
        (OSError(errno.ESTALE, "stale file handle"), True),
        (OSError(errno.ENOSPC, "no space"), False),
        (FileNotFoundError(), False),
        (PermissionError(), False),
        (ValueError("odd"), False),
        (SourceError("x", passing=True), True),
    ],
)
def test_single_errors(error, passing):
    assert is_passing(error) is passing


def test_the_cause_tells_where_the_error_does_not():
    error = RuntimeError("reading failed")
    error.__cause__ = ConnectionResetError()
    assert is_passing(error)


def test_a_missing_package_is_named_by_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(SourceError, match=r"pip install 'ray-app\[gcs\]'"):
        sources.root_of("gs://bucket/x")
