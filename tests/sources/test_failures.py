"""What passes is tried again, and the rest is not: object storages with faults at the wire, and single errors."""

from __future__ import annotations

import errno
import subprocess
import sys
from dataclasses import dataclass
from threading import Event
from typing import Any

import pytest

from ray_app import pipeline, sources
from ray_app.errors import SourceError
from ray_app.settings import SourceSettings
from ray_app.sources.failures import is_passing
from tests.sources.conftest import Storage
from tests.sources.servers import Breaking, serving

QUICK = SourceSettings(attempts=4, longest_wait_s=0.05, timeout_s=5)


# What a request for a page of a listing has in its path, and no other request.
LISTING = {"s3": "list-type", "gs": "prefix=", "az": "comp=list"}


@dataclass
class Proxied:
    """A bucket with three objects, reached through a proxy that breaks what it is told to."""

    uri: str
    storage: Storage
    proxy: Any

    def breaks(self, *faults, on="a.txt"):
        """Each fault is met by one request for what is named, in this order."""
        self.proxy.breaks, self.proxy.faults, self.proxy.asked = on, list(faults), []

    def breaks_listings(self, *faults):
        self.breaks(*faults, on=LISTING[self.storage.scheme])

    def met(self, fault):
        """How many requests met the fault."""
        return sum(one.endswith(f" {fault}") for one in self.proxy.asked)

    def listed(self):
        return list(sources.list_files(self.uri, "s", "t", settings=QUICK))


@pytest.fixture
def proxied(storage):
    bucket = storage.bucket("proxied")
    for name in ("a.txt", "b.txt", "c.txt"):
        storage.client.pipe_file(f"{bucket}/top/{name}", b"text of " + name.encode())
    ended = Event()
    with serving(Breaking, upstream=storage.port, faults=[], breaks="a.txt", asked=[], ended=ended) as proxy:
        storage.lead_to(proxy.server_port)
        yield Proxied(f"{storage.scheme}://{bucket}/top", storage, proxy)
        ended.set()


@pytest.mark.parametrize("fault", ["503", "429", "500", "502", "reset", "short", "broken"])
def test_a_read_that_fails_for_a_passing_reason_is_repeated(proxied, fault):
    ref = proxied.listed()[0]
    proxied.breaks(fault, fault)
    assert sources.read(ref, 1000, QUICK) == b"text of a.txt"
    assert proxied.met(fault) == 2


@pytest.mark.parametrize("storage", ["s3"], indirect=True)
def test_bytes_that_do_not_fit_the_checksum_are_asked_for_again(proxied):
    ref = proxied.listed()[0]
    proxied.breaks("corrupt", "corrupt")
    assert sources.read(ref, 1000, QUICK) == b"text of a.txt"
    assert proxied.met("corrupt") == 2


def test_a_place_that_cannot_be_reached_is_tried_as_often_as_the_setting_says(proxied):
    proxied.breaks_listings(*["503"] * 50)
    with pytest.raises(SourceError):
        sources.root_of(f"{proxied.uri}/a.txt", QUICK)
    assert len(proxied.proxy.asked) == QUICK.attempts


def test_an_empty_bucket_is_a_source_without_files_and_a_missing_one_an_error(storage):
    empty = f"{storage.scheme}://{storage.bucket('empty')}"
    assert list(sources.list_files(sources.root_of(empty, QUICK), "s", "t", settings=QUICK)) == []
    for uri in (f"{storage.scheme}://no-such-bucket", f"{empty}/no/such/folder"):
        with pytest.raises(SourceError, match=r"nothing is there|no-such-bucket") as caught:
            sources.root_of(uri, QUICK)
        assert not caught.value.passing


def test_a_single_object_and_odd_keys_are_read(storage):
    bucket = storage.bucket("odd")
    texts = {name: name.encode() for name in ["100% æ.txt", "a b#c?.txt", "x/y::z.txt", "æ/+&=.txt"]} | {
        "empty.txt": b""
    }
    for name, text in texts.items():
        storage.client.pipe_file(f"{bucket}/{name}", text)
    refs = list(sources.list_files(f"{storage.scheme}://{bucket}", "s", "t", settings=QUICK))
    assert [ref.path for ref in refs] == sorted(texts)
    assert {ref.path: sources.read(ref, 100, QUICK) for ref in refs} == texts
    root = sources.root_of(f"{storage.scheme}://{bucket}/æ/+&=.txt", QUICK)
    (single,) = sources.list_files(root, "s", "t", settings=QUICK)
    assert (single.path, sources.read(single, 100, QUICK)) == ("+&=.txt", "æ/+&=.txt".encode())


def test_a_key_with_an_empty_part_is_read(s3):
    s3.mkdir("doubled")
    s3.call_s3("put_object", Bucket="doubled", Key="a//b.txt", Body=b"text")
    (ref,) = sources.list_files("s3://doubled", "s", "t", settings=QUICK)
    assert (ref.path, sources.read(ref, 100, QUICK)) == ("a//b.txt", b"text")
    (single,) = sources.list_files(sources.root_of("s3://doubled/a//b.txt", QUICK), "s", "t", settings=QUICK)
    assert (single.path, sources.read(single, 100, QUICK)) == ("b.txt", b"text")


def test_tries_are_counted_by_the_setting_alone(proxied):
    ref = proxied.listed()[0]
    proxied.breaks(*["503"] * 50)
    with pytest.raises(SourceError, match=rf"{proxied.uri}/a.txt") as caught:
        sources.read(ref, 1000, QUICK)
    assert caught.value.passing
    assert len(proxied.proxy.asked) == QUICK.attempts


def test_what_is_forbidden_is_not_asked_for_again(proxied):
    ref = proxied.listed()[0]
    proxied.breaks(*["403"] * 50)
    with pytest.raises(SourceError) as caught:
        sources.read(ref, 1000, QUICK)
    assert not caught.value.passing
    assert len(proxied.proxy.asked) == 1


@pytest.mark.parametrize("fault", ["503", "reset", "broken"])
def test_a_page_of_a_listing_is_repeated_by_itself(proxied, fault):
    proxied.breaks_listings(fault, fault)
    assert [ref.path for ref in proxied.listed()] == ["a.txt", "b.txt", "c.txt"]
    assert proxied.met(fault) == 2


def test_a_server_that_falls_silent_is_asked_again_after_the_time_that_the_setting_says(proxied):
    hasty = QUICK.model_copy(update={"timeout_s": 0.5})
    proxied.breaks_listings("silent")
    refs = list(sources.list_files(proxied.uri, "s", "t", settings=hasty))
    assert (len(refs), proxied.met("silent")) == (3, 1)
    proxied.breaks("silent")
    assert sources.read(refs[0], 1000, hasty) == b"text of a.txt"
    assert proxied.met("silent") == 1


def test_a_listing_that_stays_throttled_is_an_error_and_no_shorter_listing(proxied):
    proxied.breaks_listings(*["503"] * 50)
    with pytest.raises(SourceError) as caught:
        proxied.listed()
    assert caught.value.passing


def test_an_object_that_was_replaced_since_the_listing_is_read_as_it_is_now(proxied):
    ref = proxied.listed()[0]
    path = ref.uri.partition("://")[2]
    proxied.storage.client.rm_file(path)
    proxied.storage.client.pipe_file(path, b"another text, and a longer one")
    assert sources.read(ref, 1000, QUICK) == b"another text, and a longer one"


def test_the_pipeline_takes_over_what_passes(proxied):
    ref = proxied.listed()[0]
    proxied.breaks(*["503"] * 50)
    failure = pipeline.fetch(ref, 1000, QUICK).failure
    assert (failure.reason, failure.passing) == ("unreadable", True)
    proxied.breaks()
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


def test_a_missing_package_is_named_by_its_extra():
    """In a process of its own, where nobody has imported the package yet."""
    script = "import sys; sys.modules['gcsfs'] = None; from ray_app import sources; sources.root_of('gs://bucket/x')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "SourceError: gs://bucket/x" in done.stderr
    assert "pip install 'ray-app[gcs]'" in done.stderr
