"""Check digits of the identifiers that occur in the corpus."""

from __future__ import annotations

import datetime as dt

CPR_WEIGHTS = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
CVR_WEIGHTS = (2, 7, 6, 5, 4, 3, 2, 1)
GB_VAT_WEIGHTS = (8, 7, 6, 5, 4, 3, 2)
IBAN_LENGTHS = {"DK": 18, "DE": 22, "GB": 22}


def digits(text: str) -> str:
    """Return only the decimal digits of `text`."""
    return "".join(c for c in text if c.isdigit())


def weighted(text: str, weights: tuple[int, ...]) -> int:
    """Return the sum of the digits times their weights."""
    return sum(int(d) * w for d, w in zip(digits(text), weights, strict=True))


def cpr_birth_date(cpr: str) -> dt.date | None:
    """Return the date of birth a CPR number encodes, or None if it is no date."""
    number = digits(cpr)
    if len(number) != 10:
        return None
    day, month, year, seventh = (
        int(number[:2]),
        int(number[2:4]),
        int(number[4:6]),
        int(number[6]),
    )
    if seventh <= 3:
        century = 1900
    elif seventh in (4, 9):
        century = 2000 if year <= 36 else 1900
    else:
        century = 2000 if year <= 57 else 1800
    try:
        return dt.date(century + year, month, day)
    except ValueError:
        return None


def cpr_has_check_digit(cpr: str) -> bool:
    """Tell whether the CPR number satisfies the modulus 11 rule."""
    return weighted(cpr, CPR_WEIGHTS) % 11 == 0


def cvr_is_valid(cvr: str) -> bool:
    """Tell whether a Danish CVR number satisfies its modulus 11 rule."""
    number = digits(cvr)
    return len(number) == 8 and number[0] != "0" and weighted(number, CVR_WEIGHTS) % 11 == 0


def de_vat_is_valid(vat: str) -> bool:
    """Tell whether a German USt-IdNr satisfies ISO 7064 mod 11,10."""
    number = digits(vat)
    if len(number) != 9:
        return False
    check = 5
    for digit in number:
        check = (((check or 10) * 2) % 11 + int(digit)) % 10
    return check == 1


def gb_vat_is_valid(vat: str) -> bool:
    """Tell whether a British VAT number satisfies one of its two modulus 97 rules."""
    number = digits(vat)
    if len(number) != 9:
        return False
    total = weighted(number[:7], GB_VAT_WEIGHTS) + int(number[7:])
    return total % 97 == 0 or (total + 55) % 97 == 0


def vat_is_valid(vat: str) -> bool:
    """Tell whether a CVR, USt-IdNr or British VAT number is valid."""
    country = vat.strip()[:2].upper()
    if country == "DE":
        return de_vat_is_valid(vat)
    if country == "GB":
        return gb_vat_is_valid(vat)
    return cvr_is_valid(vat)


def iban_is_valid(iban: str) -> bool:
    """Tell whether an IBAN has the right length and check digits."""
    compact = "".join(iban.split()).upper()
    if len(compact) != IBAN_LENGTHS.get(compact[:2]):
        return False
    moved = compact[4:] + compact[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def card_is_valid(card: str) -> bool:
    """Tell whether a payment card number satisfies the Luhn rule."""
    total = 0
    for place, digit in enumerate(reversed(digits(card))):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
