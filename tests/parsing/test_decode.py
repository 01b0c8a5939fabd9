"""Encodings: UTF-8 with stray bytes, and those that are only guessed."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ray_app.parsing.decode import decode

DANISH = "Blåbærgrød på Ærø"
TEXTS = st.text().filter(lambda text: not text.startswith("\ufeff"))


@given(TEXTS)
def test_utf8_is_read_as_it_was_written(text):
    assert decode(text.encode()) == text


@given(TEXTS, TEXTS, st.integers(0x80, 0xFF))
@example("", "", 0xFF)
@example("plain ascii " * 10_000, "", 0xE6)
def test_a_foreign_byte_in_utf8_costs_nothing_else(before, after, byte):
    foreign = bytes([byte])
    read = decode(f"{before}{DANISH}".encode() + foreign + after.encode())
    assert read == f"{before}{DANISH}{foreign.decode('cp1252', 'replace')}{after}"


def test_a_foreign_byte_behind_the_mark_of_utf8_costs_nothing_else():
    assert decode(b"\xef\xbb\xbfname;town\nS\xf8ren;Hobro") == "name;town\nSøren;Hobro"


def test_letters_far_behind_plain_ascii_are_read():
    head = "name;town\n" + "plain;ascii\n" * 7000
    for encoding, row in (("cp1252", "Søren;Århus\n"), ("cp1251", "Привет мир, это текст\n")):
        assert decode((head + row * 20).encode(encoding)) == head + row * 20


@pytest.mark.parametrize(
    "text",
    [
        "Ærø",
        DANISH,
        "Søren Kierkegård, Østergade 5, 2100 København Ø",
        "naïve café",
        "Müller GmbH, Straße 5",
        "price 5 € – “good”",
        "déjà plus cher qu'à Noël, même pour les garçons âgés",
    ],
)
def test_a_short_western_text_is_no_cyrillic_greek_or_hebrew(text):
    assert decode(text.encode("cp1252")) == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Привет мир"),
        ("koi8-r", "Привет мир, это текст"),
        ("iso-8859-2", "Zażółć gęślą jaźń, Łódź\n" * 2),
        ("cp1253", "Καλημέρα κόσμε"),
        ("shift_jis", "これは日本語のテキストです。"),
        ("utf-16-le", f"{DANISH} – og øen\n"),
    ],
)
def test_short_texts_in_other_scripts_are_recognised(encoding, text):
    assert decode(text.encode(encoding)) == text
