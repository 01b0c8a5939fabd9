"""Handing in files: each says how far it is until it is found, and what is not taken says why."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.page.browser import settle
from tests.page.people import hits, press, search_for
from tests.serving.test_documents import DAMAGED

SEARCHABLE_MS = 120_000  # a worker may have to start first
PROGRAM = b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 40
# A drop as systems hand it over; files alone, as a script cannot make the entries of folders.
DROP = """(files) => {
  const transfer = new DataTransfer();
  for (const [name, text] of files) transfer.items.add(new File([text], name, { type: "text/plain" }));
  const zone = document.querySelector("section.drop");
  for (const kind of ["dragover", "drop"])
    zone.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def page(visit, shelf):
    """The view; what is handed in goes with the test."""
    page = visit("/upload")
    settle(page)
    return page


def choose(page, *files):
    """Chooses (name, bytes) pairs by the button."""
    with page.expect_file_chooser() as coming:
        page.get_by_role("button", name="Choose files").click()
    assert coming.value.is_multiple()
    coming.value.set_files([{"name": name, "mimeType": "", "buffer": data} for name, data in files])


def rows(page, state=None):
    found = page.get_by_role("list", name="Files").get_by_role("listitem")
    return found.and_(page.locator(f"[data-state={state}]")) if state else found


def row(page, name):
    return rows(page).filter(has_text=name)


@pytest.mark.quick
def test_files_that_are_chosen_become_searchable_and_are_found(page, visit):
    choose(
        page,
        ("quokka.txt", b"The quokka census of the island was postponed until spring."),
        ("notes.md", b"# Numbat\n\nNumbat sightings were reported near the quokka shelter."),
        ("page.html", b"<title>Bilby</title><p>The bilby and the quokka share a burrow.</p>"),
    )
    expect(rows(page)).to_have_count(3)
    expect(rows(page, "indexed")).to_have_count(3, timeout=SEARCHABLE_MS)
    expect(page.get_by_text("3 of 3 files are searchable")).to_be_visible()
    expect(rows(page).get_by_text("searchable", exact=True)).to_have_count(3)
    other = visit()
    search_for(other, "quokka")
    found = [one.get_attribute("href") for one in hits(other).get_by_role("link").all()]
    for link in rows(page).get_by_role("link").all():
        assert any(one.startswith(link.get_attribute("href")) for one in found)
    rows(page).filter(has_text="quokka.txt").get_by_role("link").click()
    page.wait_for_url("**/documents/**")
    settle(page)
    expect(page.get_by_role("region", name="Text of the document")).to_contain_text("The quokka census")


def test_files_that_are_dropped_go_into_the_folder_with_the_tags(page, books):
    page.get_by_role("textbox", name="Into the folder").fill("page-tests/2026")
    page.get_by_role("textbox", name="Tags").fill("draft, board")
    page.evaluate(DROP, [["potoroo.txt", "The potoroo was last seen on Friday."], ["dibbler.txt", "A dibbler, too."]])
    expect(rows(page)).to_have_count(2)
    expect(rows(page, "indexed")).to_have_count(2, timeout=SEARCHABLE_MS)
    expect(page).to_have_url(re.compile(r"folder=page-tests"))
    document = books.named("page-tests/2026/potoroo.txt")
    assert sorted(document["tags"]) == ["board", "draft"]
    page.goto("/")
    search_for(page, "potoroo")
    expect(hits(page).first).to_contain_text("potoroo.txt")


def test_what_nothing_reads_is_refused_at_once_with_its_reason(page, watch):
    watch.expected.append("^415 POST /v1/documents")
    choose(page, ("program.pdf", PROGRAM), ("wombat.txt", b"A wombat digs."))
    refused = row(page, "program.pdf")
    expect(refused).to_have_attribute("data-state", "refused")
    expect(refused).to_contain_text("Nothing here reads this kind of file.")
    expect(row(page, "wombat.txt")).to_have_attribute("data-state", "indexed", timeout=SEARCHABLE_MS)
    with page.expect_response("**/v1/documents") as again:
        page.get_by_role("button", name="Try program.pdf again").click()
    assert again.value.status == 415
    expect(refused).to_have_attribute("data-state", "refused")
    page.get_by_role("button", name="Remove program.pdf from the list").click()
    expect(rows(page)).to_have_count(1)


@pytest.mark.quick
def test_a_damaged_file_ends_in_quarantine_with_its_reason(page):
    choose(page, ("broken.pdf", DAMAGED))
    broken = row(page, "broken.pdf")
    expect(broken).to_have_attribute("data-state", "quarantined", timeout=SEARCHABLE_MS)
    expect(broken).to_contain_text("It is damaged.")
    with page.expect_response("**/reprocess") as again:
        page.get_by_role("button", name="Try broken.pdf again").click()
    assert again.value.ok
    expect(broken).to_have_attribute("data-state", "quarantined", timeout=SEARCHABLE_MS)


def test_the_same_content_twice_leads_to_the_first(page, shelf):
    shelf.add("bettong.txt", b"The bettong hops by night.")
    choose(page, ("bettong-copy.txt", b"The bettong hops by night."))
    copy = row(page, "bettong-copy.txt")
    expect(copy).to_have_attribute("data-state", "duplicate", timeout=SEARCHABLE_MS)
    expect(copy.get_by_role("link", name="bettong.txt")).to_be_visible()


def test_files_are_followed_while_another_view_is_open(page):
    choose(page, ("quoll.txt", b"The quoll is small and spotted."))
    expect(rows(page)).to_have_count(1)
    page.get_by_role("navigation").get_by_role("link", name="Search").click()
    settle(page)
    page.get_by_role("navigation").get_by_role("link", name="Upload").click()
    expect(rows(page, "indexed")).to_have_count(1, timeout=SEARCHABLE_MS)
    page.get_by_role("button", name="Clear 1 finished file").click()
    expect(rows(page)).to_have_count(0)


def test_a_key_opens_the_choice_of_files(page):
    page.bring_to_front()  # only what a person looks at may open it
    with page.expect_file_chooser():
        press(page, "f")


def test_who_may_only_read_is_told_so(visit, books, watch):
    watch.expected.append("^401 GET /v1/me")
    page = visit("/upload", url=books.guarded)
    page.get_by_label("API key").fill(books.keys["reader"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("main")).to_contain_text("Your key reads only.")
    expect(page.get_by_role("button", name="Choose files")).to_have_count(0)
