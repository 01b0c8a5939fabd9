"""What counts of the identifiers inside web addresses."""

from __future__ import annotations

import pytest

from ray_app.enrichment.identifiers import find_identifiers


def inside(text):
    """The address is found whole, before what is inside it, which is returned."""
    address, *others = find_identifiers(text, 1)
    assert (address.kind, text[address.start : address.end]) == ("url", text.split()[-1])
    return [(one.kind, one.value) for one in others]


def test_an_address_has_identifiers_in_its_query():
    found = inside("Se https://firma.dk/reset?email=anna.jensen@firma.dk&cpr=070761-4285&tlf=+4520573648")
    assert found == [("email", "anna.jensen@firma.dk"), ("dk.cpr", "0707614285"), ("phone", "+4520573648")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://firma.dk/u/070761-4285", ("dk.cpr", "0707614285")),
        ("www.linkedin.com/in/anna-jensen-070761-4285", ("dk.cpr", "0707614285")),
        ("www.firma.dk/anna@firma.dk", ("email", "anna@firma.dk")),
        ("https://anna@firma.dk", ("email", "anna@firma.dk")),
        ("https://firma.dk/?u=anna.jensen%40firma.dk&b=1", ("email", "anna.jensen@firma.dk")),
        ("https://firma.dk/?to=https%3A%2F%2Ffirma.dk%2Fanna%40firma.dk", ("email", "anna@firma.dk")),
        ("ftp://anna%40firma.dk:secret@ftp.firma.dk/x", ("email", "anna@firma.dk")),
        ("https://firma.dk/?konto=DK5000400440116243", ("iban", "DK5000400440116243")),
        ("https://firma.dk,070761-4285,42", ("dk.cpr", "0707614285")),
        ("http://10.0.0.138/?from=203.0.113.40", ("ip", "203.0.113.40")),
    ],
)
def test_identifiers_of_a_form_of_their_own_count_anywhere_but_in_the_host(text, found):
    assert inside(text) == [found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://firma.dk/?phone=20573648", ("phone", "+4520573648")),
        ("https://firma.dk/?a=1&cpr=0707614285", ("dk.cpr", "0707614285")),
        ("https://firma.dk/cpr/0707614285", ("dk.cpr", "0707614285")),
        ("https://firma.dk/?card=4111111111111111", ("card", "4111111111111111")),
    ],
)
def test_numbers_of_weak_form_count_where_their_parameter_is_named_so(text, found):
    assert inside(text) == [found]


@pytest.mark.parametrize(
    "text",
    [
        "https://firma.dk/0707614285",
        "https://firma.dk/?id=4111111111111111",
        "CPR: https://firma.dk/0707614285",
        "Tlf. https://firma.dk/20573648",
        "https://firma.dk/contact/20573648",
        "https://mobile.firma.dk/posts/20573648",
        "https://firma.dk/cpr?id=0707614285",
        "http://10.0.0.138/x",
        "https://anna:secret@firma.dk/x",
    ],
)
def test_hosts_and_numbers_that_nothing_names_do_not_count(text):
    assert inside(text) == []
