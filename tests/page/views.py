"""Every view of the page: a new one is one more row. Checks of accessibility and of widths walk this table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.page.library import Library
from tests.page.people import box, suggestions

Address = str | Callable[[Library], str]


@dataclass(frozen=True)
class View:
    """`module` is its file in views/. `prepare` brings it to the state that is looked at, once it is open."""

    name: str
    module: str
    address: Address
    prepare: Callable[[Page], None] | None = None
    signed_out: bool = False
    expected: tuple[str, ...] = ()

    def at(self, books: Library) -> str:
        """Its address, with the identities that this index has."""
        return self.address if isinstance(self.address, str) else self.address(books)


def document(ending: str, query: str = "") -> Callable[[Library], str]:
    """The address of the document whose URI ends so."""
    return lambda books: f"/documents/{books.named(ending)['id']}{query}"


def keys(page: Page) -> None:
    """Opens the sheet of keys."""
    page.keyboard.press("?")
    page.locator("dialog[open]").wait_for()


def offered(page: Page) -> None:
    """Types until completions are offered."""
    box(page).press_sequentially("le")
    suggestions(page).first.wait_for()


# Those that are looked at by quick tests, too.
QUICK = ("search, found", "document, pdf", "sign in")
VIEWS = (
    View("search", "search", "/"),
    View("search, found", "search", "/?q=notice+period+of+the+lease"),
    View("search, filtered", "search", "/?q=lease&label=contract&sort=newest&from=2020-01-01"),
    View("search, nothing", "search", "/?q=lease&label=contract&media_type=image/png"),
    View("search, hostile", "search", "/?q=zebrafinch"),
    View("search, refused", "search", "/?q=lease&from=yesterday", expected=("^422 POST /v1/search",)),
    View("search, keys", "search", "/?q=lease", prepare=keys),
    View("search, suggestions", "search", "/", prepare=offered),
    View("document, pdf", "document", document("0017.pdf")),
    View("document, passage", "document", document("0017.pdf", "?q=the&page=1&start=0&end=40")),
    View("document, text", "document", document("2026-03-11.txt")),
    View("document, mail", "document", document("fwd.eml")),
    View("document, scan", "document", document("scan-0231.pdf")),
    View("document, word", "document", document("from-mette.docx")),
    View("document, hostile", "document", document("onerror=window.pwned='image'>.txt")),
    View(
        "document, unknown",
        "document",
        "/documents/00000000-0000-0000-0000-000000000000",
        expected=("^404 GET /v1/documents/",),
    ),
    View("answer", "answer", "/answer"),
    View("upload", "upload", "/upload"),
    View("review", "review", "/review"),
    View("models", "models", "/models"),
    View("privacy", "privacy", "/privacy"),
    View("operations", "operations", "/operations"),
    View("sign in", "signin", "/sign-in", signed_out=True, expected=("^401 GET /v1/me",)),
    View("not found", "missing", "/documents/not-an-identity"),
)


def each(*schemes: str) -> list[Any]:
    """Parameters of a test for each view, and for each of the schemes where some are named."""
    return [
        pytest.param(
            *([view, scheme] if scheme else [view]),
            marks=[pytest.mark.quick] if view.name in QUICK else [],
            id=", ".join(filter(None, (view.name, scheme))),
        )
        for view in VIEWS
        for scheme in schemes or ("",)
    ]
