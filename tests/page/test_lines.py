"""Broken connections: what has come stays, the page says what happened, and one button goes on."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.page.browser import settle
from tests.page.people import box, hits, search_for, titles
from tests.page.proxy import line_to

LEASE = "notice period of the lease"
BROKEN = (
    "net::ERR_INCOMPLETE_CHUNKED_ENCODING",
    "net::ERR_EMPTY_RESPONSE",
    "net::ERR_CONNECTION_RESET",
    "net::ERR_SOCKET_NOT_CONNECTED",
)


@pytest.fixture
def line(books, watch, servers):
    watch.expected += [rf"^failed: \w+ /.*{kind}" for kind in BROKEN]
    return servers.enter_context(line_to(books.url))


@pytest.mark.quick
def test_a_stream_that_breaks_leaves_the_first_results_and_can_be_asked_again(visit, line):
    page = visit(url=line.url)
    settle(page)
    line.hold(b'"stage": "lexical"')
    box(page).fill(LEASE)
    box(page).press("Enter")
    expect(hits(page).first.locator("mark").first).to_be_visible()
    line.cut()
    told = page.get_by_role("alert")
    expect(told).to_contain_text("The connection broke before everything was there")
    assert hits(page).count() > 0
    told.get_by_role("button", name="Try again").click()
    expect(told).to_be_hidden()
    settle(page)
    assert page.locator("main [aria-busy=true]").count() == 0
    assert hits(page).count() > 0


def test_a_server_that_does_not_answer_is_told_of_and_asked_again(visit, line):
    page = visit(url=line.url)
    settle(page)
    line.go_down()
    box(page).fill(LEASE)
    box(page).press("Enter")
    told = page.get_by_role("alert")
    expect(told).to_contain_text("The server does not answer.")
    line.come_up()
    told.get_by_role("button", name="Try again").click()
    expect(told).to_be_hidden()
    settle(page)
    assert hits(page).count() > 0


def test_a_later_page_that_does_not_come_keeps_those_before_and_can_be_asked_again(visit, line):
    page = visit(url=line.url)
    settle(page)
    before = titles(page)
    line.go_down()
    page.mouse.move(800, 400)
    page.mouse.wheel(0, 30000)
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    assert titles(page) == before
    line.come_up()
    again.click()
    expect(hits(page).nth(len(before))).to_be_attached()


def test_a_search_that_is_no_longer_wanted_does_not_overwrite_the_next(visit, line):
    page = visit(url=line.url)
    settle(page)
    line.hold(b'"stage": "lexical"')
    box(page).fill("bread")
    box(page).press("Enter")
    expect(page).to_have_title("bread – ray-app")
    assert line.happened.wait(30)
    search_for(page, LEASE)
    wanted = titles(page)
    line.let_go()
    page.wait_for_timeout(500)
    assert titles(page) == wanted
