"""The page's document and files over real HTTP: who may have them, how long they are kept, and what is not given."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import httpx
import pytest

from ray_app.serving.page import FOLDER, MOUNT, VIEWS, version
from tests.serving.apps import problem, required
from tests.serving.live import live

TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
FILES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.suffix in TYPES)
KEPT, ASKED_AGAIN = "public, max-age=31536000, immutable", "no-cache"


@pytest.fixture(scope="module")
def url(make_data_dir, embedder):
    """With authentication: what is read here is what anybody may read."""
    from ray_app.settings import Settings

    with live(required(Settings(data_dir=make_data_dir("page-files"))), embedder) as url:
        yield url


@pytest.fixture(scope="module")
def client(url):
    with httpx.Client(base_url=url, timeout=30) as client:
        yield client


def file(name: str, release: str | None = None) -> str:
    return f"{MOUNT}/{release or version()}/{name}"


@pytest.mark.parametrize("view", [view.replace("{document_id}", "0c6d") for view in VIEWS])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_each_view_is_answered_with_the_document_and_its_policy(client, method, view):
    response = client.request(method, view)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == ASKED_AGAIN
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "same-origin"
    assert (method == "HEAD") is (response.content == b"")
    policy = dict(one.strip().partition(" ")[::2] for one in response.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"


def test_the_document_names_files_that_are_there(client):
    text = client.get("/").text
    assert version() in text
    assert "{" not in text
    assert client.get(file("app.js")).status_code == 200


@pytest.mark.parametrize("name", FILES)
def test_files_of_this_release_are_kept_for_good_and_say_what_they_are(client, name):
    response = client.get(file(name))
    assert response.status_code == 200
    assert response.content == (FOLDER / name).read_bytes()
    assert (
        response.headers["content-type"].replace("application/javascript", "text/javascript")
        == TYPES[f".{name.rpartition('.')[2]}"]
    )
    assert response.headers["cache-control"] == KEPT
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["app.js", "style.css", "words/en/common.json"])
def test_files_travel_compressed(client, name):
    response = client.get(file(name), headers={"Accept-Encoding": "gzip"})
    assert response.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in response.headers["vary"].lower()
    assert response.num_bytes_downloaded < len(response.content) / 2


def test_small_files_and_those_who_cannot_unpack_get_them_plainly(client):
    assert "content-encoding" not in client.get(file("app.js"), headers={"Accept-Encoding": "identity"}).headers
    assert "content-encoding" not in client.get(file("icon.svg"), headers={"Accept-Encoding": "gzip"}).headers


def test_a_page_of_an_earlier_release_still_finds_files_but_keeps_none(client):
    response = client.get(file("app.js", "000000000000"))
    assert (response.status_code, response.headers["cache-control"]) == (200, ASKED_AGAIN)


def test_what_is_not_there_is_not_kept_either(client):
    response = client.get(file("nothing.js"))
    problem(response, 404, "not-found")
    assert "immutable" not in response.headers.get("cache-control", "")


def test_a_file_has_its_head_and_is_not_sent_twice(client):
    head = client.head(file("style.css"))
    assert (head.status_code, head.content) == (200, b"")
    assert client.get(file("style.css"), headers={"If-None-Match": head.headers["etag"]}).status_code == 304


def test_a_mistyped_address_is_told_of_by_the_page_to_people_and_by_a_problem_to_others(client):
    people = client.get("/serach", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (people.status_code, people.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert people.content == client.get("/").content
    problem(client.get("/serach"), 404, "not-found")
    problem(client.get("/v1/serach", headers={"Accept": "text/html"}), 401, "unauthenticated")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/", "/review", "/page/x/app.js"])
def test_the_page_is_only_read(client, method, path):
    assert client.request(method, path).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        *(
            "../__init__.py",
            "../../session.py",
            "..%2f..%2fsession.py",
            "%2e%2e/%2e%2e/session.py",
            "..%5c..%5csession.py",
        ),
        *(
            "/etc/passwd",
            "//etc/passwd",
            "%2fetc%2fpasswd",
            "....//....//session.py",
            "app.js%00.css",
            "words",
            "",
            ".",
        ),
        *("__init__.py", "__pycache__/__init__.cpython-311.pyc", "index.html/../../__init__.py"),
    ],
)
def test_nothing_else_is_given(url, path):
    """Asked as bytes: a client would tidy the path first."""
    status, body = ask(url, f"{MOUNT}/{version()}/{path}")
    assert status in (400, 401, 404), body[:200]
    assert b"import annotations" not in body
    assert b"root:" not in body


def ask(url: str, path: str) -> tuple[int, bytes]:
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body
