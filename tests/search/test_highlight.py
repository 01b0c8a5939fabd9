from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ray_app.search.highlight import highlight
from ray_app.store.bm25 import query_vector


def marked(passage, query, language="en"):
    wanted = frozenset(query_vector(query, ["en", "da"]).indices)
    return [passage[start:end] for start, end in highlight(passage, wanted, language)]


def test_inflected_words_are_marked_as_they_stand():
    assert marked("The Probes drifted; a probe's drift.", "why does the probe drift") == [
        "Probes",
        "drifted",
        "probe",
        "drift",
    ]


def test_stop_words_are_not_marked():
    assert marked("the end of the lease", "the lease") == ["lease"]


def test_a_passage_is_stemmed_in_its_own_language():
    assert marked("Fakturaerne er betalt", "faktura", "da") == ["Fakturaerne"]


@given(st.text(max_size=200), st.text(max_size=30))
def test_spans_are_ordered_and_lie_within_the_passage(passage, query):
    spans = highlight(passage, frozenset(query_vector(query, ["en"]).indices), "en")
    ends = [0, *(end for _, end in spans)]
    assert all(before <= start < end <= len(passage) for before, (start, end) in zip(ends, spans, strict=False))
