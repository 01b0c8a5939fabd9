from __future__ import annotations

import pytest

from ray_app.store.bm25 import passage_vector, query_vector, word_indices


def matches(passage, language, query, languages):
    return bool(set(passage_vector(passage, language).indices) & set(query_vector(query, languages).indices))


@pytest.mark.parametrize(
    ("passage", "language", "query"),
    [
        ("The probes were drifting.", "en", "why does a probe drift"),
        ("Fakturaerne blev betalt.", "da", "betaling af faktura"),
        ("Verträge sind gekündigt worden.", "de", "Vertrag kündigen"),
        ("請求書 ABC-123", "ja", "abc"),
    ],
)
def test_a_query_finds_inflected_words_of_each_language(passage, language, query):
    assert matches(passage, language, query, ["en", "da", "de", "ja"])


def test_stop_words_of_the_querys_language_match_nothing_in_others():
    assert not matches("for of the in", "da", "the end of the lease", ["en", "da"])


def test_a_query_of_stop_words_alone_is_empty():
    assert query_vector("the of and", ["en", "da"]).indices == []


def test_a_word_is_counted_once_however_many_languages_stem_it():
    vector = query_vector("invoice", ["en", "da", "de"])
    assert len(vector.indices) == len(set(vector.indices))
    assert set(vector.values) == {1.0}


def test_a_word_that_a_query_repeats_counts_more_but_less_than_as_often():
    once, repeated = query_vector("an invoice", ["en"]), query_vector("an invoice, the invoice", ["en"])
    assert repeated.indices == once.indices
    assert 1.0 < repeated.values[0] < 2.0


def test_the_words_of_a_title_count_more_than_those_of_the_passage():
    vector = passage_vector("the lease ends", "en", "Warehouse")
    weights = dict(zip(vector.indices, vector.values, strict=True))
    (warehouse,), (lease,) = word_indices("warehouse", "en"), word_indices("lease", "en")
    assert weights[warehouse] > weights[lease]


def test_a_word_has_the_index_that_the_passage_gives_it():
    assert word_indices("drifting", "en") <= set(passage_vector("it drifts", "en").indices)
    assert word_indices("the", "en") == frozenset()
