from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ray_app.enrichment.privacy.masking import digest, mask, redact
from ray_app.errors import ConfigurationError

KEY = b"a key of thirty-two bytes, or so"
NUMBERS = ["card", "iban", "phone", "passport", "us.ssn", "vat", "something.new"]


@pytest.mark.parametrize(
    ("kind", "value", "masked"),
    [
        ("email", "jens@example.com", "j***@example.com"),
        ("email", "j@example.com", "***@example.com"),
        ("card", "4111111111111234", "**** **** **** 1234"),
        ("dk.cpr", "0101901234", "010190-****"),
        ("dk.cpr", "010190-1234", "010190-****"),
        ("iban", "DK5000400440116243", "DK** **** **** **62 43"),
        ("phone", "+4512345678", "+********78"),
        ("person", "Anna Maria Østergård-Jensen", "A. M. Ø. J."),
        ("us.ssn", "078-05-1120", "***-**-*120"),
        ("passport", "AB1234567", "******567"),
        ("ip", "192.168.12.7", "192.168.*.*"),
        ("ip", "2001:db8::1", "2001:0db8:*"),
        ("url", "https://anna:secret@example.com/u/anna?x=1", "https://example.com/***"),
        ("organisation", "Nordlys A/S", "Nordlys A/S"),
    ],
)
def test_a_masked_value_is_known_to_those_who_know_it(kind, value, masked):
    assert mask(value, kind) == masked


@given(st.sampled_from(NUMBERS), st.text(string.ascii_uppercase + string.digits + " -", min_size=1))
def test_of_a_number_a_third_and_six_characters_at_most_are_shown(kind, value):
    count = sum(map(str.isalnum, value))
    shown = sum(map(str.isalnum, mask(value, kind)))
    assert shown <= min(6, count * 2 / 5)
    assert shown < count or count == 0


@given(st.sampled_from([*NUMBERS, "email", "dk.cpr", "person", "ip", "url"]), st.text())
def test_any_text_can_be_masked(kind, value):
    assert isinstance(mask(value, kind), str)


def test_equal_values_of_a_kind_have_equal_digests_and_others_do_not():
    assert digest("Zoë", "person", KEY) == digest("Zoe\u0308", "person", KEY)
    digests = {
        digest("1", "card", KEY),
        digest("2", "card", KEY),
        digest("1", "phone", KEY),
        digest("1", "card", KEY * 2),
    }
    assert len(digests) == 4
    assert all(re.fullmatch("[0-9a-f]{64}", one) for one in digests)


def test_a_digest_is_hmac_sha256():
    # RFC 4231, test case 2, has a key of four bytes; this one was computed with `openssl dgst -sha256 -hmac`.
    expected = "b393fabb7571065bf1269facf7b51d27e4cad5a3e7839ac208d6efe995f663c5"
    assert digest("0101901234", "dk.cpr", KEY) == expected


def test_a_short_key_is_refused():
    with pytest.raises(ConfigurationError, match="at least 16"):
        digest("1", "card", b"short")


def test_a_placeholder_says_what_stood_there():
    text = "Write to anna@example.com or 12345678."
    assert redact(text, [(9, 25, "email"), (29, 37, "phone")]) == "Write to [email] or [phone]."


def test_overlapping_spans_become_one_with_the_longest_ones_name():
    assert redact("abcdefghij", [(1, 3, "x"), (2, 7, "y"), (6, 8, "z")]) == "a[y]ij"
    assert redact("abcdefghij", [(1, 3, "x"), (3, 5, "y")]) == "a[x][y]fghij"


@pytest.mark.parametrize("span", [(-1, 2), (2, 99), (3, 2)])
def test_a_span_outside_the_text_is_refused(span):
    with pytest.raises(ValueError, match="outside a text of 4"):
        redact("abcd", [(*span, "email")])


@given(st.lists(st.sampled_from(["42", "7-8", " ", "and", "\n", "æ", "[", "]", "[number]"]), max_size=30))
def test_no_digit_of_a_redacted_number_remains_and_a_second_time_changes_nothing(pieces):
    text = "".join(pieces)
    once = redact(text, numbers(text))
    assert not re.search(r"\d", once)
    assert redact(once, numbers(once)) == once


@given(
    st.text(st.characters(exclude_characters="[]"), max_size=40),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6),
)
def test_what_is_in_no_span_stays(text, pairs):
    spans = [(min(pair), max(pair), "x") for pair in pairs if max(pair) <= len(text)]
    kept = [c for i, c in enumerate(text) if not any(start <= i < end for start, end, _ in spans)]
    assert redact(text, spans).replace("[x]", "") == "".join(kept)


def numbers(text):
    return [(match.start(), match.end(), "number") for match in re.finditer(r"\d[\d-]*|\[number\]", text)]
