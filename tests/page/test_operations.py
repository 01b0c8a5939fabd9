"""What runs the index: its health, sources, jobs, quarantine, and who may come in."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import expect

from tests.page.browser import settle
from tests.page.people import place, said
from tests.serving.conftest import Uploads

JOB_MS = 180_000
BROKEN = "torn-in-two.pdf"
TABS = {"Sources": "sources", "Jobs": "jobs", "Quarantine": "quarantine", "Access": "access"}


@pytest.fixture
def at(visit):
    """Opens a tab."""

    def go(tab="", **query):
        page = visit(f"/operations?{httpx.QueryParams({'tab': tab, **query})}")
        settle(page)
        return page

    return go


@pytest.fixture
def broken(books):
    """A document that cannot be read, for one test."""
    with httpx.Client(base_url=books.url, timeout=60) as client:
        made = Uploads(client, books.settings).add(BROKEN, b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog")
        assert made["outcome"] == "quarantined"
        yield made
        client.delete(f"/v1/documents/{made['id']}").raise_for_status()


@pytest.fixture
def folder(tmp_path):
    """What somebody would have crawled."""
    for name in ("tide.txt", "harbour.md", "left-out.log"):
        (tmp_path / name).write_text(f"The {name} lies by the sea.")
    return tmp_path


def tabs(page):
    return page.get_by_role("navigation", name="Operations")


def section(page, name):
    return page.get_by_role("region", name=name)


def fill_source(page, name, folder):
    """Opens the form of a source, and fills it in."""
    page.get_by_role("button", name="Add a source").click()
    form = page.get_by_role("dialog", name="Add a source")
    form.get_by_label("Name", exact=True).fill(name)
    form.get_by_label("Place", exact=True).fill(str(folder))
    return form


@pytest.mark.quick
def test_the_overview_shows_that_all_works_and_what_there_is(at, books):
    page = at()
    stats = httpx.get(f"{books.url}/v1/stats", timeout=30).raise_for_status().json()
    health = section(page, "Health").get_by_role("listitem")
    for part in ("Search", "Job server", "Queue", "Index"):
        expect(health.filter(has=page.get_by_role("heading", name=part, exact=True))).to_contain_text("working")
    expect(page.get_by_role("heading", name=f"{stats['documents']['total']} documents")).to_be_visible()
    for figure in ("By outcome", "By source", "By language", "By type", "By label", "By size"):
        expect(page.get_by_role("heading", name=figure)).to_be_visible()
    expect(section(page, "What the index is made of")).to_contain_text(stats["index"]["model"])


def test_a_figure_leads_to_its_documents(at):
    page = at()
    page.get_by_role("main").get_by_role("link", name="hostile", exact=True).click()
    page.wait_for_url("**/?source=hostile")


def test_tabs_stand_in_the_address_and_the_back_button_leads_through_them(at):
    page = at()
    for name, tab in TABS.items():
        tabs(page).get_by_role("link", name=name).click()
        settle(page)
        expect(tabs(page).get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
        expect(page).to_have_title(f"{name} – Operations – ray-app")
        assert place(page) == ("/operations", {"tab": [tab]})
    for name in list(TABS)[-2::-1]:
        page.go_back()
        expect(tabs(page).get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
        settle(page)


@pytest.mark.quick
def test_a_source_is_tried_out_before_it_is_saved(at, books, folder):
    page = at("sources")
    form = fill_source(page, "coast", folder)
    form.get_by_text("Which files, for whom").click()
    form.get_by_label("No files like").fill("*.log")
    form.get_by_role("button", name="Test").click()
    result = form.get_by_role("status")
    expect(result).to_contain_text("2 files would come in")
    expect(result).to_contain_text("1 is left out: like what is not wanted")
    expect(result.get_by_role("table")).to_contain_text("tide.txt")
    expect(result.get_by_role("table")).not_to_contain_text("left-out.log")
    form.get_by_role("button", name="Cancel").click()
    expect(form).to_be_hidden()
    assert httpx.get(f"{books.url}/v1/sources/coast", timeout=30).status_code == 404


def test_a_place_that_is_not_there_is_told_of_when_it_is_tried_out(at, watch, tmp_path):
    watch.expected.append("^4.. POST /v1/sources/check")
    page = at("sources")
    form = fill_source(page, "nowhere", tmp_path / "missing")
    form.get_by_role("button", name="Test").click()
    expect(form.get_by_role("status")).to_contain_text("Nothing would come in")
    expect(form.get_by_role("status")).to_contain_text("missing")


@pytest.mark.timeout(600)
def test_a_source_is_added_crawled_and_removed_with_its_documents(at, books, folder):
    page = at("sources")
    form = fill_source(page, "coast", folder)
    form.get_by_role("button", name="Save").click()
    said(page, "coast is saved.")
    card = page.get_by_role("main").get_by_role("listitem").filter(has=page.get_by_role("heading", name="coast"))
    expect(card).to_contain_text("never crawled")
    expect(card).to_contain_text(str(folder))
    card.get_by_role("button", name="Crawl now").click()
    page.wait_for_url("**/operations?tab=jobs&job=*")
    job = section(page, "The job")
    expect(job).to_contain_text("Crawl of a source")
    expect(job.locator(".badge")).to_have_text("finished", timeout=JOB_MS)
    assert len(books.documents(source="coast")) == 3
    tabs(page).get_by_role("link", name="Sources").click()
    settle(page)
    expect(card).to_contain_text("3 documents")
    card.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    page.wait_for_url("**/operations?tab=jobs&job=*")
    expect(job).to_contain_text("Removal of a source")
    expect(job.locator(".badge")).to_have_text("finished", timeout=JOB_MS)
    assert books.documents(source="coast") == []
    tabs(page).get_by_role("link", name="Sources").click()
    settle(page)
    expect(card).to_have_count(0)


@pytest.mark.quick
def test_the_quarantine_says_why_and_what_to_do_and_tries_one_again(at, books, broken):
    page = at("quarantine")
    reasons = page.get_by_role("navigation", name="Reasons")
    figures = httpx.get(f"{books.url}/v1/quarantine", timeout=30).raise_for_status().json()
    expect(reasons.get_by_role("link", name=re.compile("^All reasons"))).to_contain_text(str(figures["documents"]))
    reasons.get_by_role("link", name=re.compile("^damaged")).click()
    settle(page)
    assert place(page) == ("/operations", {"tab": ["quarantine"], "reason": ["damaged"]})
    expect(page.get_by_text("The file is broken")).to_be_visible()
    one = page.get_by_role("list", name="Documents in quarantine").locator(f"[data-id='{broken['id']}']")
    expect(one).to_contain_text(BROKEN)
    expect(one).to_contain_text(broken["detail"])
    one.get_by_role("button", name=f"Try again: {BROKEN}").click()
    said(page, f"{BROKEN} is read once more.")
    page.wait_for_timeout(2000)  # it is looked at while the worker takes it once more
    expect(one.get_by_role("button", name=f"Try again: {BROKEN}")).to_be_enabled(timeout=60_000)
    expect(one).to_contain_text("damaged")
    page.go_back()
    settle(page)
    expect(reasons.get_by_role("link", name=re.compile("^All reasons"))).to_have_attribute("aria-current", "true")


def test_a_document_in_quarantine_leads_to_its_own_page(at, broken):
    page = at("quarantine")
    page.get_by_role("main").get_by_role("link", name=BROKEN).click()
    page.wait_for_url(f"**/documents/{broken['id']}")
    settle(page)
    expect(page.get_by_role("main")).to_contain_text(BROKEN)


def test_jobs_and_runs_are_listed_and_one_tells_what_came_of_it(at):
    page = at("jobs")
    expect(page.get_by_role("button", name="Start a job")).to_be_enabled()
    run = page.get_by_role("table").get_by_role("row").filter(has_text="Ingest").last
    expect(run).to_contain_text("finished")
    run.get_by_role("link", name="Ingest").click()
    settle(page)
    assert set(place(page)[1]) == {"tab", "run"}
    expect(section(page, "The job")).to_contain_text("finished")
    expect(page.get_by_role("heading", name="What came of it")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("indexed")
    page.go_back()
    expect(page.get_by_role("heading", name="Past")).to_be_visible()


def test_the_form_of_a_job_asks_for_what_its_kind_takes(at):
    page = at("jobs")
    page.get_by_role("button", name="Start a job").click()
    form = page.get_by_role("dialog", name="Start a job")
    form.get_by_role("combobox", name="Job", exact=True).select_option("crawl")
    expect(form.get_by_label("Source", exact=True)).to_be_visible()
    form.get_by_role("button", name="Cancel").click()
    expect(form).to_be_hidden()


def test_a_key_is_made_shown_once_and_revoked(member, books):
    page = member("admin", "/operations?tab=access")
    keys = section(page, "Keys")
    keys.get_by_role("button", name="New key").click()
    form = page.get_by_role("dialog", name="New key")
    form.get_by_label("Name", exact=True).fill("a lighthouse keeper")
    form.get_by_role("combobox", name="Role", exact=True).select_option("editor")
    form.get_by_role("button", name="Make the key").click()
    made = keys.get_by_role("status").filter(has_text="The key of a lighthouse keeper")
    expect(made).to_be_focused()
    key = made.locator("code").inner_text()

    def me():
        return httpx.get(f"{books.guarded}/v1/me", headers={"Authorization": f"Bearer {key}"}, timeout=30)

    assert me().raise_for_status().json()["role"] == "editor"
    page.reload()
    settle(page)
    expect(page.get_by_role("main")).not_to_contain_text(key)
    row = keys.get_by_role("row").filter(has_text="a lighthouse keeper")
    expect(row).to_contain_text("editor")
    row.get_by_role("button", name="Revoke the key of a lighthouse keeper").click()
    page.get_by_role("dialog", name="Revoke the key of a lighthouse keeper?").get_by_role(
        "button", name="Revoke"
    ).click()
    said(page, "The key of a lighthouse keeper is revoked.")
    expect(row).to_have_count(0)
    assert me().status_code == 401
    page.reload()
    settle(page)
    expect(section(page, "Audit log").get_by_role("row").nth(1)).to_contain_text("revoked a key")


def test_a_webhook_is_added_with_its_secret_shown_once_and_removed(at, books):
    page = at("access")
    hooks = section(page, "Webhooks")
    hooks.get_by_role("button", name="Add a webhook").click()
    form = page.get_by_role("dialog", name="Add a webhook")
    form.get_by_label("Address").fill("https://receiver.example.org/hook")
    form.get_by_role("button", name="Add a webhook").click()
    expect(hooks).to_contain_text("The secret that its signatures are made with")
    secret = hooks.get_by_role("status").locator("code").inner_text()
    expect(hooks).to_contain_text("has not taken an event yet")
    (made,) = httpx.get(f"{books.url}/v1/webhooks", timeout=30).raise_for_status().json()
    assert made["url"] == "https://receiver.example.org/hook"
    page.reload()
    settle(page)
    expect(page.get_by_role("main")).not_to_contain_text(secret)
    hooks.get_by_role("button", name="Remove the webhook https://receiver.example.org/hook").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    said(page, "The webhook is removed.")
    expect(hooks).to_contain_text("There are no webhooks.")


def test_webhooks_and_the_audit_log_are_shown(at):
    page = at("access")
    expect(section(page, "Webhooks")).to_contain_text("There are no webhooks.")
    expect(section(page, "Invitations")).to_be_visible()
    expect(section(page, "Audit log")).to_be_visible()
    section(page, "Webhooks").get_by_role("button", name="Add a webhook").click()
    form = page.get_by_role("dialog", name="Add a webhook")
    form.get_by_label("Address").fill("not an address")
    form.get_by_role("button", name="Add a webhook").click()
    expect(form).to_be_visible()
    form.get_by_role("button", name="Cancel").click()
    expect(form).to_be_hidden()


@pytest.mark.parametrize("role", ["reader", "editor"])
def test_who_is_no_administrator_sees_how_it_is_and_changes_nothing(member, role):
    page = member(role, "/operations")
    expect(section(page, "Health")).to_be_visible()
    expect(page.get_by_role("heading", name="Job server")).to_have_count(0)
    for name in TABS:
        tabs(page).get_by_role("link", name=name).click()
        settle(page)
        expect(page.get_by_role("main").get_by_role("alert")).to_have_count(0)
        if name != "Quarantine":
            expect(page.get_by_text("Changes here are for administrators.")).to_be_visible()
    expect(page.get_by_role("button", name="Add a source")).to_have_count(0)
