"""Names, titles and texts that want to be markup stay text, and the page's policy stops what would not."""

from __future__ import annotations

from itertools import pairwise

import httpx
import pytest
from playwright.sync_api import expect

from tests.page.browser import overflow, settle
from tests.page.library import HOSTILE, IMAGE, SCRIPT
from tests.page.people import box, hits, search_for, suggestions
from tests.page.views import each

PWNED = "window.pwned ?? null"


@pytest.mark.quick
def test_hostile_documents_are_shown_as_they_are_written(page):
    search_for(page, "zebrafinch")
    shown = page.get_by_role("main").inner_text()
    assert SCRIPT in shown
    assert IMAGE in shown
    assert page.get_by_role("main").locator("script, img").count() == 0
    assert page.evaluate(PWNED) is None


@pytest.mark.parametrize("width", [1440, 360])
def test_hostile_names_and_endless_words_stay_within_the_screen(visit, width):
    page = visit("/?q=zebrafinch", viewport={"width": width, "height": 800})
    settle(page)
    assert hits(page).count() >= len(HOSTILE)
    assert overflow(page) == []


def test_a_name_that_turns_the_writing_around_turns_nothing_but_itself(page):
    """What stands behind it still stands to the right of it, or on a later line."""
    search_for(page, "zebrafinch flies backwards")
    hit = hits(page).filter(has_text="over the harbour").first
    places = [one.bounding_box() for one in hit.locator(".facts-line > *").all()]
    assert len(places) > 3
    for one, following in pairwise(places):
        later = following["y"] >= one["y"] + one["height"] / 2
        assert later or following["x"] >= one["x"] + one["width"]


def test_hostile_titles_are_offered_as_text(page):
    box(page).press_sequentially("zebrafin")
    expect(suggestions(page).first).to_be_visible()
    assert page.get_by_role("listbox").locator("script, img").count() == 0
    assert page.evaluate(PWNED) is None


@pytest.mark.parametrize(
    "query", [SCRIPT, IMAGE, "'\"><svg/onload=window.pwned=1>", "{{7*7}} ${7*7}", "\u202eabc", "a\x00b"]
)
def test_a_hostile_question_stays_a_question(visit, watch, query):
    page = visit(f"/?{httpx.QueryParams({'q': query, 'label': query})}")
    settle(page)
    assert page.evaluate(PWNED) is None
    assert page.get_by_role("main").locator("script, img, svg[onload]").count() == 0
    expect(box(page)).to_have_value(query)


@pytest.mark.parametrize("view", each())
def test_no_view_runs_what_a_document_holds(visit, books, watch, view):
    watch.expected += view.expected
    page = visit(view.at(books), url=books.guarded if view.signed_out else books.url)
    settle(page)
    assert page.evaluate(PWNED) is None


@pytest.mark.parametrize(
    "way",
    [
        "const one = document.createElement('script'); one.append('window.pwned = 1'); document.body.append(one)",
        "const one = document.createElement('button'); one.setAttribute('onclick', 'window.pwned = 1'); one.click()",
        "location.assign('javascript:window.pwned=1')",
        "setTimeout('window.pwned = 1')",
    ],
)
def test_the_policy_stops_scripts_that_are_not_the_pages_own(page, watch, way):
    watch.expected += ["Content Security Policy", "Trusted"]
    settle(page)
    page.evaluate(f"() => {{ try {{ {way}; }} catch {{ }} }}")
    page.wait_for_timeout(100)
    assert page.evaluate(PWNED) is None


@pytest.mark.parametrize(
    "way",
    [
        "document.body.innerHTML = '<b>x</b>'",
        "document.body.insertAdjacentHTML('beforeend', '<b>x</b>')",
        "document.write('<b>x</b>')",
        "new DOMParser().parseFromString('<b>x</b>', 'text/html')",
        "document.createElement('script').src = '/page/x/app.js'",
    ],
)
def test_text_cannot_become_markup_by_any_way(page, watch, way):
    watch.expected += ["This document requires 'Trusted", "Trusted Types", "TrustedHTML", "TrustedScriptURL"]
    settle(page)
    refused = page.evaluate(f"() => {{ try {{ {way}; return ''; }} catch (error) {{ return error.name; }} }}")
    assert refused == "TypeError"


@pytest.mark.quick
def test_nothing_is_asked_of_another_server(page, watch):
    watch.expected += ["Content Security Policy", "^failed: GET"]
    search_for(page, "lease")
    gone = page.evaluate("() => fetch('https://example.com/').then(() => 'went', () => 'stopped')")
    assert gone == "stopped"
