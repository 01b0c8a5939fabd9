from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ray_app.enrichment.privacy.changes import affected_tokens
from ray_app.enrichment.privacy.folding import fold, spellings
from ray_app.enrichment.privacy.matcher import compile_watchlist
from ray_app.enrichment.privacy.watchlist import difference
from ray_app.findings import How, WatchedPerson, WatchMatch

JORGEN = WatchedPerson("j", "Jørgen Åse Strømgaard", emails=("jorgen.s@example.com",), phones=("+45 12345678",))
WRITTEN = [
    "Jørgen Åse Strømgaard",
    "Joergen Stromgård",
    "strømgaard, jørgen",
    "Hr. Strömgaards",
    "J. Strømgaard's",
    "Jorgen Aase Maria STROEMGAARD",
]


def words(text):
    return set(re.findall(r"\w+", text.lower()))


@pytest.mark.parametrize("text", WRITTEN)
def test_a_document_that_matches_has_one_of_the_words(text):
    assert compile_watchlist([JORGEN]).find(text, 1)
    assert words(text) & affected_tokens(None, JORGEN).words


PART = st.text("abelmnosåøæüé", min_size=2, max_size=9).map(str.capitalize)
FORMS = ["{0} {1}", "{1}, {0}", "{0} X. {1}", "{0} {1}s", "Mr {1}'s", "{2}. {1}", "{0}"]


@given(PART, PART, st.sampled_from(FORMS), st.data())
def test_every_document_that_matches_rightly_spelt_has_one_of_the_words(one, other, form, data):
    person = WatchedPerson("p", f"{one} {other}")
    respelt = [data.draw(st.sampled_from(sorted(spellings(part)))).capitalize() for part in (one, other)]
    text = form.format(*respelt, one[0])
    matches = [match for match in compile_watchlist([person]).find(text, 1) if match.how is not How.MISSPELT]
    assert not matches or words(text) & affected_tokens(None, person).words


@pytest.mark.parametrize("text", ["Jørgen Strømgard", "Jrøgen Strømgaard", "Strømgaad, Jørgen"])
def test_a_document_with_one_misspelt_word_has_one_of_more_words(text):
    affected = affected_tokens(JORGEN, None)
    assert compile_watchlist([JORGEN]).find(text, 1)
    assert words(text) & (affected.words | affected.more_words)


def test_what_words_cannot_guarantee_is_told():
    affected = affected_tokens(None, JORGEN)
    assert affected.fuzzy == {("jorgen", 1), ("stromgaard", 2)}
    assert affected.addresses == {"jorgen"}
    assert affected.values == {("email", "jorgen.s@example.com"), ("phone", "4512345678")}


def test_a_change_matters_to_documents_of_both_names_and_none_to_none():
    married = replace(JORGEN, name="Jørgen Lindqvist")
    both = affected_tokens(JORGEN, married)
    assert both.words == affected_tokens(None, JORGEN).words | affected_tokens(None, married).words
    assert not affected_tokens(JORGEN, JORGEN).words
    assert not affected_tokens(None, None).values


def test_a_rare_given_name_and_an_alias_stand_alone():
    person = WatchedPerson("p", "Wolfhardine Holm", aliases=("Zorro", "Anna Smed"))
    assert {"wolfhardine", "holm", "zorro", "smed", "smeds"} <= affected_tokens(None, person).words
    assert "anna" in affected_tokens(None, person).more_words


def test_an_apostrophe_leaves_the_longest_piece():
    assert {"obrien", "brien", "briens"} <= affected_tokens(None, WatchedPerson("p", "Mary O'Brien")).words


@given(st.text("abeoåæøöüßé", min_size=1, max_size=8))
def test_spellings_have_one_fold(word):
    assert word in spellings(word)
    assert {fold(spelling) for spelling in spellings(word)} == {fold(word)}


@given(st.text(max_size=12))
def test_a_fold_is_folded_already(word):
    assert fold(fold(word)) == fold(word)


def test_the_difference_is_what_is_new_and_what_is_gone():
    one, two, three = (WatchMatch("p", 1, start, start + 3, How.EXACT, 0.9) for start in (1, 5, 9))
    assert difference([one, two], [three, two]) == ((three,), (one,))
    doubted = replace(two, confidence=0.5)
    assert difference([two], [doubted]) == ((doubted,), (two,))
    assert difference([], []) == ((), ())


@given(st.lists(st.integers(0, 5)), st.lists(st.integers(0, 5)))
def test_the_difference_leads_from_before_to_after(before, after):
    old, new = ({WatchMatch("p", 1, n, n + 1, How.EXACT, 0.9) for n in numbers} for numbers in (before, after))
    added, revoked = difference(old, new)
    assert (old - set(revoked)) | set(added) == new
    assert not set(added) & set(revoked)


def test_others_change_only_where_the_changed_persons_words_stand():
    anna, jansen = WatchedPerson("a", "Anna Jensen"), WatchedPerson("b", "Anna Jansen")
    texts = ["Anna Jansen", "hr. Jensen", "Anna Jensen", "hr. Jansen"]
    before, after = compile_watchlist([anna]), compile_watchlist([anna, jansen])
    changed = [text for text in texts if difference(before.find(text, 1), after.find(text, 1)) != ((), ())]
    affected = affected_tokens(None, jansen)
    assert all(words(text) & affected.words for text in changed)
    assert changed == ["Anna Jansen", "Anna Jensen", "hr. Jansen"] or changed == ["Anna Jansen", "hr. Jansen"]
