"""CPR numbers: how sure a rule is depends on the form, the check digit, and the words around."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.dk import cpr

from ray_app.enrichment.identifiers import find_identifiers


def confidence(text):
    """Of the CPR number that is the only mention, 0 where there is no mention."""
    found = find_identifiers(text, 1)
    assert [one.kind for one in found] in ([], ["dk.cpr"])
    return found[0].confidence if found else 0.0


@pytest.mark.parametrize("written", ["070761-4285", "070761 - 4285", "070761 4285", "0707614285", "07 07 61-4285"])
def test_every_way_of_writing_has_one_value(written):
    (found,) = find_identifiers(f"Cpr.nr.: {written}.", 1)
    assert (found.kind, found.value, found.confidence >= 0.98) == ("dk.cpr", "0707614285", True)


def test_a_check_digit_and_a_word_nearby_each_make_it_surer():
    checked, unchecked = "070761-4285", "070761-4286"
    assert confidence(f"CPR {checked}") > confidence(f"No. {checked}") > confidence(unchecked) >= 0.5
    assert confidence(f"Personnummer: {unchecked}") >= 0.9
    assert confidence(f"{unchecked} (CPR)") >= 0.9


def test_without_check_digit_the_first_of_january_of_some_years_is_likelier():
    assert confidence("010165-4321") > confidence("020165-4321")
    assert confidence("0101654321") > confidence("0201654321") == 0
    assert confidence("CPR 0201654321") == 0.8


def test_dates_that_are_none_make_no_number():
    assert confidence("CPR 310924-0217") == confidence("CPR 450213-1180") == confidence("CPR 290201-1234") == 0


def test_the_seventh_digit_tells_the_century():
    ahead = "010257-5999"  # 2057
    assert confidence(ahead) == 0
    assert confidence(f"CPR-nr. {ahead}") == 0.5
    assert confidence("010258-5999") == 0.5  # 1858


def test_what_hospitals_give_instead_is_found_near_a_word_only():
    assert confidence("CPR: 670761-4285") == 0.7
    assert confidence("670761-4285") == 0


def test_another_word_before_it_makes_it_another_number():
    assert confidence("Faktura nr. 0707614285") == confidence("Ordre 0707614285 af i dag") == 0
    assert confidence("konto 0707614285") == confidence("LOT-0707614285") == confidence("0707614285 kr.") == 0
    assert confidence("Faktura til CPR 0707614285") == 0.98


@given(st.dates(datetime.date(1937, 1, 1), datetime.date(1999, 12, 31)), st.integers(1, 3999))
def test_every_number_of_a_person_of_the_last_century_is_found(born, serial):
    number = f"{born:%d%m%y}-{serial:04}"
    (found,) = find_identifiers(f"CPR-nummer {number}", 1)
    assert (found.value, found.confidence >= 0.9) == (number.replace("-", ""), True)
    assert (found.confidence == 0.99) == (cpr.checksum(found.value) == 0)
