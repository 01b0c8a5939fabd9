"""Whole texts: what is found in letters and forms, what is left alone in figures, logs and code."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ray_app.enrichment.identifiers import find_identifiers
from ray_app.enrichment.identifiers.tidy import tidy

LETTER = """Nordhavn Maskiner A/S · Kajgade 12 · 8000 Aarhus C · CVR 13 58 56 28 · tlf. 86 12 34 56
Aarhus, den 12. marts 2024. Vedr. sag 2024-118822, faktura 20240312

Kære Jens Holm (cpr-nr. 070761-4285)
Beløbet på 12.345,00 kr. er sat ind på IBAN DK50 0040 0440 1162 43. Ring til mig på 20573648,
eller skriv til jens.holm@nordhavn.dk. Se også https://nordhavn.dk/service.
"""
NOTHING = {
    "invoice": "Faktura nr. 0707614285 af 31.12.2023, ordre 4500012345, varenr. 5701234567899, EAN 5790000123456\n"
    "Antal 12 à 1.250,00 kr. = 15.000,00 kr. Forfald 14 dage. Kundenr. 20573648. Reference: 123-456-782",
    "log": "2024-03-12T08:15:30.123Z INFO id=1710231330 trace=7f3a9c2b11d04e5f8a7b6c5d4e3f2a1b took 12345678 us\n"
    "2024-03-12 08:15:31,456 [4111] WARN offset 1111222233 size=536904399 at 0x7ffd5e8c",
    "versions": "Version 10.2.3.4 of 2024.03.12; python 3.11.7, build 1.2.3.4; section 2.1.3.1 and v126.0.6478.127",
    "hashes": "commit 0707614285abcdef, md5 d41d8cd98f00b204e9800998ecf8427e, 123e4567-e89b-12d3-a456-426614174000",
    "books": "ISBN 978-3-16-148410-0, ISBN 0-306-40615-2, ISSN 0317-8471, doi:10.1000/182, J. Chem. 12 (3), 211-227",
    "figures": "Year 2019 2020 2021 2022\nUnits 1234 5678 9012 3456\n12 345 678 90 123 456\n1,234,567.89 2,345,678.90",
    "rows of pairs": "Working days for a calibration 22 23 19 15\nmargins(36) # 36 54 72 90 and more",
    "decimals": "values 0.0707614285, 3.14159265358979, 1e-0707614285, -122.4194155, 55.676098",
    "code": "std::vector<int> a::b; x = arr[0707614285]; const N = 536_904_399; icon@2x.png; user@host; @app.get('/x')",
    "hardware": "MAC 00:1A:2B:3C:4D:5E, WWN 50:06:01:60:3B:A0:11:22, IMEI 490154203237518, 12:30:45",
    "parts": "Part 450213-1180, lot 310924-0217, type AB-1234-56, SKU 12345678901, drawing 123456789-02",
    "masked": "Card XXXX XXXX XXXX 5556, CPR 070761-XXXX, IBAN DK21 0040 0440 1162 43, account 1234 0707614285",
    "dates": "Ring til os inden 31-12-2024 eller 2024-12-31 10:30. Call before 12/31/2024. Telefontid 10.00-15.30",
    "weak numbers": "111222333, 123-456-782, 33392005961, 44051401359, 9434765870, 8032056031, 6433435F, 13585628",
    "prose": "He was born in 1961, moved in 1987 to flat 12, and paid 1500 for it. See p. 211 and chapters 3-7.",
}


def kinds(text, **options):
    return [one.kind for one in find_identifiers(text, 1, **options)]


def spans(text):
    return [(one.kind, text[one.start : one.end], one.value) for one in find_identifiers(text, 1)]


def test_a_danish_business_letter():
    found = {(one.kind, LETTER[one.start : one.end]) for one in find_identifiers(LETTER, 1)}
    assert found == {
        ("dk.cvr", "13 58 56 28"),
        ("phone", "86 12 34 56"),
        ("dk.cpr", "070761-4285"),
        ("iban", "DK50 0040 0440 1162 43"),
        ("phone", "20573648"),
        ("email", "jens.holm@nordhavn.dk"),
        ("url", "https://nordhavn.dk/service"),
    }


@pytest.mark.parametrize("text", NOTHING.values(), ids=NOTHING)
def test_nothing_is_found_where_nothing_is(text):
    assert [(one.kind, text[one.start : one.end]) for one in find_identifiers(text, 1)] == []


def test_a_table_of_persons():
    text = "Navn;CPR;Mobil;Mail\nIda Lund;070761-4285;20573648;ida@lund.dk\nBo Dam,0707614285,bo@dam.dk\n"
    assert kinds(text) == ["dk.cpr", "phone", "email", "dk.cpr", "email"]


def test_a_log_with_addresses():
    text = 'Mar 12 sshd[4111]: Failed password for bo from 203.0.113.40 port 52022\n::1 - - "GET / HTTP/1.1" 200 5316'
    assert [(one.kind, one.value) for one in find_identifiers(text, 1)] == [("ip", "203.0.113.40")]
    assert kinds("subnet 10.20.4.0/24: host 10.20.4.1, mail1 10.20.4.2:25") == ["ip", "ip", "ip"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hansen,070761-4285,42,Kbh", [("dk.cpr", "070761-4285")]),
        ("Hansen,0707614285,42,Kbh", [("dk.cpr", "0707614285")]),
        ("cpr,070761-4285,7", [("dk.cpr", "070761-4285")]),
        ("DK5000400440116243,12", [("iban", "DK5000400440116243")]),
        ("4111 1111 1111 1111,12", [("card", "4111 1111 1111 1111")]),
        ("Tlf. 20573648,5", [("phone", "20573648")]),
        ("mobil 33123456,20573648", [("phone", "33123456"), ("phone", "20573648")]),
        ("Hansen,20 57 36 48,42,Kbh", [("phone", "20 57 36 48")]),
        ("server 10.20.4.1,443", [("ip", "10.20.4.1")]),
    ],
)
def test_a_comma_and_the_next_column_may_follow_an_identifier(text, found):
    assert [(kind, where) for kind, where, _ in spans(text)] == found


@pytest.mark.parametrize(
    "text",
    [
        "0707614285,42",
        "5555555555554444,5",
        "20 57 36 48,5",
        "Telefon i alt 1 234 567,50",
        "Mobil: 12.345.678,50, i alt",
    ],
)
def test_figures_with_decimals_are_amounts(text):
    assert spans(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tlf. 33123456/20573648", ["33123456", "20573648"]),
        ("tlf. 33 12 34 56/20 57 36 48", ["33 12 34 56", "20 57 36 48"]),
        ("070761-4285/060660-1234", ["070761-4285", "060660-1234"]),
        ("sag 2024/0707614285", []),
        ("070761-4285/1", []),
    ],
)
def test_two_numbers_may_have_a_slash_between_them(text, found):
    assert [where for _, where, _ in spans(text)] == found


@pytest.mark.parametrize(
    "text",
    [
        "Visa {} 12/27",
        "Kort: {} 12/27 123",
        "{} 11-2026",
        "udløb 12/27 {}",
        "Kort {} 12 27",
        "{} 250,00 kr.",
        "brugt: {} 2024-03-12",
        "nr. 7 {}",
    ],
)
@pytest.mark.parametrize("card", ["4111 1111 1111 1111", "5500-0000-0000-0004"])
def test_a_card_may_stand_beside_its_expiry_an_amount_or_a_date(text, card):
    assert [(kind, where) for kind, where, _ in spans(text.format(card))] == [("card", card)]


@pytest.mark.parametrize("text", ["{} 1111", "1111 {}"])
def test_a_card_with_one_group_more_is_none(text):
    assert "card" not in kinds(text.format("4111 1111 1111 1111"))


@pytest.mark.parametrize("around", ["-{}", "--{}", "- {}", "+{}", "_{}_", "__{}__", "**_{}_**", "{}_", "({})"])
def test_an_address_may_have_a_bullet_or_emphasis_around_it(around):
    assert spans(around.format("anna@firma.dk")) == [("email", "anna@firma.dk", "anna@firma.dk")]


def test_an_address_may_begin_with_an_underscore_and_have_signs_inside():
    assert [where for _, where, _ in spans("_a@firma.dk x_-b@firma.dk c+d@firma.dk")] == [
        "_a@firma.dk",
        "x_-b@firma.dk",
        "c+d@firma.dk",
    ]


def test_telephone_numbers_of_other_countries_need_a_country_code_or_their_region():
    assert kinds("tlf 06 12 34 56 78", regions=("FR",)) == ["phone"]
    (known,) = find_identifiers("tél. 06 12 34 56 78, tel", 1, ("FR",))
    assert known.value == "+33612345678"
    (unknown,) = find_identifiers("telefon 06 12 34 56 78", 1, ("DK",))
    assert (unknown.value, unknown.confidence) == ("0612345678", 0.6)
    assert kinds("+33 6 12 34 56 78", regions=()) == ["phone"]


def test_spans_are_of_the_text_as_it_is():
    text = "\ufeffCPR\u00a0070761\u20134285,\r\nIBAN DK50\u00a00040\u00ad 0440\r\n1162 43 og +45 89\u202f78\n70 70."
    assert spans(text) == [
        ("dk.cpr", "070761\u20134285", "0707614285"),
        ("iban", "DK50\u00a00040\u00ad 0440\r\n1162 43", "DK5000400440116243"),
        ("phone", "+45 89\u202f78\n70 70", "+4589787070"),
    ]


def test_the_surest_of_overlapping_ones_is_kept():
    assert kinds("http://firma.dk:80/10.0.0.138?id=0707614285") == ["url"]
    assert kinds("tlf 070761-4285") == ["dk.cpr"]
    assert kinds("phone DK50 0040 0440 1162 43") == ["iban"]


@given(st.text(alphabet="0123456789-+. ()@:aDK\u00ad\u00a0\r\n\u2013", max_size=80))
def test_mentions_never_overlap_and_lie_in_the_text(text):
    found = find_identifiers(text, 1)
    ends = [0, *(one.end for one in found)]
    assert all(end <= one.start < one.end <= len(text) for end, one in zip(ends, found, strict=False))


_PIECES = [
    "https://",
    "www.",
    "firma.dk",
    "anna@firma.dk",
    "%40",
    "070761-4285",
    "+4520573648",
    *"/?=&,: ",
    "cpr",
    "\u00ad",
]


@given(st.lists(st.sampled_from(_PIECES), max_size=20).map("".join))
def test_mentions_overlap_only_a_web_address_that_they_lie_in(text):
    found = find_identifiers(text, 1)
    for kinds_alike in ([one for one in found if one.kind == "url"], [one for one in found if one.kind != "url"]):
        ends = [0, *(one.end for one in kinds_alike)]
        assert all(end <= one.start < one.end <= len(text) for end, one in zip(ends, kinds_alike, strict=False))
    for url in (one for one in found if one.kind == "url"):
        inside = [one for one in found if one.kind != "url" and one.start < url.end and url.start < one.end]
        assert all(url.start <= one.start and one.end <= url.end for one in inside)


@given(st.text())
def test_a_tidied_text_leads_back(text):
    tidied = tidy(text)
    assert len(tidied.text) == len(tidied.lower)
    for place, character in enumerate(tidied.text):
        start, end = tidied.original(place, place + 1)
        assert end == start + 1
        assert text[start] == character or not text[start].isascii()


DIGITS = random.Random(1)
HOSTILE = {
    "digits": lambda: "".join(DIGITS.choices("0123456789", k=3000)),
    "digits and spaces": lambda: "".join(DIGITS.choices("0123456789 ", k=3000)),
    "hyphens": lambda: "1-" * 1500,
    "slashes": lambda: "12345678/" * 333,
    "underscores": lambda: "_a" * 1500 + "@",
    "local parts": lambda: "a." * 1500 + "@",
    "at signs": lambda: "a@" * 1500,
    "brackets": lambda: "http://((" * 333,
    "pluses": lambda: "+1 " * 1000,
    "accounts": lambda: "DE12 3456 " * 300,
    "invisible": lambda: "1\u00ad" * 1500,
    "colons": lambda: "a:" * 1500,
    "one line": lambda: "tlf 20 57 36 48, " * 176,
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_time_grows_with_the_text_and_not_with_its_square(make):
    def seconds(text):
        start = time.process_time()
        find_identifiers(text, 1)
        return time.process_time() - start

    find_identifiers("warm", 1)
    piece = make()
    small = min(seconds(piece * 2) for _ in range(3))
    # Eight times the text; sixty-four times the time if it grew with the square.
    assert min(seconds(piece * 16) for _ in range(2)) < 24 * small + 0.05
