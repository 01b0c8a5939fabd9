"""Web sources: which addresses they may reach, and what they make of pages and headers."""

from __future__ import annotations

import socket

import pytest

from ray_app import sources
from ray_app.errors import SourceError
from ray_app.settings import SourceSettings
from ray_app.sources.http import is_public
from tests.sources.servers import Scripted, folder_server, serving

OPEN = SourceSettings(attempts=3, longest_wait_s=0.05, timeout_s=5, allow_private_addresses=True)
CLOSED = OPEN.model_copy(update={"allow_private_addresses": False})
HTML = {"Content-Type": "text/html"}


@pytest.fixture
def site():
    with serving(Scripted, answers={}, asked=[]) as server:
        yield server


def listed(url, settings=OPEN):
    return list(sources.list_files(sources.root_of(url, settings), "s", "t", settings=settings))


def refused(url):
    with pytest.raises(SourceError, match=r"not public.*allow_private_addresses") as caught:
        sources.root_of(url, CLOSED)
    assert not caught.value.passing


def resolving(monkeypatch, answers):
    """Names stand for the given addresses, one after the other, as with a name server that changes its mind."""
    real = socket.getaddrinfo

    def getaddrinfo(host, *args, **kwargs):
        if host in answers:
            host = answers[host].pop(0) if len(answers[host]) > 1 else answers[host][0]
        return real(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]"])
def test_loopback_is_refused_however_it_is_written(site, host):
    site.answers["/a.txt"] = (200, {}, b"secret")
    refused(site.url.replace("127.0.0.1", host) + "/a.txt")
    assert site.asked == []


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001"])
def test_addresses_in_odd_notations_lead_nowhere(site, host):
    with pytest.raises(SourceError):
        sources.root_of(site.url.replace("127.0.0.1", host) + "/a.txt", CLOSED)
    assert site.asked == []


def test_a_name_that_stands_for_a_private_address_is_refused(site, monkeypatch):
    resolving(monkeypatch, {"files.example.org": ["127.0.0.1"]})
    refused(site.url.replace("127.0.0.1", "files.example.org") + "/a.txt")
    assert site.asked == []


def test_a_name_is_judged_by_the_address_of_each_connection(site, monkeypatch):
    """A name server that changes its mind: an address of the open internet first, then the loopback one."""
    resolving(monkeypatch, {"rebind.example.org": ["93.184.216.34", "127.0.0.1"]})
    url = site.url.replace("127.0.0.1", "rebind.example.org") + "/a.txt"
    with pytest.raises(SourceError) as caught:
        sources.root_of(url, CLOSED.model_copy(update={"timeout_s": 0.2, "attempts": 1}))
    assert "not public" not in str(caught.value)
    refused(url)
    assert site.asked == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_a_private_address_is_refused(site, monkeypatch, status):
    """The first server is let through, as a public one would be; where it leads is judged anew."""
    site.answers["/secret"] = (200, {}, b"secret")
    with serving(Scripted, answers={"/a.txt": (status, {"Location": f"{site.url}/secret"}, b"")}, asked=[]) as outer:
        monkeypatch.setattr("ray_app.sources.http.is_public", first_time())
        refused(f"{outer.url}/a.txt")
        assert outer.asked == ["HEAD /a.txt"]
    assert site.asked == []


def first_time():
    """Judges the first address to be public, and the others as they are."""
    seen = []

    def judge(address):
        seen.append(address)
        return len(seen) == 1 or is_public(address)

    return judge


def test_a_read_is_judged_too(site):
    site.answers["/a.txt"] = (200, {"ETag": "x"}, b"text")
    (ref,) = listed(f"{site.url}/a.txt")
    site.asked.clear()
    with pytest.raises(SourceError, match="not public"):
        sources.read(ref, 100, CLOSED)
    assert site.asked == []


def test_redirects_are_followed_where_they_may_lead(site):
    site.answers |= {"/a.txt": (302, {"Location": "/b.txt"}, b""), "/b.txt": (200, {"ETag": "x"}, b"text")}
    (ref,) = listed(f"{site.url}/a.txt")
    assert (ref.path, sources.read(ref, 100, OPEN)) == ("a.txt", b"text")


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "::ffff:10.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
    ],
)
def test_addresses_that_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_that_are_public(address):
    assert is_public(address)


def test_links_that_lead_out_or_nowhere_or_only_sort_are_left_out(site):
    links = [
        "a.txt",
        "gone.txt",
        "?C=N;O=D",
        "../",
        "/other/x.txt",
        "http://elsewhere.example.org/x",
        "#top",
        "./b.txt",
    ]
    page = "".join(f'<a href="{link}">x</a>' for link in links).encode()
    site.answers |= {"/d/": (200, HTML, page), "/d/a.txt": (200, {"ETag": "1"}, b"a"), "/d/b.txt": (200, {}, b"b")}
    assert [ref.path for ref in listed(f"{site.url}/d/")] == ["a.txt", "b.txt"]


def test_pages_that_lead_in_a_circle_come_to_an_end(site):
    site.answers |= {"/d/": (200, HTML, b'<a href="e/">x</a><a href="e/a.txt">x</a>')}
    site.answers |= {"/d/e/": (200, HTML, b'<a href="/d/">x</a><a href="/d/e/">x</a><a href="a.txt">x</a>')}
    site.answers |= {"/d/e/a.txt": (200, {"ETag": "1"}, b"a")}
    assert [ref.path for ref in listed(f"{site.url}/d/")] == ["e/a.txt"]


def test_a_file_without_validators_counts_as_changed_each_time(site):
    site.answers["/a.txt"] = (200, {}, b"text")
    assert listed(f"{site.url}/a.txt")[0].version != listed(f"{site.url}/a.txt")[0].version
    site.answers["/a.txt"] = (200, {"Last-Modified": "Mon, 01 Jun 2026 10:00:00 GMT"}, b"text")
    assert listed(f"{site.url}/a.txt")[0].version == listed(f"{site.url}/a.txt")[0].version


def test_a_file_that_the_server_refuses_is_listed_and_reading_it_tells_why(site):
    site.answers |= {"/d/": (200, HTML, b'<a href="a.txt">x</a>'), "/d/a.txt": (403, {}, b"no")}
    (ref,) = listed(f"{site.url}/d/")
    with pytest.raises(SourceError, match="403") as caught:
        sources.read(ref, 100, OPEN)
    assert not caught.value.passing


def test_an_answer_that_breaks_off_is_asked_for_again(site):
    site.answers["/a.txt"] = (200, {"ETag": "1"}, b"text")
    (ref,) = listed(f"{site.url}/a.txt")
    site.answers["/a.txt"] = (200, {"Content-Length": "100"}, b"te")
    site.asked.clear()
    with pytest.raises(SourceError) as caught:
        sources.read(ref, 1000, OPEN)
    assert caught.value.passing
    assert len(site.asked) == OPEN.attempts


def test_a_file_that_says_nothing_of_its_size_is_not_read_beyond_the_limit(site):
    site.answers["/a.txt"] = (200, {"ETag": "1"}, b"text")
    (ref,) = listed(f"{site.url}/a.txt")
    site.answers["/a.txt"] = (200, {"Content-Length": str(1 << 40)}, b"x" * 200_000)
    with pytest.raises(SourceError, match="larger than") as caught:
        sources.read(ref, 100_000, OPEN)
    assert caught.value.reason == "too_large"


def test_odd_names_are_listed_and_read(tmp_path):
    for name in ("100% æ.txt", "a#b.txt", "q?.txt", "a b.txt"):
        (tmp_path / name).write_text(name)
    with folder_server(tmp_path) as server:
        refs = listed(f"{server.url}/")
        assert sorted(ref.path for ref in refs) == sorted(["100% æ.txt", "a#b.txt", "q?.txt", "a b.txt"])
        assert all(sources.read(ref, 100, OPEN).decode() == ref.path for ref in refs)


def test_a_password_in_the_url_is_refused():
    with pytest.raises(SourceError, match="password"):
        sources.root_of("http://anna:secret@files.example.org/")
