"""What people do on the page, by the names that they see."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

from tests.page.browser import settle


def hits(page: Page) -> Locator:
    """The documents found; those that are still awaited have no identity."""
    return page.locator("li.hit[data-id]")


def titles(page: Page) -> list[str]:
    """The titles of the hits, best first."""
    return hits(page).locator("h2").all_inner_texts()


def box(page: Page) -> Locator:
    """Where one types what to look for."""
    return page.get_by_role("search").get_by_role("combobox")


def suggestions(page: Page) -> Locator:
    """What is offered while one types."""
    return page.get_by_role("listbox", name="Suggestions", include_hidden=True).get_by_role("option")


def search_for(page: Page, words: str) -> None:
    """Types into the box, presses Enter, and waits until all is there."""
    box(page).fill(words)
    box(page).press("Enter")
    expect(page).to_have_title(f"{words} – ray-app")
    settle(page)


def narrow(page: Page, field: str, value: str) -> None:
    """Turns the chip of a value on or off."""
    page.get_by_role("group", name=field).get_by_role("button", name=value).click()
    settle(page)


def sort_by(page: Page, order: str) -> None:
    page.get_by_role("main").get_by_label("Order").select_option(order)
    settle(page)


def sign_in(page: Page, key: str, *, stay: bool = False) -> None:
    """Types the key and presses the button; where to is for the test to look at."""
    page.get_by_label("API key").fill(key)
    page.get_by_label("Stay signed in").set_checked(stay)
    page.get_by_role("button", name="Sign in").click()


def place(page: Page) -> tuple[str, dict[str, list[str]]]:
    """What the address bar says: the path, and what is asked for."""
    parts = urlsplit(page.url)
    return parts.path, parse_qs(parts.query)


def said(page: Page, words: str) -> None:
    """Waits until the page says so at its edge, for a moment."""
    expect(page.locator(".toasts")).to_contain_text(words)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def tab_to(page: Page, there: Callable[[], bool], *, most: int = 80) -> int:
    """Presses Tab until it is there; gives how often."""
    for number in range(most):
        if there():
            return number
        page.keyboard.press("Tab")
    raise AssertionError(f"not reached by {most} presses of Tab")


def has_focus(element: Locator) -> bool:
    """Whether the keyboard is there."""
    return bool(element.evaluate("(one) => one === document.activeElement"))
