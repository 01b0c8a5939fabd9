"""Download of originals: whole, in parts, under harmless headers."""

from __future__ import annotations

import hashlib
import threading
import time
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st

from ray_app.errors import RefusedError
from ray_app.serving.ranges import wanted_range
from ray_app.serving.routes.document_originals import disposition
from tests.conftest import free_port, run_cli
from tests.serving.apps import models
from tests.serving.conftest import Uploads
from tests.serving.test_api import problem

pytestmark = pytest.mark.slow

DATA = b"0123456789 an original that is read in parts"


@pytest.fixture(scope="module")
def url(uploads):
    return f"/v1/documents/{uploads.add('parts.txt', DATA)['id']}/original"


def test_the_whole_comes_back_as_a_download(uploads, url):
    response = uploads.client.get(url)
    assert (response.status_code, response.content) == (200, DATA)
    assert response.headers["content-type"].startswith("text/plain")
    assert response.headers["etag"] == f'"{hashlib.sha256(DATA).hexdigest()}"'
    assert response.headers["content-disposition"].startswith("attachment;")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["accept-ranges"] == "bytes"


def test_head_tells_the_same_without_the_bytes(uploads, url):
    head, get = uploads.client.head(url), uploads.client.get(url)
    assert head.status_code == 200
    assert head.content == b""
    names = ("etag", "content-length", "content-type", "content-disposition")
    assert [head.headers[name] for name in names] == [get.headers[name] for name in names]


@pytest.mark.parametrize(
    ("wanted", "expected", "content_range"),
    [
        ("bytes=0-3", DATA[:4], f"bytes 0-3/{len(DATA)}"),
        ("bytes=10-", DATA[10:], f"bytes 10-{len(DATA) - 1}/{len(DATA)}"),
        ("bytes=-5", DATA[-5:], f"bytes {len(DATA) - 5}-{len(DATA) - 1}/{len(DATA)}"),
        ("bytes=5-99999", DATA[5:], f"bytes 5-{len(DATA) - 1}/{len(DATA)}"),
        ("bytes=-99999", DATA, f"bytes 0-{len(DATA) - 1}/{len(DATA)}"),
    ],
)
def test_a_range_is_partial_content(uploads, url, wanted, expected, content_range):
    response = uploads.client.get(url, headers={"Range": wanted})
    assert (response.status_code, response.content) == (206, expected)
    assert response.headers["content-range"] == content_range
    assert response.headers["content-length"] == str(len(expected))


@pytest.mark.parametrize("wanted", ["bytes=44-", "bytes=1000-2000", "bytes=-0"])
def test_a_range_beyond_the_end_is_not_satisfiable(uploads, url, wanted):
    response = uploads.client.get(url, headers={"Range": wanted})
    problem(response, 416, "range-not-satisfiable")
    assert response.headers["content-range"] == f"bytes */{len(DATA)}"


@pytest.mark.parametrize("wanted", ["bytes=0-1,4-5", "lines=1-2", "bytes=", "bytes=5-2", "nonsense"])
def test_what_is_no_single_range_is_answered_with_the_whole(uploads, url, wanted):
    response = uploads.client.get(url, headers={"Range": wanted})
    assert (response.status_code, response.content) == (200, DATA)


def test_a_range_of_another_version_is_answered_with_the_whole(uploads, url):
    etag = uploads.client.head(url).headers["etag"]
    same = uploads.client.get(url, headers={"Range": "bytes=0-3", "If-Range": etag})
    other = uploads.client.get(url, headers={"Range": "bytes=0-3", "If-Range": '"other"'})
    assert (same.status_code, other.status_code) == (206, 200)
    assert other.content == DATA


@pytest.mark.parametrize(("tags", "status"), [("{}", 304), ('"x", W/{}', 304), ("*", 304), ('"x"', 200)])
def test_a_reader_that_has_this_version_is_told_so(uploads, url, tags, status):
    etag = uploads.client.head(url).headers["etag"]
    response = uploads.client.get(url, headers={"If-None-Match": tags.format(etag)})
    assert response.status_code == status


def test_html_is_never_a_page_of_this_server(uploads):
    document = uploads.add("page.html", b"<!doctype html><html><script>alert(1)</script>hostile page</html>")
    headers = uploads.client.get(f"/v1/documents/{document['id']}/original").headers
    assert headers["content-disposition"].startswith("attachment")
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]


def test_an_empty_original_has_no_range(uploads):
    document = uploads.add("empty.txt", b"")
    url = f"/v1/documents/{document['id']}/original"
    assert uploads.client.get(url).content == b""
    problem(uploads.client.get(url, headers={"Range": "bytes=0-"}), 416, "range-not-satisfiable")


def test_an_original_larger_than_a_piece_comes_whole(uploads):
    data = b"the first words" + b"\n" * 1_500_000 + b"the last words"
    document = uploads.add("large.txt", data, source="large")
    assert uploads.client.get(f"/v1/documents/{document['id']}/original").content == data


@given(st.text(max_size=80))
def test_any_name_makes_one_harmless_header(name):
    header = disposition(name)
    assert header.isascii()
    assert header.isprintable()
    assert header.startswith('attachment; filename="')
    assert header.count('"') == 2
    assert "; filename*=UTF-8''" in header


@given(st.integers(0, 50), st.integers(0, 60) | st.none(), st.integers(0, 60) | st.none())
def test_a_range_never_leaves_the_file(size, first, last):
    header = f"bytes={'' if first is None else first}-{'' if last is None else last}"
    try:
        part = wanted_range(header, size)
    except RefusedError:
        return
    if part is not None:
        start, end = part
        assert 0 <= start < end <= size
        assert (
            range(start, end)
            == range(size)[
                slice(first, None if last is None else last + 1)
                if first is not None
                else slice(max(0, size - last), None)
            ]
        )


def test_an_ingested_file_is_read_from_its_place_while_it_is_the_same(uploads, cluster, tmp_path):
    file = tmp_path / "invoice.txt"
    file.write_text("an invoice for gooseberries")
    run_cli("ingest", str(tmp_path), "--source", "files", environment=cluster.environment(uploads.settings.data_dir))
    (document,) = uploads.client.get("/v1/documents", params={"source": "files"}).json()["documents"]
    url = f"/v1/documents/{document['id']}/original"
    assert uploads.client.get(url, headers={"Range": "bytes=3-9"}).content == b"invoice"
    file.write_text("another invoice")
    problem(uploads.client.get(url), 410, "gone")
    file.unlink()
    problem(uploads.client.get(url), 410, "gone")


def test_an_ingested_file_is_processed_again_from_its_place(uploads, cluster, tmp_path):
    (tmp_path / "deed.txt").write_text("a deed about a mulberry tree")
    run_cli("ingest", str(tmp_path), "--source", "deeds", environment=cluster.environment(uploads.settings.data_dir))
    (document,) = uploads.client.get("/v1/documents", params={"source": "deeds"}).json()["documents"]
    assert uploads.client.post(f"/v1/documents/{document['id']}/reprocess").status_code == 202
    assert uploads.settled(document)["outcome"] == "indexed"
    again = run_cli(
        "ingest", str(tmp_path), "--source", "deeds", environment=cluster.environment(uploads.settings.data_dir)
    )
    assert "1 unchanged" in again.stdout + again.stderr
    problem(uploads.client.put(f"/v1/documents/{document['id']}/content", content=b"x"), 409, "conflict")


@contextmanager
def served_for(uploads, tenant, embedder):
    """A server for another tenant of the same index."""
    from ray_app.serving.http import create_app

    settings = uploads.settings.model_copy(update={"tenant": tenant})
    port = free_port()
    app = create_app(settings, *models(settings, embedder))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.05)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        yield Uploads(client, settings)
    server.should_exit = True
    thread.join(30)


def test_tenants_neither_see_nor_change_each_others_documents(uploads, embedder):
    mine = uploads.add("shared-name.txt", b"my own loganberry")
    with served_for(uploads, "other", embedder) as other:
        for method, path in [
            *(("GET", path) for path in ("", "/text", "/original", "/pages/1.png")),
            *(("DELETE", ""), ("PUT", "/content"), ("POST", "/reprocess")),
        ]:
            problem(other.client.request(method, f"/v1/documents/{mine['id']}{path}"), 404, "not-found")
        theirs = other.add("shared-name.txt", b"my own loganberry")
        assert theirs["id"] != mine["id"]
        assert theirs["outcome"] == "indexed", "what another tenant has is no copy"
        assert other.found("loganberry") == {theirs["uri"]}
        assert other.client.delete(f"/v1/documents/{theirs['id']}").status_code == 204
        assert other.found("loganberry") == set()
    assert uploads.found("loganberry") == {mine["uri"]}
    assert uploads.client.get(f"/v1/documents/{mine['id']}/original").content == b"my own loganberry"
