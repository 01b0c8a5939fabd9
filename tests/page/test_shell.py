"""What all views share: languages, light and dark, the keyboard, and addresses that lead nowhere."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.page.browser import settle
from tests.page.people import box, hits, press, search_for, tab_to

GROUND = "getComputedStyle(document.body).backgroundColor"


def test_the_page_speaks_danish_once_it_is_chosen_and_afterwards(page):
    search_for(page, "lease")
    page.get_by_label("Language of this page").select_option("da")
    expect(page.get_by_role("link", name="Søg", exact=True)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "da")
    settle(page)
    assert hits(page).count() > 0
    page.reload()
    expect(page.get_by_role("button", name="Søg", exact=True)).to_be_visible()


@pytest.mark.quick
def test_a_danish_browser_is_spoken_to_in_danish(visit):
    page = visit("/?q=lease", locale="da-DK")
    settle(page)
    expect(page.locator("html")).to_have_attribute("lang", "da")
    expect(page.locator("main")).to_contain_text("dokumenter")


def test_a_language_that_the_page_does_not_speak_becomes_english(visit):
    page = visit("/", locale="fr-FR")
    expect(page.get_by_role("button", name="Search", exact=True)).to_be_visible()


def test_light_and_dark_follow_the_system_until_somebody_chooses(visit):
    page = visit("/", color_scheme="dark")
    settle(page)
    dark = page.evaluate(GROUND)
    page.get_by_role("button", name="Light or dark").click()
    light = page.evaluate(GROUND)
    assert light != dark
    page.reload()
    settle(page)
    assert page.evaluate(GROUND) == light


def test_a_chosen_scheme_holds_before_anything_is_drawn(visit):
    """So that a dark page does not flash."""
    page = visit("/")
    page.get_by_role("button", name="Light or dark").click()
    page.route("**/app.js", lambda route: route.abort("aborted"))
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.quick
def test_a_result_is_reached_and_opened_by_the_keyboard_alone(page):
    page.keyboard.type("lease")  # the box has the focus, or the first Tab would be needed
    if box(page).input_value() != "lease":
        tab_to(page, lambda: box(page).evaluate("(one) => one === document.activeElement"))
        page.keyboard.type("lease")
    press(page, "Enter")
    expect(page).to_have_title("lease – ray-app")
    settle(page)
    first = hits(page).first.get_by_role("link")
    tab_to(page, lambda: first.evaluate("(one) => one === document.activeElement"), most=120)
    outline = first.evaluate("(one) => getComputedStyle(one).outlineStyle")
    assert outline != "none"
    address = first.get_attribute("href")
    press(page, "Enter")
    page.wait_for_url(f"**{address}")


@pytest.mark.quick
def test_the_first_tab_offers_the_way_past_the_head(page):
    settle(page)
    press(page, "Tab")
    skip = page.get_by_role("link", name="To the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    press(page, "Enter")
    expect(page.get_by_role("main")).to_be_focused()


@pytest.mark.parametrize("address", ["/documents/not-an-identity", "/serach"])
def test_an_address_that_leads_nowhere_says_so_and_leads_on(visit, watch, address):
    watch.expected.append("^404 GET /serach")
    page = visit(address)
    expect(page.get_by_role("heading", name="There is nothing at this address")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Search").click()
    expect(box(page)).to_be_visible()


@pytest.mark.quick
def test_on_a_small_screen_the_tab_of_the_open_view_is_in_sight(visit):
    page = visit("/operations", viewport={"width": 360, "height": 740})
    settle(page)
    expect(page.locator(".top nav [aria-current=page]")).to_be_in_viewport(ratio=0.9)
