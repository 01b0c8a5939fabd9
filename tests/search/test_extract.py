"""Sentences of passages as an answer: which of them, and how much of the text around them."""

from __future__ import annotations

import pytest

from ray_app.records import Hit, Passage
from ray_app.search.evidence import Evidence
from ray_app.search.extract import choose, judge
from ray_app.store.bm25 import query_vector

pytestmark = pytest.mark.anyio

QUESTION = "how a password must be"


def evidence(text, language="en"):
    passage = Passage(id="p", text=text, page=1, start=100, end=100 + len(text), score=1.0)
    hit = Hit(
        "c", "d", "file:///rules.txt", "s", "Rules", 1.0, (passage,), (), language, "en", "text/plain", "2025-01-01", ()
    )
    return [Evidence(1, hit, passage)]


async def judged(text, embedder, *, question=QUESTION, language="en"):
    words = frozenset(query_vector(question, ["en"]).indices)
    (vector,) = embedder.embed_queries([question])
    return await judge(evidence(text, language), vector, words, embedder, most=100)


async def answer(text, embedder, *, limit=3):
    candidates = await judged(text, embedder)
    chosen = choose(candidates, limit=limit, at_least=0.45)
    for one in chosen:
        (place,) = one.citations
        assert one.text == " ".join(text[place.start - 100 : place.end - 100].split())
    return [one.text for one in chosen]


async def test_words_are_shared_as_they_were_stemmed_where_the_language_is_unsure(embedder):
    (one,) = await judged("The moorings were inspected.", embedder, question="inspect a mooring", language="")
    assert one.words == 1.0


async def test_a_heading_answers_together_with_the_sentence_below_it(embedder):
    text = "How a password must be\n\nIt has at least 14 characters. The sun shines on the harbour.\n"
    assert await answer(text, embedder) == ["How a password must be It has at least 14 characters."]


async def test_what_stands_below_a_heading_is_not_said_twice(embedder):
    text = "How a password must be\n\nA password must be long, and it must be a good one.\n"
    assert await answer(text, embedder) == [
        "How a password must be A password must be long, and it must be a good one."
    ]


async def test_lines_of_a_list_are_no_headings_of_each_other(embedder):
    text = "How a password must be\n\nHow a door must be\n\nHow a ship must be\n"
    assert await answer(text, embedder, limit=1) == ["How a password must be"]


async def test_a_heading_at_the_end_of_a_passage_stands_alone(embedder):
    text = "The sun shines on the harbour. The wind is mild.\n\nHow a password must be"
    assert await answer(text, embedder, limit=1) == ["How a password must be"]


async def test_nothing_is_said_that_does_not_answer(embedder):
    assert await answer("The sun shines on the harbour. The wind is mild.", embedder) == []
