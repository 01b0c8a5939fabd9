"""A document: its pages and its text, what is known of it, and what an editor can say about it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.conftest import EXAMPLES
from tests.page.browser import settle
from tests.page.people import has_focus, hits, press, search_for, titles

DRIFT = "documents/report/halia3-drift-investigation.pdf"
REPORT = "documents/report/annual-report-2024.pdf"
CV = "documents/cv/lundtoft-freja.pdf"
SECRETS = ("280196-7232", "freja.lundtoft@postkassen.example")
CORRECTION = "Correct the label"


@pytest.fixture
def opened(visit, books):
    """Opens the document whose URI ends so."""

    def go(name, query=""):
        page = visit(f"/documents/{books.named(name)['id']}{query}")
        settle(page)
        return page

    return go


def query(page):
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def pane(page):
    return page.get_by_role("region", name="Image of the page")


def sheet(page):
    return pane(page).get_by_role("img")


def drawn(page):
    """Waits until the image of the page is there; gives its width in pixels of its own."""
    expect(pane(page)).not_to_have_attribute("aria-busy", "true")
    return sheet(page).evaluate("(one) => one.complete && one.naturalWidth")


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def tab(page, name):
    return page.get_by_role("tablist", name="About the document").get_by_role("tab", name=name)


def panel(page):
    return page.get_by_role("tabpanel")


def current(page):
    return page.locator(".passage-text.current[aria-current]")


def hit_told(page):
    """The number of the hit that is shown, and of all."""
    told = page.get_by_role("group", name="Hits").get_by_role("status")
    expect(told).to_have_text(re.compile(r"^Hit \d+ of \d+$"))
    return tuple(int(number) for number in re.findall(r"\d+", told.inner_text()))


@pytest.mark.quick
def test_a_search_leads_to_the_document_with_its_page_and_back_again(page, books):
    search_for(page, "why did the salinity probe drift")
    found, at = titles(page), page.url
    link = page.locator(f'li.hit[data-id="{books.named(DRIFT)["id"]}"]').get_by_role("link").first
    title = link.inner_text()
    link.click()
    page.wait_for_url("**/documents/**")
    settle(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page).to_have_title(f"{title} – ray-app")
    assert drawn(page) > 0
    expect(sheet(page)).to_have_attribute("alt", re.compile(rf"^Page \d of {re.escape(title)}$"))
    page.get_by_role("link", name="Back to results").click()
    settle(page)
    assert (page.url, titles(page)) == (at, found)
    assert hits(page).count() == len(found)


def test_pages_are_turned_by_buttons_keys_and_number_and_stand_in_the_address(opened):
    page = opened(REPORT)
    assert drawn(page) > 0
    expect(button(page, "Previous page")).to_be_disabled()
    button(page, "Next page").click()
    expect(sheet(page)).to_have_attribute("alt", re.compile(r"^Page 2 of "))
    assert (drawn(page) > 0, query(page)) == (True, {"page": "2"})
    press(page, "ArrowRight")
    expect(sheet(page)).to_have_attribute("alt", re.compile(r"^Page 3 of "))
    number = page.get_by_role("spinbutton", name="Page")
    number.fill("8")
    number.press("Enter")
    expect(sheet(page)).to_have_attribute("alt", re.compile(r"^Page 8 of "))
    assert (drawn(page) > 0, query(page)) == (True, {"page": "8"})
    expect(button(page, "Next page")).to_be_disabled()
    button(page, "Previous page").click()
    expect(number).to_have_value("7")


def test_a_page_beyond_the_last_is_the_last(opened):
    page = opened(DRIFT, "?page=99")
    expect(sheet(page)).to_have_attribute("alt", re.compile(r"^Page 2 of "))
    assert drawn(page) > 0


@pytest.mark.quick
def test_hits_are_stepped_through_and_the_current_one_is_marked(opened):
    page = opened(REPORT, "?q=profit")
    expect(page.get_by_role("group", name="Hits").get_by_role("status")).to_have_text(re.compile(r"^\d+ hits$"))
    button(page, "Next hit").click()
    first, number = hit_told(page)
    assert number > 1
    expect(current(page)).to_have_count(1)
    expect(current(page).locator("mark").first).to_have_text(re.compile("profit", re.IGNORECASE))
    place = query(page)
    assert {"q", "page", "start", "end"} == set(place)
    press(page, "n")
    assert (hit_told(page), query(page) != place) == ((first + 1, number), True)
    press(page, "p")
    assert (hit_told(page), query(page)) == ((first, number), place)
    expect(sheet(page)).to_have_attribute("alt", re.compile(rf"^Page {place['page']} of "))
    assert drawn(page) > 0


def test_the_page_grows_and_shrinks_and_the_address_keeps_its_size(opened):
    page = opened(DRIFT)
    drawn(page)
    fitted = sheet(page).bounding_box()["width"]
    press(page, "+", "+")
    expect(page.get_by_role("button", name="Fit the page; now 150%")).to_be_visible()
    assert query(page) == {"zoom": "1.5"}
    assert drawn(page) > 0
    assert sheet(page).bounding_box()["width"] == pytest.approx(1.5 * fitted, rel=0.05)
    button(page, "Smaller").click()
    assert query(page) == {"zoom": "1.25"}
    press(page, "0")
    assert query(page) == {}
    button(page, "Larger").click()
    page.reload()
    expect(page.get_by_role("button", name="Fit the page; now 125%")).to_be_visible()


def test_tabs_are_walked_by_the_keyboard_and_stand_in_the_address(opened):
    page = opened(DRIFT)
    tab(page, "Text").focus()
    for name in ("About", "Label", "Personal data", "Similar", "History", "Text"):
        press(page, "ArrowRight")
        assert has_focus(tab(page, name))
        expect(tab(page, name)).to_have_attribute("aria-selected", "true")
        assert query(page) == {"tab": name.split()[0].lower()}
        settle(page)
        expect(panel(page).get_by_role("alert")).to_have_count(0)
    press(page, "ArrowLeft")
    page.reload()
    expect(tab(page, "History")).to_have_attribute("aria-selected", "true")
    expect(panel(page)).to_contain_text("Indexed")


def test_the_label_tab_says_how_likely_it_is_and_which_words_moved_it(opened):
    page = opened(DRIFT, "?tab=label")
    expect(panel(page).get_by_role("heading", name="How likely each label is")).to_be_visible()
    shares = panel(page).locator(".probability .number").all_inner_texts()
    assert re.fullmatch(r"\d+%", shares[0])
    expect(panel(page).get_by_role("heading", name="What spoke for and against “report”")).to_be_visible()
    weights = panel(page).get_by_role("table", name="Words").get_by_role("row").all_inner_texts()
    assert any("+" in one for one in weights)
    assert any(re.search("[-−]", one) for one in weights)


@pytest.mark.quick
def test_a_label_is_corrected_by_two_keys_and_taken_back(visit, shelf):
    document = shelf.add("of-unclear-kind.txt", b"The harbour council met on Tuesday to talk about the boathouse.")
    page = visit(f"/documents/{document['id']}?tab=history")
    settle(page)
    before = page.locator(".headline + .facts-line .badge").first.inner_text()
    press(page, "l")
    dialog = page.get_by_role("dialog", name="What is it?")
    choices = dialog.get_by_role("list", name="Labels").get_by_role("button")
    expect(choices.first).to_be_visible()
    wanted = choices.nth(2).locator("span").first.inner_text()
    press(page, "3")
    expect(dialog).to_be_hidden()
    toasts = page.locator(".toasts")
    expect(toasts).to_contain_text(f"It is “{wanted}” now.")
    expect(page.locator(".facts-line .badge").first).to_have_text(re.compile(f"^{wanted}"))
    expect(panel(page)).to_contain_text(f"said: {wanted}")
    toasts.get_by_role("button", name="Undo").click()
    expect(toasts).to_contain_text("The label is as it was.")
    expect(page.locator(".facts-line .badge").first).to_have_text(before)
    expect(panel(page)).to_contain_text("withdrew what had been said")
    expect(panel(page)).to_contain_text(f"Before: {wanted}")


def test_a_label_is_found_or_made_by_typing_and_escape_states_nothing(visit, shelf):
    document = shelf.add("of-a-new-kind.txt", b"A hymn about the sea, for two voices and an organ.")
    page = visit(f"/documents/{document['id']}")
    settle(page)
    button(page, CORRECTION).click()
    dialog = page.get_by_role("dialog", name="What is it?")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    page.keyboard.type("hymn of page tests")
    expect(dialog.get_by_role("status")).to_have_text("“hymn of page tests” is a new label.")
    press(page, "Escape")
    expect(dialog).to_be_hidden()
    expect(page).to_have_url(re.compile("/documents/"))
    expect(page.locator(".facts-line")).not_to_contain_text("hymn")
    button(page, CORRECTION).click()
    expect(dialog.get_by_role("textbox")).to_be_focused()
    page.keyboard.type("hymn of page tests")
    dialog.get_by_role("button", name="State it").click()
    expect(page.locator(".facts-line .badge").first).to_have_text(re.compile("^hymn of page tests"))


def test_personal_data_are_listed_and_each_leads_to_its_place(opened):
    page = opened(CV, "?tab=personal")
    expect(panel(page).get_by_role("heading", name="Mentions")).to_be_visible()
    for kind in ("CPR number", "e-mail"):
        expect(panel(page).get_by_role("heading", name=kind)).to_be_visible()
    panel(page).get_by_role("heading", name="e-mail").locator("xpath=..").get_by_role("link").first.click()
    assert {"page", "start", "end", "cite", "tab"} == set(query(page))
    tab(page, "Text").click()
    expect(current(page).locator("mark").first).to_have_text(SECRETS[1])


@pytest.mark.quick
def test_the_redacted_view_leaves_no_number_and_no_address(opened):
    page = opened(CV)
    plain = page.get_by_role("region", name="Text of the document")
    for secret in SECRETS:
        expect(plain).to_contain_text(secret)
    drawn(page)
    button(page, "Redacted view").click()
    expect(button(page, "Redacted view")).to_have_attribute("aria-pressed", "true")
    text = page.get_by_role("region", name="Text without personal data")
    expect(text).to_contain_text("Taken out:")
    for secret in SECRETS:
        expect(page.get_by_role("main")).not_to_contain_text(secret)
    expect(text.locator("mark", has_text="[dk.cpr]").first).to_be_visible()
    expect(sheet(page)).to_have_attribute("alt", re.compile("with personal data blackened$"))
    expect(sheet(page)).to_have_attribute("src", re.compile("redact=true"))
    assert drawn(page) > 0
    assert query(page) == {"redacted": "1"}
    press(page, "r")
    expect(plain).to_contain_text(SECRETS[0])


def test_similar_documents_are_a_click_away(opened):
    page = opened(DRIFT, "?tab=similar")
    links = panel(page).get_by_role("link")
    expect(links.first).to_be_visible()
    here, title = urlsplit(page.url).path, links.first.inner_text()
    links.first.click()
    page.wait_for_url(lambda url: urlsplit(url).path not in ("/", here))
    settle(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.get_by_role("link", name="Back to the document before").click()
    expect(tab(page, "Similar")).to_have_attribute("aria-selected", "true")


def test_a_download_is_the_original_to_the_byte(opened):
    page = opened("inbox/ref-882.pdf")
    with page.expect_download() as coming:
        page.get_by_role("link", name="Download").click()
    assert coming.value.suggested_filename == "ref-882.pdf"
    assert Path(coming.value.path()).read_bytes() == (EXAMPLES / "inbox" / "ref-882.pdf").read_bytes()


@pytest.mark.parametrize(
    ("name", "words"), [("from-mette.docx", ""), ("sygefravaer.html", ""), ("retention-schedule.html", "applications")]
)
def test_what_has_no_pages_shows_its_text(opened, name, words):
    page = opened(name, f"?q={words}" if words else "")
    text = page.get_by_role("region", name="Text of the document")
    expect(text).to_contain_text(re.compile(r"[\s\S]{500}"))
    if words:
        expect(text.locator("mark").first).to_be_visible()
    expect(tab(page, "Text")).to_have_count(0)
    expect(page.get_by_role("main").get_by_role("img")).to_have_count(0)


def test_what_is_in_quarantine_says_why(opened):
    page = opened("inbox/0017.pdf")
    expect(page.get_by_role("main")).to_contain_text("It could not be read, and is in quarantine")
    expect(page.get_by_role("main")).to_contain_text("The file is damaged.")
    expect(page.get_by_role("main")).to_contain_text("There is nothing to read of it.")
    expect(button(page, "Process again")).to_be_visible()
    expect(button(page, "Redacted view")).to_have_count(0)


def test_escape_leads_back(page):
    search_for(page, "lease")
    at = page.url
    hits(page).first.get_by_role("link").first.click()
    page.wait_for_url("**/documents/**")
    settle(page)
    press(page, "Escape")
    page.wait_for_url(at)
