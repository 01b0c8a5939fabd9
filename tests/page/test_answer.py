"""Asking: sentences out of the documents, each with the place where it stands, or the word that there are none."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect
from pydantic import SecretStr

from ray_app.settings import AnswerSettings
from tests.page.browser import settle
from tests.page.people import box, has_focus, hits
from tests.page.proxy import line_to
from tests.search.endpoint import KEY, Endpoint, running
from tests.serving.conftest import listening

ANSWERED = "how long must a password be"
UNANSWERED = "which flowers grow on the roof of the museum"


def asked(page, question):
    """Types the question, presses the button, and waits for the whole answer."""
    box(page).fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page).to_have_title(f"{question} – ray-app")
    settle(page)


def answer(page):
    return page.get_by_role("region", name="Answer", exact=True)


def citations(page):
    return answer(page).locator("a.cite")


def query(page):
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


@pytest.fixture
def page(visit):
    page = visit("/answer")
    settle(page)
    return page


@pytest.mark.quick
def test_a_question_is_asked_and_answered_with_its_sources(page):
    assert has_focus(box(page))
    asked(page, ANSWERED)
    assert query(page) == {"q": ANSWERED}
    expect(answer(page)).to_contain_text("password")
    expect(answer(page).get_by_role("status").first).to_contain_text("word for word")
    expect(citations(page).first).to_have_attribute("aria-label", re.compile(r"^Passage \d+: .+, page \d+$"))
    expect(page.get_by_role("heading", name="Passages")).to_be_visible()
    passages = page.get_by_role("region", name="Passages").get_by_role("listitem")
    assert passages.count() > 0
    expect(passages.locator("mark").first).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()


def test_each_sentence_has_a_source_that_is_among_the_passages(page):
    asked(page, ANSWERED)
    numbers = page.get_by_role("region", name="Passages").locator("li > .number").all_inner_texts()
    cited = citations(page).all_inner_texts()
    assert cited
    assert {f"[{one}]" for one in cited} <= set(numbers)
    expect(answer(page).locator(".unsupported")).to_have_count(0)


@pytest.mark.quick
def test_a_citation_opens_the_document_at_the_sentence_and_the_way_back_asks_nothing(page):
    asked(page, ANSWERED)
    at, whole = page.url, answer(page).inner_text()
    sentence = answer(page).locator(".answer p > span").first
    said = sentence.evaluate("(one) => one.firstChild.data").strip()
    citations(page).first.click()
    page.wait_for_url("**/documents/**")
    settle(page)
    assert {"q", "page", "start", "end", "cite"} == set(query(page))
    expect(page.get_by_role("img", name=re.compile(rf"^Page {query(page)['page']} of "))).to_be_visible()
    marked = page.locator(".passage-text.current mark")
    expect(marked.first).to_be_in_viewport()
    assert " ".join("".join(marked.all_inner_texts()).split()) == " ".join(said.split())
    requests = []
    page.on("request", lambda request: requests.append(urlsplit(request.url).path))
    page.get_by_role("link", name="Back to the answer").click()
    settle(page)
    assert (page.url, answer(page).inner_text()) == (at, whole)
    assert "/v1/answer" not in requests


@pytest.mark.quick
def test_a_question_that_the_documents_do_not_answer_leads_to_the_search(page):
    asked(page, UNANSWERED)
    expect(answer(page)).to_contain_text("The documents do not answer this")
    expect(citations(page)).to_have_count(0)
    page.get_by_role("link", name="Search for these words").click()
    expect(hits(page).first).to_be_visible()
    assert query(page) == {"q": UNANSWERED}
    assert urlsplit(page.url).path == "/"


def test_an_address_asks_its_question(visit):
    page = visit(f"/answer?q={ANSWERED}")
    settle(page)
    expect(box(page)).to_have_value(ANSWERED)
    expect(citations(page).first).to_be_visible()


def test_an_answer_that_takes_too_long_is_stopped_and_asked_for_again(visit, books, servers):
    line = servers.enter_context(line_to(books.url))
    page = visit("/answer", url=line.url)
    settle(page)
    line.hold(b"event: sentence")
    box(page).fill(ANSWERED)
    box(page).press("Enter")
    expect(citations(page).first).to_be_visible()
    expect(answer(page)).to_have_attribute("aria-busy", "true")
    page.get_by_role("button", name="Stop").click()
    expect(answer(page)).to_contain_text("Stopped.")
    expect(page.get_by_role("link", name="Search for these words")).to_be_visible()
    line.let_go()
    page.get_by_role("button", name="Try again").click()
    settle(page)
    expect(answer(page).get_by_role("status").first).to_contain_text("word for word")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()


def test_a_second_question_takes_the_place_of_the_first_and_back_leads_to_it(page):
    asked(page, ANSWERED)
    whole = answer(page).inner_text()
    asked(page, UNANSWERED)
    expect(citations(page)).to_have_count(0)
    page.go_back()
    expect(box(page)).to_have_value(ANSWERED)
    expect(citations(page).first).to_be_visible()
    settle(page)
    assert answer(page).inner_text() == whole


@pytest.fixture
def chat():
    """A language model's endpoint that says what it is told to."""
    with running(Endpoint()) as one:
        one.pieces = ["A password must have ", "at least twelve characters [1]. ", "It is never told to anybody [2]."]
        yield one


@pytest.fixture
def written(books, embedder, chat, servers):
    """Where the page is whose answers the model writes."""
    chosen = AnswerSettings(url=chat.url, api_key=SecretStr(KEY), model="tiny", attempts=1)
    return servers.enter_context(listening(books.settings.model_copy(update={"answer": chosen}), embedder))


def test_what_a_model_writes_is_shown_as_it_comes_and_then_with_its_sources(visit, written, servers):
    line = servers.enter_context(line_to(written))
    page = visit("/answer", url=line.url)
    settle(page)
    line.hold(b"event: token")
    box(page).fill(ANSWERED)
    box(page).press("Enter")
    expect(answer(page)).to_contain_text("A password must have")
    expect(answer(page)).not_to_contain_text("twelve")
    expect(citations(page)).to_have_count(0)
    line.let_go()
    settle(page)
    expect(answer(page)).to_contain_text("at least twelve characters")
    expect(answer(page)).not_to_contain_text("[1]")
    expect(citations(page)).to_have_count(2)
    expect(answer(page).get_by_role("status").first).to_contain_text("Written by tiny")


def test_a_model_that_stops_in_the_middle_leaves_what_it_wrote(visit, written, chat):
    chat.behaviour = "cut"
    page = visit(f"/answer?q={ANSWERED}", url=written)
    settle(page)
    expect(answer(page)).to_contain_text("at least twelve characters")
    expect(answer(page).get_by_role("button", name="Try again")).to_be_visible()
    chat.behaviour = "well"
    answer(page).get_by_role("button", name="Try again").click()
    settle(page)
    expect(answer(page).get_by_role("status").first).to_contain_text("Written by tiny")
