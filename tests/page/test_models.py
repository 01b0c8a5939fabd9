"""The classifier's versions and their reports."""

from __future__ import annotations

import json
import shutil

import httpx
import pytest
from playwright.sync_api import expect

from ray_app.models.registry import version_folder
from tests.conftest import EXAMPLES
from tests.page.browser import settle
from tests.page.people import place, said

JOB_MS = 300_000


@pytest.fixture
def used(books):
    """The version in use."""
    models = httpx.get(f"{books.url}/v1/models", timeout=30).raise_for_status().json()["models"]
    (one,) = (one for one in models if one["in_use"])
    return one


@pytest.fixture
def models(visit):
    page = visit("/models")
    settle(page)
    return page


@pytest.fixture
def another(books, used):
    """A version beside the one in use, for one test: its twin, but for what its manifest says of it."""
    folder = version_folder(used["version"], books.settings)
    twin = folder.with_name(f"{used['version']}-twin")
    shutil.copytree(folder, twin)
    manifest = json.loads((twin / "manifest.json").read_bytes())
    manifest |= {"version": twin.name, "accuracy": manifest["accuracy"] - 0.1}
    (twin / "manifest.json").write_text(json.dumps(manifest))
    yield twin.name
    shutil.rmtree(twin)


def row(page, version):
    versions = page.get_by_role("region", name="Versions of the classifier").get_by_role("row")
    return versions.filter(has=page.get_by_role("link", name=version, exact=True))


def in_use(page, version):
    """Waits until the page says so."""
    expect(row(page, version)).to_contain_text("in use")


def go_back(page):
    """Takes the version into use again that was before."""
    page.get_by_role("button", name="Back to the one before").click()
    page.get_by_role("dialog").get_by_role("button", name="Back to the one before").click()


def report(page):
    return page.get_by_role("navigation", name="Report")


def test_the_versions_are_listed_with_the_one_in_use(models, used):
    row = (
        models.get_by_role("region", name="Versions of the classifier")
        .get_by_role("row")
        .filter(has_text=used["version"])
    )
    expect(row).to_contain_text("in use")
    expect(row).to_contain_text(str(used["documents"]))
    expect(row.get_by_role("button")).to_have_count(0)
    expect(models.get_by_role("heading", name=f"Report of {used['version']}")).to_be_visible()


@pytest.mark.quick
def test_the_report_shows_how_good_it_is_as_figures_and_diagrams(models):
    detail = models.get_by_role("region", name="Report", exact=True)
    expect(detail.get_by_text("Are its probabilities right?")).to_be_visible()
    expect(detail.get_by_text("Would more documents help?")).to_be_visible()
    drawings = detail.locator("svg")
    expect(drawings).to_have_count(2)
    for one in drawings.all():
        assert one.bounding_box()["height"] > 100
        assert one.locator("circle, path, polyline").count() > 0


def test_each_part_of_the_report_stands_in_the_address_and_the_back_button_leads_through_them(models, used):
    named = {"Labels": "labels", "Candidates": "candidates", "Full report": "report"}
    for name, tab in named.items():
        report(models).get_by_role("link", name=name).click()
        expect(report(models).get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
        settle(models)
        assert place(models) == ("/models", {"version": [used["version"]], "tab": [tab]})
    models.go_back()
    expect(report(models).get_by_role("link", name="Candidates")).to_have_attribute("aria-current", "page")


def test_every_label_has_its_scores_and_what_it_is_taken_for(visit, used):
    page = visit("/models?tab=labels")
    settle(page)
    scores = page.get_by_role("region", name="Report", exact=True).get_by_role("table").first
    expect(scores.locator("tbody tr")).to_have_count(used["labels"])
    expect(page.get_by_role("main")).to_contain_text("What is taken for what")


def test_the_candidates_say_which_one_was_chosen(visit):
    page = visit("/models?tab=candidates")
    settle(page)
    expect(page.get_by_role("row").filter(has_text="chosen").first).to_be_visible()


def test_the_full_report_is_shown_whole_and_runs_no_script(visit, used):
    page = visit("/models?tab=report")
    frame = page.locator("iframe")
    expect(frame).to_have_attribute("title", f"Report of classifier {used['version']}")
    expect(frame).to_have_attribute("sandbox", "")
    inside = page.frame_locator("iframe")
    expect(inside.locator("h1")).to_be_visible()
    expect(inside.locator("body")).to_contain_text(used["version"])
    # Its styles are its own: without them a report is as wide as its longest line.
    assert frame.bounding_box()["height"] > 300


def test_the_training_of_a_version_is_prepared_in_a_form(models):
    opener = models.get_by_role("button", name="Train a new version")
    expect(opener).to_have_attribute("aria-expanded", "false")
    opener.click()
    expect(opener).to_have_attribute("aria-expanded", "true")
    start = models.get_by_role("button", name="Start training")
    expect(start).to_be_enabled()
    models.get_by_label("Learn from the labels that people stated").uncheck()
    expect(models.get_by_role("alert").filter(has_text="Choose what to learn from")).to_be_visible()
    expect(start).to_be_disabled()
    opener.click()
    expect(start).to_be_hidden()


@pytest.mark.quick
def test_a_version_is_compared_put_into_use_and_taken_back(another, models, used, books):
    row(models, another).get_by_role("link", name=another).click()
    expect(models.get_by_role("heading", name=f"Report of {another}")).to_be_visible()
    report(models).get_by_role("link", name="Compare").click()
    settle(models)
    assert place(models) == ("/models", {"version": [another], "with": [used["version"]]})
    accuracy = models.get_by_role("row").filter(has=models.get_by_role("rowheader", name="Accuracy"))
    expect(accuracy).to_contain_text("10 worse")
    row(models, another).get_by_role("button", name=f"Put {another} into use").click()
    models.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    in_use(models, used["version"])
    row(models, another).get_by_role("button", name=f"Put {another} into use").click()
    models.get_by_role("dialog", name=f"Put {another} into use?").get_by_role("button", name="Put into use").click()
    said(models, f"{another} is in use now.")
    in_use(models, another)
    go_back(models)
    said(models, f"{used['version']} is in use now.")
    in_use(models, used["version"])
    models.reload()
    in_use(models, used["version"])


@pytest.mark.timeout(900)
def test_a_version_is_trained_from_the_page_and_its_report_is_there(models, used, books):
    models.get_by_role("button", name="Train a new version").click()
    models.get_by_label("Learn from the labels that people stated").uncheck()
    models.get_by_text("Labelled files on the server").click()
    models.get_by_label("Folder with a folder for each label").fill(str(EXAMPLES / "documents"))
    models.get_by_role("combobox", name="It looks at").select_option("words")
    models.get_by_role("button", name="Start training").click()
    models.wait_for_url("**/models?job=*")
    job = models.get_by_role("region", name="Training", exact=True)
    expect(job.locator(".badge")).to_have_text("finished", timeout=JOB_MS)
    made = httpx.get(f"{books.url}/v1/models", timeout=30).raise_for_status().json()["models"]
    (new,) = (one["version"] for one in made if one["in_use"])
    assert new != used["version"]
    in_use(models, new)
    expect(models.get_by_role("heading", name=f"Report of {new}")).to_be_visible()
    expect(models.get_by_text("Are its probabilities right?")).to_be_visible()
    go_back(models)  # for the other tests
    said(models, f"{used['version']} is in use now.")


@pytest.mark.parametrize("role", ["reader", "editor"])
def test_who_is_no_administrator_is_told_that_it_is_for_them(member, role):
    page = member(role, "/models")
    expect(page.get_by_role("main")).to_contain_text("Administrators see and train the classifier here.")
    expect(page.get_by_role("table")).to_have_count(0)
    expect(page.get_by_role("navigation").get_by_role("link", name="Models")).to_have_count(0)


def test_an_administrator_sees_it_with_a_key(member, used):
    page = member("admin", "/models")
    expect(page.get_by_role("heading", name=f"Report of {used['version']}")).to_be_visible()
