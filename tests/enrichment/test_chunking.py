from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from semantic_text_splitter import TextSplitter

from ray_app.enrichment.chunking import chunk, count_by_words, make_splitter, name_chunk, pages_of
from ray_app.records import Page

WORDS = st.text(alphabet="abcæøå ABC.,!?\n\t\u00a0é漢字🎈-'\"", max_size=400)
MAX_TOKENS = 16


@pytest.fixture(scope="module")
def tokenizer(model):
    """Loaded once: it takes longer than what is tried with it."""
    loaded = model.tokenizer()
    loaded.no_truncation()
    return loaded


@pytest.fixture(scope="module")
def splitters(tokenizer):
    return {overlap: make_splitter(tokenizer, MAX_TOKENS, overlap) for overlap in (0, 5)}


@pytest.fixture(scope="module")
def library(tokenizer):
    """Splitters that have the tokenizer count each stretch of text as a whole."""
    return {overlap: TextSplitter.from_huggingface_tokenizer(tokenizer, MAX_TOKENS, overlap) for overlap in (0, 5)}


@pytest.fixture(scope="module")
def splitter(splitters):
    return splitters[0]


@settings(max_examples=300, deadline=None)
@given(texts=st.lists(WORDS, max_size=3))
def test_spans_give_back_the_text_and_nothing_but_white_space_is_lost(splitter, texts):
    pages = [Page(number, text) for number, text in enumerate(texts, 1)]
    chunks = chunk(pages, splitter)
    assert [one.ordinal for one in chunks] == list(range(len(chunks)))
    for page in pages:
        position = 0
        for one in (one for one in chunks if one.page == page.number):
            assert page.text[one.start : one.end] == one.text
            assert page.text[position : one.start].strip() == ""
            position = one.end
        assert page.text[position:].strip() == ""


@settings(max_examples=200, deadline=None)
@given(texts=st.lists(WORDS, max_size=3), overlap=st.sampled_from([0, 5]))
def test_pages_are_put_together_again_but_for_the_kind_of_white_space(splitters, texts, overlap):
    pages = [Page(number, text) for number, text in enumerate(texts, 1)]
    again = {page.number: page.text for page in pages_of(chunk(pages, splitters[overlap]))}
    for page in pages:
        assert blank(again.get(page.number, "")) == blank(page.text).rstrip()


def blank(text):
    return "".join(" " if character.isspace() else character for character in text)


def test_a_name_makes_no_page():
    assert pages_of(name_chunk("scan_0001")) == ()


@settings(max_examples=200, deadline=None)
@given(text=WORDS)
def test_no_passage_is_longer_than_the_model_reads(splitter, tokenizer, text):
    for one in chunk([Page(1, text)], splitter):
        assert len(tokenizer.encode(one.text, add_special_tokens=False).ids) <= MAX_TOKENS


ODD = st.sampled_from(
    [
        "[SEP]",
        "[UNK]",
        "\x00",
        "\x0b",
        "\x1c",
        "\x85",
        "\u200b",
        "\u2028",
        "\u3000",
        "\u0301",
        "Σς",
        "İ",
        "\r\n",
        "x" * 120,
    ]
)


@settings(max_examples=1000, deadline=None)
@given(parts=st.lists(st.one_of(WORDS, ODD, st.text(max_size=20)), max_size=8))
def test_tokens_counted_by_words_are_those_of_the_whole_text(tokenizer, parts):
    text = "".join(parts)
    assert count_by_words(tokenizer)(text) == len(tokenizer.encode(text, add_special_tokens=False).ids)


@settings(max_examples=200, deadline=None)
@given(text=WORDS, overlap=st.sampled_from([0, 5]))
def test_passages_are_those_that_counting_whole_texts_gives(splitters, library, text, overlap):
    assert splitters[overlap].chunk_indices(text) == library[overlap].chunk_indices(text)


def test_passages_end_with_sentences_and_paragraphs(splitter):
    text = (
        "The lease ends in May. The landlord was told in time.\n\nA new house was found. It has a cellar and a garden."
    )
    texts = [one.text for one in chunk([Page(1, text)], splitter)]
    assert texts == [
        "The lease ends in May. The landlord was told in time.",
        "A new house was found. It has a cellar and a garden.",
    ]


def test_a_passage_never_crosses_a_page(splitter):
    chunks = chunk([Page(1, "One."), Page(2, "Two.")], splitter)
    assert [(one.page, one.text) for one in chunks] == [(1, "One."), (2, "Two.")]


def test_overlap_repeats_the_end_of_the_passage_before(model):
    splitter = make_splitter(model.tokenizer(), 16, 8)
    text = " ".join(f"Sentence number {i} is here." for i in range(12))
    chunks = chunk([Page(1, text)], splitter)
    assert all(after.start < before.end for before, after in zip(chunks, chunks[1:], strict=False))


def test_a_document_without_text_is_found_by_its_title():
    (one,) = name_chunk("scan-0231_final")
    assert one.text == "scan 0231 final"


def test_passages_of_a_recognised_page_say_how_sure_the_recognition_was(splitter):
    pages = [Page(1, "Read from paper.", confidence=0.8), Page(2, "There as text.")]
    assert [piece.confidence for piece in chunk(pages, splitter)] == [0.8, None]
