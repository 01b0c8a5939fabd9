from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ray_app.enrichment.privacy.lexicon import FALSE_FRIENDS, Term, build_lexicon, known_languages, read_lexicon
from ray_app.enrichment.privacy.words import find_words
from ray_app.errors import ConfigurationError


def hits(text, language, **given):
    return [(text[hit.start : hit.end], hit.category) for hit in find_words(text, 1, language, **given)]


def terms(language):
    """All terms of a supplied list by what a text would say, with their categories."""
    node = [read_lexicon(language).root]
    while node:
        one = node.pop()
        node += one.following.values()
        yield from one.terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("She was diagnosed with breast cancer.", [("diagnosed", "health"), ("cancer", "health")]),
        ("TRADE UNIONS", [("TRADE UNIONS", "union")]),
        ("a union-membership fee", [("union-membership", "union")]),
        ("a trade\nunion", [("trade\nunion", "union")]),
        ("a trade\n\nunion; a trade. Union", []),
        ("He has AIDS, she has hearing aids, and this aids them.", [("AIDS", "health")]),
        ("a citizen of the European Union and its union members", [("union members", "union")]),
        ("European Union members and Union law", []),
        ("strike-through text", []),
        ("several protests at the hospital", []),
        ("Christian Berg likes rapeseed oil", []),
        ("the patient’s medical records", [("medical records", "health")]),
        ("(psychiatric) \u201cgay\u201d", [("psychiatric", "health"), ("gay", "sexual_life")]),
    ],
)
def test_english_words_are_found_however_inflected_and_false_friends_are_not(text, expected):
    assert hits(text, "en") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kræften er spredt til lungerne", [("Kræften", "health")]),
        ("Bekræft venligst, at I kan bekræfte det med alle kræfter", []),
        ("Straffeattesten er ren", [("Straffeattesten", "criminal")]),
        ("Unionsborgere i Den Europæiske Union", []),
        ("fagforeningernes tillidsrepræsentanter", [("fagforeningernes", "union"), ("tillidsrepræsentanter", "union")]),
        ("Det gælder gældende regler", []),
        ("Hans gæld er stor", [("gæld", "finances")]),
        ("Han blev opsagt, og lønnen stoppede", [("blev opsagt", "employment"), ("lønnen", "employment")]),
        ("Hun er sygemeldt med depression", [("sygemeldt", "health"), ("depression", "health")]),
        ("en kra\u0308ft, en kræft", [("kræft", "health")]),
    ],
)
def test_danish_words_are_found_however_inflected_and_false_friends_are_not(text, expected):
    assert hits(text, "da") == expected


@pytest.mark.parametrize("language", ["da", "en"])
def test_every_term_of_the_lists_is_found_in_its_own_category(language):
    for category, term in terms(language):
        text = f"xx, {term.replace('=', '').replace('*', '')}, xx"
        assert category == FALSE_FRIENDS or category in {kind for _, kind in hits(text, language)}, term


def test_a_text_of_an_unknown_language_is_read_with_every_list_and_norwegian_with_the_danish_one():
    assert hits("Hun er gravid. She is pregnant.", "") == [("gravid", "health"), ("pregnant", "health")]
    assert hits("gravid", "nb") == [("gravid", "health")]
    assert hits("gravid", "de") == []


def test_own_lists_are_used_beside_the_supplied_ones(tmp_path):
    (tmp_path / "da.yaml").write_text("secrets: [projekt nordlys, krypto*]\nfalse_friends: [gravid elefant]\n")
    (tmp_path / "de.yaml").write_text("health: [Diagnose]\n")
    assert hits("Projekt Nordlys, gravid", "da", own=tmp_path) == [("Projekt Nordlys", "secrets"), ("gravid", "health")]
    assert hits("kryptonøgle, gravide elefanter", "da", own=tmp_path) == [("kryptonøgle", "secrets")]
    assert hits("Zwei Diagnosen", "de", own=tmp_path) == [("Diagnosen", "health")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("- a\n", "mapping"),
        ("health: cancer\n", "list of terms"),
        ("health: [1]\n", "holds 1"),
        ("a: [x*]\n", "letters"),
    ],
)
def test_a_wrong_list_is_refused_with_its_name(tmp_path, content, message):
    (tmp_path / "da.yaml").write_text(content)
    with pytest.raises(ConfigurationError, match=rf"da\.yaml.*{message}"):
        find_words("x", 1, "da", own=tmp_path)


def test_a_missing_folder_of_lists_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r"privacy\.words_dir"):
        find_words("x", 1, "da", own=tmp_path / "none")


@given(
    st.lists(st.sampled_from(["cancer", "union", "European Union", "trade", "æ", ".", "\n", " ", "-", "’s", "aids"]))
)
def test_hits_are_in_order_apart_and_as_the_text_has_them(pieces):
    text = "".join(pieces)
    found = find_words(text, 3, "en")
    assert all(text[hit.start : hit.end].strip() == text[hit.start : hit.end] != "" for hit in found)
    spans = sorted({(hit.start, hit.end) for hit in found})
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    assert {hit.page for hit in found} <= {3}


def test_a_word_may_be_in_two_categories():
    lexicon = build_lexicon("en", [Term("a", "leave"), Term("b", "leave")])
    assert [term.category for term in lexicon.root.following["leave"].terms] == ["a", "b"]


def test_the_lists_have_the_same_categories_and_no_term_twice():
    texts = {language: [(t.category, t.text) for t in terms(language)] for language in ("da", "en")}
    assert {category for category, _ in texts["da"]} == {category for category, _ in texts["en"]}
    assert all(len(found) == len(set(found)) for found in texts.values())
    assert known_languages() == ("da", "en")


def test_the_time_grows_with_the_text_and_not_with_its_square():
    for piece in ("trade ", "a'", "union - ", "   "):
        started = time.process_time()
        find_words(piece * 50_000, 1, "en")
        assert time.process_time() - started < 5
