"""Reviewing by the keyboard alone: each document is one key away from the next, and nothing said is final."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import expect

from tests.page.browser import settle
from tests.page.people import place, press, said

NEW = "page-test-label"


def card(page):
    return page.get_by_role("article")


def shown(page):
    """Where the document comes from; two of them may have one title."""
    return card(page).locator("p.quiet.break").first.inner_text()


def label_buttons(page):
    return page.get_by_role("group", name="Labels").get_by_role("button")


def name_of(button):
    return button.locator(".name").inner_text()


def suggestion(page):
    return card(page).get_by_role("button", name=re.compile("^Yes, "))


def suggested(page):
    return card(page).locator(".suggestion strong").inner_text().rsplit(" ", 1)[0]


def stated(books):
    """How many documents of each label people have spoken of."""
    labels = httpx.get(f"{books.url}/v1/labels", timeout=30).raise_for_status().json()["labels"]
    return {one["label"]: one["stated"] for one in labels if one["stated"]}


def more(counts, label):
    return {**counts, label: counts.get(label, 0) + 1}


def expect_another(page, before):
    expect(card(page).locator("p.quiet.break").first).not_to_have_text(before)
    expect(card(page).get_by_role("heading", level=2)).to_be_focused()
    settle(page)


def expect_stated(page, books, wanted):
    """The server is told behind the back of whoever goes on to the next document."""
    for _ in range(100):
        if stated(books) == wanted:
            return
        page.wait_for_timeout(100)
    assert stated(books) == wanted


@pytest.fixture
def reviewing(visit, books):
    """The view, and what a test leaves stated is taken back."""
    page = visit("/review")
    labelled = set()
    page.on("request", lambda one: labelled.add(urlsplit(one.url).path) if one.method == "PUT" else None)
    settle(page)
    expect(card(page)).to_be_visible()
    yield page
    page.close()
    for path in labelled:
        httpx.delete(f"{books.url}{path}", timeout=30).raise_for_status()


def test_a_document_is_shown_with_its_text_and_its_labels(reviewing, books):
    page = reviewing
    expect(card(page).get_by_role("heading", level=2)).to_be_focused()
    assert len(card(page).locator(".text").inner_text()) > 40
    known = httpx.get(f"{books.url}/v1/labels", timeout=30).json()["labels"]
    assert sorted(map(name_of, label_buttons(page).all())) == sorted(one["label"] for one in known)


@pytest.mark.quick
def test_enter_accepts_what_is_suggested_and_the_next_document_is_there(reviewing, books):
    page, before = reviewing, stated(books)
    first, label = shown(page), suggested(page)
    expect(suggestion(page)).to_have_accessible_name(re.compile(f"^Yes, {re.escape(label)}"))
    press(page, "Enter")
    expect_another(page, first)
    assert len(card(page).locator(".text").inner_text()) > 0
    expect(page.get_by_text("1 document said")).to_be_visible()
    expect(page.get_by_role("region", name="What people have said")).to_contain_text(
        re.compile(rf"(?<!\d){sum(before.values()) + 1} labels? given")
    )
    expect_stated(page, books, more(before, label))


@pytest.mark.quick
def test_undo_takes_it_back_and_shows_the_document_again(reviewing, books):
    page, before = reviewing, stated(books)
    first, label = shown(page), suggested(page)
    press(page, "Enter")
    expect_another(page, first)
    expect_stated(page, books, more(before, label))
    second = shown(page)
    press(page, "u")
    expect_another(page, second)
    assert shown(page) == first
    expect_stated(page, books, before)


def test_nothing_said_is_nothing_to_undo(reviewing):
    first = shown(reviewing)
    press(reviewing, "u")
    said(reviewing, "There is nothing to undo.")
    assert shown(reviewing) == first


@pytest.mark.quick
def test_a_digit_says_another_label(reviewing, books):
    page, before = reviewing, stated(books)
    first = shown(page)
    other = next(at for at, one in enumerate(label_buttons(page).all()) if name_of(one) != suggested(page))
    label = name_of(label_buttons(page).nth(other))
    press(page, str(other + 1))
    expect_another(page, first)
    expect_stated(page, books, more(before, label))


def test_what_is_skipped_is_not_said_and_may_be_looked_at_later(reviewing, books):
    page, before = reviewing, stated(books)
    first = shown(page)
    press(page, "s")
    expect_another(page, first)
    expect(page.get_by_text("1 skipped")).to_be_visible()
    assert stated(books) == before


@pytest.mark.parametrize("key", ["/", "n"])
def test_another_label_is_typed(reviewing, books, key):
    page, before = reviewing, stated(books)
    first = shown(page)
    label = next(name for name in map(name_of, label_buttons(page).all()) if name != suggested(page))
    press(page, key)
    field = card(page).get_by_role("combobox", name="Another label")
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    page.keyboard.type(label[:-1])
    expect(page.get_by_role("listbox", name="Labels that fit").get_by_role("option").first).to_have_text(label)
    press(page, "Enter")
    expect_another(page, first)
    expect_stated(page, books, more(before, label))


def test_a_label_that_nobody_had_is_made_by_typing_and_goes_when_it_is_taken_back(reviewing, books):
    page, before = reviewing, stated(books)
    first = shown(page)
    press(page, "/")
    page.keyboard.type(NEW)
    expect(page.get_by_role("option", name=f"New label: {NEW}")).to_be_visible()
    press(page, "Enter")
    expect_another(page, first)
    expect(label_buttons(page).filter(has_text=NEW)).to_be_visible()
    expect_stated(page, books, more(before, NEW))
    press(page, "u")
    expect_stated(page, books, before)


def test_escape_leaves_the_typing_of_a_label(reviewing, books):
    page, before = reviewing, stated(books)
    first = shown(page)
    press(page, "n")
    page.keyboard.type("inv")
    press(page, "Escape")
    expect(card(page).get_by_role("combobox")).to_have_count(0)
    expect(card(page).get_by_role("heading", level=2)).to_be_focused()
    assert (shown(page), stated(books)) == (first, before)


def test_o_opens_the_document_and_the_way_back_leads_to_it_again(reviewing):
    page = reviewing
    first = shown(page)
    press(page, "o")
    page.wait_for_url("**/documents/*")
    settle(page)
    page.go_back()
    settle(page)
    assert (place(page), shown(page)) == (("/review", {}), first)


def test_a_filter_stands_in_the_address_and_the_back_button_takes_it_away(reviewing):
    page = reviewing
    page.get_by_role("combobox", name="Source").select_option("inbox")
    page.wait_for_url("**/review?source=inbox")
    settle(page)
    assert shown(page).startswith("inbox")
    page.go_back()
    settle(page)
    expect(page.get_by_role("combobox", name="Source")).to_have_value("")


def test_who_may_only_read_is_told_whom_to_ask(member):
    page = member("reader", "/review")
    expect(page.get_by_role("main")).to_contain_text("Ask an administrator")
    expect(card(page)).to_have_count(0)


def test_an_editor_reviews(member):
    page = member("editor", "/review")
    expect(card(page)).to_be_visible()
