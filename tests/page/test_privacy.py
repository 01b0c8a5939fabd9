"""Personal data: where it is, who is looked for, and what people may ask for."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.page.browser import settle
from tests.page.people import hits, place, said

NAME = "Yusuf Demirkan"
NAMED_IN = "inventory-count-2025.pdf"
WATCHED = "Camilla Nørreskov"
WATCHED_IN = "ansaettelseskontrakt-demirkan.docx"
SCAN_MS = 120_000  # the online worker looks through every document once more


@pytest.fixture
def privacy(visit):
    page = visit("/privacy")
    settle(page)
    return page


@pytest.fixture
def report(books):
    return httpx.get(f"{books.url}/v1/privacy/report", timeout=30).raise_for_status().json()


def sources(page):
    return page.get_by_role("region", name="Risk by source")


def watched(books):
    people = httpx.get(f"{books.url}/v1/watch", timeout=30).raise_for_status().json()["people"]
    return {one["name"]: one["id"] for one in people}


@pytest.fixture
def list_as_it_was(books):
    """Whom a test puts on the watch list is taken off it, whatever becomes of the test."""
    before = watched(books)
    yield
    for name, person in watched(books).items():
        if name not in before:
            httpx.delete(f"{books.url}/v1/watch/{person}", timeout=30).raise_for_status()


@pytest.mark.quick
def test_the_risk_of_each_source_is_drawn_by_its_share(privacy, report):
    (one,) = (each for each in report["sources"] if each["source"] == "documents")
    row = sources(privacy).get_by_role("listitem").filter(has=privacy.get_by_role("link", name="documents", exact=True))
    row = row.first
    expect(row).to_contain_text(str(sum(value for value in one.values() if isinstance(value, int))))
    parts = {
        risk: row.locator(f".segment.{risk}") for risk in ("high", "sensitive", "personal", "none") if one.get(risk)
    }
    widths = {risk: part.bounding_box()["width"] for risk, part in parts.items()}
    assert len(widths) > 1
    assert max(widths, key=widths.get) == max(widths, key=one.get)


def test_a_part_leads_to_the_search_for_its_documents(privacy):
    part = sources(privacy).get_by_role("link", name=re.compile(r"^documents, high risk: \d+"))
    part.first.click()
    privacy.wait_for_url("**/?**")
    settle(privacy)
    assert place(privacy) == ("/", {"source": ["documents"], "risk": ["high"]})
    assert hits(privacy).count() > 0
    privacy.go_back()
    expect(sources(privacy)).to_be_visible()


def test_the_same_is_there_as_a_table(privacy, report):
    privacy.get_by_text("The same as a table").click()
    rows = sources(privacy).get_by_role("table").locator("tbody tr")
    expect(rows).to_have_count(len(report["sources"]))


def test_what_is_mentioned_leads_to_a_search(privacy, report):
    kinds = privacy.get_by_role("region", name="What is mentioned")
    phone = kinds.get_by_role("link", name="phone")
    expect(phone).to_contain_text(str(report["kinds"]["phone"]))
    phone.click()
    privacy.wait_for_url("**/?**")
    settle(privacy)
    assert place(privacy) == ("/", {"entity": ["phone"]})
    assert hits(privacy).count() > 0


def test_the_report_is_downloaded_as_csv(privacy, report):
    with privacy.expect_download() as download:
        privacy.get_by_role("link", name="Download CSV").click()
    assert download.value.suggested_filename == "privacy-report.csv"
    rows = list(csv.DictReader(Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()))
    assert rows
    assert any("documents" in row.values() for row in rows)
    assert len(report["sources"]) <= len(rows)


@pytest.mark.quick
def test_a_person_is_looked_for_found_and_forgotten(visit, books, list_as_it_was):
    page = visit("/privacy?tab=people")
    settle(page)
    page.get_by_role("button", name="Add a person").click()
    form = page.get_by_role("dialog", name="Add a person")
    expect(form.get_by_label("Name", exact=True)).to_be_focused()
    form.get_by_label("Name", exact=True).fill(WATCHED)
    form.get_by_role("button", name="Save").click()
    said(page, f"{WATCHED} is on the list.")
    card = page.get_by_role("list", name="People looked for").get_by_role("listitem").filter(has_text=WATCHED)
    expect(card).to_be_visible()
    expect(card).to_contain_text("up to date", timeout=SCAN_MS)
    expect(card).to_contain_text(re.compile(r"named in [1-9]\d* documents?"))
    card.get_by_role("link", name=WATCHED).click()
    settle(page)
    assert place(page) == ("/privacy", {"tab": ["people"], "person": [watched(books)[WATCHED]]})
    found = page.locator("li.found").filter(has_text=WATCHED_IN)
    expect(found).to_be_visible()
    expect(found).to_contain_text("as written in full")
    page.get_by_role("button", name=f"Remove {WATCHED}").click()
    question = page.get_by_role("dialog", name=f"Stop looking for {WATCHED}?")
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_be_hidden()
    assert WATCHED in watched(books)
    page.get_by_role("button", name=f"Remove {WATCHED}").click()
    question.get_by_role("button", name="Remove").click()
    said(page, f"{WATCHED} is off the list.")
    page.wait_for_url("**/privacy?tab=people")
    settle(page)
    expect(page.get_by_role("main")).not_to_contain_text(WATCHED)
    assert WATCHED not in watched(books)


def test_a_person_without_a_name_is_not_taken(visit, books):
    page = visit("/privacy?tab=people")
    settle(page)
    before = watched(books)
    page.get_by_role("button", name="Add a person").click()
    form = page.get_by_role("dialog", name="Add a person")
    form.get_by_role("button", name="Save").click()
    expect(form).to_be_visible()
    page.keyboard.press("Escape")
    expect(form).to_be_hidden()
    assert watched(books) == before


@pytest.mark.quick
def test_who_asks_what_is_known_of_them_is_told_all_and_nobody_is_put_on_a_list(visit, books):
    page = visit("/privacy?tab=requests")
    settle(page)
    before = watched(books)
    page.get_by_label("Name", exact=True).fill(NAME)
    page.get_by_role("button", name="Find everything").click()
    results = page.get_by_role("region", name="What was found")
    told = results.get_by_role("status").first
    expect(told).to_contain_text("that were read for it", timeout=SCAN_MS)
    n = int(re.match(r"\d+", told.inner_text())[0])
    found = results.locator("li.found")
    expect(found).to_have_count(n)
    one = found.filter(has_text=NAMED_IN)
    expect(one.locator(".around").first).to_contain_text(NAME.rsplit(" ", 1)[-1])
    with page.expect_download() as download:
        results.get_by_role("button", name="Download as NDJSON").click()
    lines = [json.loads(line) for line in Path(download.value.path()).read_text(encoding="utf-8").splitlines()]
    assert len(lines) == n + 1
    assert lines[-1]["done"]
    assert watched(books) == before
    one.get_by_role("link").first.click()
    page.wait_for_url("**/documents/**")
    settle(page)
    expect(page.get_by_role("main").locator("h1")).to_be_visible()


def test_of_whom_nothing_is_known_that_is_said(visit):
    page = visit("/privacy?tab=requests")
    settle(page)
    page.get_by_label("Name", exact=True).fill("Quirinius Xantopoulous")
    page.get_by_role("button", name="Find everything").click()
    expect(page.get_by_text("No document names this person.").first).to_be_visible(timeout=SCAN_MS)


def test_nothing_is_erased_before_a_reason_is_given(visit):
    page = visit("/privacy?tab=requests")
    settle(page)
    page.get_by_label("Name", exact=True).fill(NAME)
    page.get_by_role("button", name="Find everything").click()
    results = page.get_by_role("region", name="What was found")
    expect(results.get_by_role("status").first).to_contain_text("that were read for it", timeout=SCAN_MS)
    expect(results.get_by_role("button", name="Erase what is chosen…")).to_be_disabled()
    results.locator("li.found").first.get_by_role("checkbox").check()
    results.get_by_role("button", name="Erase 1 document…").click()
    question = page.get_by_role("dialog", name="Erase this document for good?")
    question.get_by_role("button", name="Erase").click()
    expect(question).to_be_visible()
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_be_hidden()


@pytest.mark.parametrize("role", ["reader", "editor"])
@pytest.mark.parametrize("tab", ["People looked for", "Requests"])
def test_who_is_no_administrator_is_told_what_is_for_them(member, role, tab):
    page = member(role, "/privacy")
    expect(sources(page)).to_be_visible()
    page.get_by_role("navigation", name="Privacy").get_by_role("link", name=tab).click()
    expect(page.get_by_text("This is for administrators")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)
