"""Texts with citations, read while they are written; and the sentences of passages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ray_app.records import Hit, Passage
from ray_app.search.cited import CitedText
from ray_app.search.evidence import number
from ray_app.search.sentences import sentence_spans

TEXT = "The lease ends in June [1]. Notice is six months. [1][2] Rent is due quarterly [3, 2]. Nobody knows more [9]"


def evidence():
    passages = [Passage(str(row), "text of a passage", row, 100 * row, 100 * row + 17, 1.0) for row in (1, 2, 3)]
    hit = Hit("c", "d", "file:///d", "s", "D", 1.0, tuple(passages), (), "en", "en", "text/plain", "2025-01-01", ())
    return number([hit])


def read(pieces):
    text = CitedText(evidence())
    return [one for piece in pieces for one in text.add(piece)] + text.close()


def test_each_sentence_has_its_citations_also_those_behind_its_full_stop():
    sentences = read([TEXT])
    assert [one.text for one in sentences] == [
        "The lease ends in June [1].",
        "Notice is six months. [1][2]",
        "Rent is due quarterly [3, 2].",
        "Nobody knows more [9]",
    ]
    assert [[cite.number for cite in one.citations] for one in sentences] == [[1], [1, 2], [3, 2], []]
    assert [one.supported for one in sentences] == [True, True, True, False]
    assert (sentences[0].citations[0].page, sentences[0].citations[0].start, sentences[0].citations[0].end) == (
        1,
        100,
        117,
    )


def test_a_sentence_is_given_as_soon_as_the_next_one_has_begun():
    text = CitedText(evidence())
    assert text.add("The lease ends [1]. ") == []
    assert text.add("[2") == []
    assert text.add("] ") == []
    (first,) = text.add("Notice")
    assert [cite.number for cite in first.citations] == [1, 2]


@given(st.lists(st.integers(0, len(TEXT)), max_size=30))
def test_it_does_not_matter_how_the_text_is_cut_into_pieces(cuts):
    edges = [0, *sorted(cuts), len(TEXT)]
    sentences = read([TEXT[start:end] for start, end in zip(edges, edges[1:], strict=False)])
    assert "".join("".join(one.text.split()) for one in sentences) == "".join(TEXT.split())
    assert sentences == read([TEXT])


@given(st.text(max_size=300), st.sampled_from(["en", "da", "", "xx", "zh"]))
def test_sentences_lie_in_order_within_the_passage(text, language):
    spans = sentence_spans(text, language)
    ends = [0, *(end for _, end in spans)]
    assert all(before <= start < end <= len(text) for before, (start, end) in zip(ends, spans, strict=False))
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)


def test_sentences_are_cut_as_people_would():
    text = "Dr. Hansen came at 9.30. He left!\n\nNobody\nsaw him, i.e. he hid."
    assert [text[slice(*span)] for span in sentence_spans(text, "en")] == [
        "Dr. Hansen came at 9.30.",
        "He left!",
        "Nobody\nsaw him, i.e. he hid.",
    ]
