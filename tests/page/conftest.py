"""Fixtures of the page: one index for all of its tests, one browser, and a watched visit for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from tests.page.browser import FLAGS, Watch, chromium, settle
from tests.page.library import Library, fill, library
from tests.page.people import sign_in
from tests.serving.conftest import Uploads

WAIT_MS = 20_000  # a machine may be busy with much else
# The first test of the page waits for its index.
FIRST_S = 900


@pytest.hookimpl(tryfirst=True)  # before slow ones are left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser takes seconds for each of its tests: they are slow, but for some quick ones of each flow."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "books" in fixtures and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(FIRST_S))
        if "books" in fixtures and not item.get_closest_marker("quick"):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def filled(cluster, make_data_dir, tmp_path_factory):
    """Settings of the filled index."""
    from ray_app.settings import Settings

    settings = Settings(data_dir=make_data_dir("page"))
    fill(settings, tmp_path_factory.mktemp("hostile") / "hostile")
    return settings


@pytest.fixture(scope="session")
def books(filled, embedder) -> Iterator[Library]:
    """Shared by all: a test that changes a document makes one of its own."""
    with library(filled, embedder) as made:
        yield made


# Of the package, not of the session: while Playwright is open, an event loop runs in this thread, and no test
# of another package could start its own.
@pytest.fixture(scope="package")
def browser(books) -> Iterator[Any]:
    from playwright.sync_api import expect, sync_playwright

    path = chromium()
    if path is None:
        pytest.skip("Chromium is not installed here")
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield made
        made.close()


@pytest.fixture
def watch() -> Watch:
    """What goes wrong. A test that brings trouble about says so: `watch.expected.append("^503 POST")`."""
    return Watch()


@pytest.fixture
def servers() -> Iterator[ExitStack]:
    """What serves a test's own pages is entered here: it ends after they are closed, so that none asks in vain."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def visit(browser, books, watch, servers) -> Iterator[Callable[..., Any]]:
    """Opens the page as one more person would, in a browser that remembers nothing: `visit("/?q=lease")`."""
    contexts = []

    def go(address: str | None = "/", *, url: str = books.url, init: str = "", **options: Any) -> Any:
        options = {"locale": "en-GB", "viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce", **options}
        context = browser.new_context(base_url=url, **options)
        contexts.append(context)
        watch.over(context)
        context.set_default_timeout(WAIT_MS)
        if init:
            context.add_init_script(init)
        page = context.new_page()
        if address is not None:
            page.goto(address)
        return page

    yield go
    for context in contexts:
        context.close()
    assert watch.unexpected() == []


@pytest.fixture
def page(visit) -> Any:
    """The search view, open to everybody on this machine."""
    return visit()


@pytest.fixture
def shelf(books) -> Iterator[Uploads]:
    """For a test's own documents, which go with it: others count what the index holds."""
    with httpx.Client(base_url=books.url, timeout=60) as client:
        before = uploaded(client)
        yield Uploads(client, books.settings)
        for one in uploaded(client) - before:
            client.delete(f"/v1/documents/{one}").raise_for_status()


def uploaded(client: httpx.Client) -> set[str]:
    found = client.get("/v1/documents", params={"source": "uploads", "limit": 1000}).raise_for_status().json()
    return {one["id"] for one in found["documents"]}


@pytest.fixture
def member(visit, books, watch) -> Callable[..., Any]:
    """Signs in as one of this role, and opens an address: `member("reader", "/models")`."""
    watch.expected.append("^401 GET /v1/me")

    def go(role: str, address: str = "/", **options: Any) -> Any:
        page = visit(address, url=books.guarded, **options)
        sign_in(page, books.keys[role])
        page.wait_for_url(lambda url: url == books.guarded + address)
        settle(page)
        return page

    return go
