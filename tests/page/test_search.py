"""Searching: what a person sees while it streams, and that the address bar holds all that was chosen."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.page.browser import settle
from tests.page.people import box, has_focus, hits, narrow, press, search_for, sort_by, suggestions, titles
from tests.page.proxy import line_to

LEASE = "notice period of the lease"
FIRST_PAGE = 20


def number_found(page):
    """What the line above the results says."""
    said = page.get_by_role("region", name="Results").get_by_role("status").inner_text()
    return int(re.match(r"(\d+) documents?$", said)[1])


def dates_shown(page):
    return [one.get_attribute("datetime") for one in hits(page).locator("time").all()]


def query(page):
    """What the address bar says."""
    return parse_qs(urlsplit(page.url).query)


@pytest.mark.quick
def test_results_by_words_are_shown_while_those_by_meaning_are_awaited(visit, books, servers):
    line = servers.enter_context(line_to(books.url))
    page = visit(url=line.url)
    settle(page)
    line.hold(b'"stage": "lexical"')
    box(page).fill(LEASE)
    page.get_by_role("button", name="Search", exact=True).click()
    expect(hits(page).first.locator("mark").first).to_be_visible()
    assert line.happened.wait(10)
    column = page.get_by_role("region", name="Results")
    expect(column).to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("status").filter(has_text="Searching…")).to_be_visible()
    by_words = hits(page).count()
    line.let_go()
    settle(page)
    expect(column).not_to_have_attribute("aria-busy", "true")
    assert hits(page).count() >= by_words


def test_words_that_match_are_marked(page):
    search_for(page, LEASE)
    marked = {word.lower() for word in hits(page).first.locator("mark").all_inner_texts()}
    assert marked & {"notice", "period", "lease"}


def test_the_title_and_the_number_of_documents_say_what_was_found(page):
    search_for(page, LEASE)
    expect(page).to_have_title(f"{LEASE} – ray-app")
    expect(page.locator("main")).to_contain_text(re.compile(r"\d+ documents?"))


@pytest.mark.quick
def test_a_chip_narrows_the_results_and_stands_in_the_address_bar(page):
    search_for(page, LEASE)
    narrow(page, "Label", "contract")
    assert query(page) == {"q": [LEASE], "label": ["contract"]}
    shown = hits(page).locator(".badge").all_inner_texts()
    assert shown
    assert all(one.startswith("contract") for one in shown)
    expect(page.get_by_role("group", name="Label").get_by_role("button", name="contract")).to_have_attribute(
        "aria-pressed", "true"
    )


@pytest.mark.quick
def test_the_back_button_undoes_each_choice(page):
    search_for(page, LEASE)
    everything = titles(page)
    narrow(page, "Label", "contract")
    narrowed = titles(page)
    page.go_back()
    settle(page)
    assert (titles(page), query(page)) == (everything, {"q": [LEASE]})
    page.go_forward()
    settle(page)
    assert titles(page) == narrowed


def test_two_values_of_a_field_widen_and_two_fields_narrow(visit):
    page = visit("/?label=contract&label=invoice")
    settle(page)
    both = number_found(page)
    narrow(page, "Label", "invoice")
    contracts = number_found(page)
    narrow(page, "Language", "Danish")
    assert query(page) == {"label": ["contract"], "language": ["da"]}
    assert 0 < number_found(page) < contracts < both


def test_another_value_of_a_field_is_added_by_its_chip(page):
    search_for(page, "zebrafinch")
    everything = number_found(page)
    narrow(page, "Type", "web page")
    some = number_found(page)
    narrow(page, "Type", "text")
    assert set(query(page)["media_type"]) == {"text/html", "text/plain"}
    assert 0 < some < number_found(page) <= everything


@pytest.mark.quick
def test_a_year_is_chosen_by_a_chip_that_counts_its_documents(page):
    search_for(page, "zebrafinch")
    chips = page.get_by_role("group", name="Date").get_by_role("button")
    assert [one.split() for one in chips.all_inner_texts()] == [[str(year), "1"] for year in range(2024, 2019, -1)]
    chips.nth(1).click()
    settle(page)
    assert query(page) == {"q": ["zebrafinch"], "from": ["2023-01-01"], "to": ["2023-12-31"]}
    assert number_found(page) == 1
    expect(chips).to_have_count(5)
    expect(chips.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="2023 remove this filter")).to_be_visible()
    chips.nth(1).click()
    settle(page)
    assert query(page) == {"q": ["zebrafinch"]}


def test_a_pill_takes_its_filter_away(visit):
    page = visit("/?q=lease&label=contract&language=en")
    settle(page)
    pills = page.get_by_label("Filters", exact=True).get_by_role("button", name="remove this filter")
    expect(pills).to_have_count(2)
    pills.first.click()
    settle(page)
    assert query(page) == {"q": ["lease"], "language": ["en"]}


@pytest.mark.parametrize(("order", "backwards"), [("newest", True), ("oldest", False)])
def test_sorting_by_date_holds_in_the_list_and_in_the_address(visit, order, backwards):
    page = visit("/?q=zebrafinch&source=hostile")
    settle(page)
    sort_by(page, order)
    assert query(page)["sort"] == [order]
    dates = dates_shown(page)
    assert len(set(dates)) > 3
    assert dates == sorted(dates, reverse=backwards)


def test_a_range_of_dates_is_a_filter_too(page):
    search_for(page, "zebrafinch")
    page.get_by_label("From").fill("2021-01-01")
    settle(page)
    page.get_by_label("To", exact=True).fill("2022-12-31")
    settle(page)
    assert query(page) == {"q": ["zebrafinch"], "from": ["2021-01-01"], "to": ["2022-12-31"]}
    assert {date[:4] for date in dates_shown(page)} == {"2021", "2022"}
    page.get_by_label("Filters", exact=True).get_by_role("button", name="remove this filter").click()
    settle(page)
    assert query(page) == {"q": ["zebrafinch"]}


def test_an_address_shows_the_same_to_somebody_else(page, visit):
    search_for(page, LEASE)
    narrow(page, "Label", "contract")
    sort_by(page, "newest")
    other = visit(page.url)
    settle(other)
    assert titles(other) == titles(page)
    expect(box(other)).to_have_value(LEASE)
    expect(other.get_by_label("Order")).to_have_value("newest")


@pytest.mark.quick
def test_more_results_come_on_scrolling_and_none_comes_twice(page):
    settle(page)
    assert hits(page).count() == FIRST_PAGE
    page.mouse.move(800, 400)
    for _ in range(200):
        page.mouse.wheel(0, 3000)
        page.wait_for_timeout(100)
        if hits(page).count() > 2 * FIRST_PAGE:
            break
    settle(page)
    shown = [one.get_attribute("data-id") for one in hits(page).all()]
    assert len(shown) > 2 * FIRST_PAGE
    assert len(set(shown)) == len(shown)


@pytest.mark.quick
def test_suggestions_are_taken_by_the_keyboard(page):
    box(page).press_sequentially("leas")
    expect(suggestions(page).first).to_be_visible()
    expect(box(page)).to_have_attribute("aria-expanded", "true")
    press(page, "ArrowDown")
    first = suggestions(page).first
    expect(first).to_have_attribute("aria-selected", "true")
    expect(box(page)).to_have_attribute("aria-activedescendant", first.get_attribute("id"))
    text = first.inner_text()
    press(page, "Enter")
    expect(page).to_have_title(f"{text} – ray-app")
    expect(page.get_by_role("listbox", name="Suggestions", include_hidden=True)).to_be_hidden()
    settle(page)
    assert query(page)["q"] == [text]


def test_escape_closes_the_suggestions_and_keeps_what_was_typed(page):
    box(page).press_sequentially("leas")
    expect(suggestions(page).first).to_be_visible()
    press(page, "Escape")
    expect(page.get_by_role("listbox", name="Suggestions", include_hidden=True)).to_be_hidden()
    expect(box(page)).to_have_value("leas")


def test_a_very_long_question_is_searched_for(page):
    search_for(page, ("how is the salinity probe calibrated " * 20).strip())
    assert hits(page).count() > 0


def test_letters_move_between_results_and_to_the_box(page):
    search_for(page, LEASE)
    box(page).blur()
    press(page, "j")
    assert has_focus(hits(page).nth(0).get_by_role("link"))
    press(page, "j")
    assert has_focus(hits(page).nth(1).get_by_role("link"))
    press(page, "k")
    assert has_focus(hits(page).nth(0).get_by_role("link"))
    press(page, "/")
    assert has_focus(box(page))
    press(page, "j")
    expect(box(page)).to_have_value("j")


def test_the_sheet_of_keys_opens_and_closes(page):
    settle(page)
    press(page, "?")
    sheet = page.get_by_role("dialog", name="Keyboard")
    expect(sheet).to_contain_text("Next result")
    press(page, "Escape")
    expect(sheet).to_be_hidden()


@pytest.mark.quick
def test_nothing_found_says_so_and_filters_go_with_one_button(visit):
    page = visit("/?q=lease&label=contract&media_type=image/png")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    page.get_by_role("button", name="Remove all filters").click()
    settle(page)
    assert hits(page).count() > 0
    assert query(page) == {"q": ["lease"]}


def test_what_the_server_does_not_take_is_told_in_its_words(visit, watch):
    watch.expected.append("^422 POST /v1/search")
    page = visit("/?q=lease&from=yesterday")
    expect(page.get_by_role("alert")).to_contain_text("The server did not take this.")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


@pytest.mark.quick
def test_what_was_erased_is_gone_on_the_way_back_and_the_same_words_ask_again(page, shelf):
    first = shelf.add("zeppelin-1.txt", b"The zeppelin hangar is swept on Mondays.")
    search_for(page, "zeppelin hangar")
    card = hits(page).and_(page.locator(f"[data-id='{first['id']}']"))
    card.get_by_role("link").first.click()
    page.wait_for_url("**/documents/**")
    settle(page)
    page.get_by_role("button", name="Erase").click()
    page.get_by_role("dialog").get_by_role("button", name="Erase").click()
    expect(page).to_have_title("zeppelin hangar – ray-app")
    expect(card).to_have_count(0)
    second = shelf.add("zeppelin-2.txt", b"The zeppelin hangar is painted in May.")
    box(page).press("Enter")
    expect(hits(page).and_(page.locator(f"[data-id='{second['id']}']"))).to_have_count(1)


def test_the_way_back_from_a_document_leads_to_the_same_place_at_once(page):
    search_for(page, LEASE)
    wanted = hits(page).nth(12).get_by_role("link")
    wanted.scroll_into_view_if_needed()
    page.wait_for_timeout(300)  # so long the address keeps its place for
    scrolled, before = page.evaluate("scrollY"), titles(page)
    wanted.click()
    page.wait_for_url("**/documents/**")
    settle(page)
    asked = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.go_back()
    settle(page)
    assert titles(page)[: len(before)] == before
    assert abs(page.evaluate("scrollY") - scrolled) < 40
    assert "/v1/search" not in asked
