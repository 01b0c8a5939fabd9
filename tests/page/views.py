"""Every view of the page: a new one is one more row. Checks of accessibility and of widths walk this table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.page.library import Library
from tests.page.people import box, suggestions

Address = str | Callable[[Library], str]


@dataclass(frozen=True)
class View:
    """`prepare` brings it to the state that is looked at, once it is open."""

    name: str
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


VIEWS = (
    View("search", "/"),
    View("search, found", "/?q=notice+period+of+the+lease"),
    View("search, filtered", "/?q=lease&label=contract&sort=newest&from=2020-01-01"),
    View("search, nothing", "/?q=lease&label=contract&media_type=image/png"),
    View("search, hostile", "/?q=zebrafinch"),
    View("search, refused", "/?q=lease&from=yesterday", expected=("^422 POST /v1/search",)),
    View("search, keys", "/?q=lease", prepare=keys),
    View("search, suggestions", "/", prepare=offered),
    View("document, pdf", document("0017.pdf")),
    View("document, passage", document("0017.pdf", "?q=the&page=1&start=0&end=40")),
    View("document, text", document("2026-03-11.txt")),
    View("document, mail", document("fwd.eml")),
    View("document, scan", document("scan-0231.pdf")),
    View("document, word", document("from-mette.docx")),
    View("document, hostile", document("onerror=window.pwned='image'>.txt")),
    View(
        "document, unknown",
        "/documents/00000000-0000-0000-0000-000000000000",
        expected=("^404 GET /v1/documents/",),
    ),
    View("answer", "/answer"),
    View("upload", "/upload"),
    View("review", "/review"),
    View("models", "/models"),
    View("privacy", "/privacy"),
    View("operations", "/operations"),
    View("sign in", "/sign-in", signed_out=True, expected=("^401 GET /v1/me",)),
    View("not found", "/documents/not-an-identity"),
)
