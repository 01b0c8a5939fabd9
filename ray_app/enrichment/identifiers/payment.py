"""Bank accounts (IBAN) and payment cards."""

from __future__ import annotations

import re
from functools import cache

from stdnum import iban, luhn, numdb

from ray_app.enrichment.identifiers.context import words
from ray_app.enrichment.identifiers.rule import GAP, Rule, compact, form, valid

# Issuers' first digits and lengths, ISO/IEC 7812; Dankort is 5019.
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|(?:30[0-59]|36\d|3[89]\d)\d{11}"  # Diners Club
    r"|(?:308[89]|309[0-46-9]|310[0-2]|311[2-9]|3120|315[89]|333[7-9]|334\d)\d{12}"  # JCB in Discover's network
    r"|35(?:2[89]|[3-8]\d)\d{12}|(?:2131|1800)\d{11}"  # JCB, now and before
    r"|(?:6011|64[4-9]\d|65\d\d)\d{12}"  # Discover
    r"|62\d{14}(?:\d{3})?"  # UnionPay
    r"|5019\d{12}"  # Dankort
    r"|220[0-4]\d{12}"  # Mir
    r"|(?:50|5[6-9]|6[37])\d{10,17}"  # Maestro
)
_WORDS = words(
    *("card", "cards", "credit", "debit", "visa", "mastercard", "amex", "american express", "dankort", "maestro", "cc"),
    *("kortnr", "kortnummer", "betalingskort", "kreditkort", "pan"),
)


_valid_iban = valid(iban.validate)


@cache
def _iban_length(country: str) -> int:
    """0 where the registry has no such country; its parts are written as in `4!n9!n1!n`."""
    parts = numdb.get("iban").info(country)[0][1].get("bban", "")
    return sum(map(int, re.findall("[0-9]+", parts))) + 4 if parts else 0


def _read_iban(candidate: str) -> str | None:
    number = compact(candidate)
    return _valid_iban(number) if len(number) == _iban_length(number[:2].upper()) else None


def _read_card(candidate: str) -> str | None:
    number = compact(candidate)
    return number if _ISSUERS.fullmatch(number) and luhn.is_valid(number) else None


def _read_unknown(candidate: str) -> str | None:
    """Lists of issuers are never complete."""
    number = compact(candidate)
    return number if len(number) >= 13 and luhn.is_valid(number) else None


# One more group, of three figures or four, makes it another number; what is shorter (the month of expiry, a number of
# the row) or goes on with a sign (an amount, a date) is none.
_GROUP_BEFORE, _GROUP_AFTER = "[0-9]{3}[ -]", " [0-9]{3,}(?![0-9]|[-/.,:][0-9])"
_GROUPED = form(
    "[2-6]",
    f"[0-9]{{3}}(?:[ -]| ?\n ?)[0-9]{{4}}{GAP}[0-9]{{4}}{GAP}[0-9]{{4}}",
    before=_GROUP_BEFORE,
    after=_GROUP_AFTER,
)
_AMEX = form("3", "[0-9]{3}[ -][0-9]{6}[ -][0-9]{4,5}")
# Not those of thirteen digits, which may be an article's number, or of twelve.
_PLAIN = form("[2-6]", "(?:[0-9]{13,15}|[0-9]{18})")
_ANY = form("[1-6]", f"[0-9]{{3}}(?:{GAP}[0-9]){{8,15}}", after=_GROUP_AFTER)

RULES = (
    Rule(
        "iban", "check digits", form("[A-Za-z]", f"[A-Za-z][0-9]{{2}}(?:{GAP}[A-Za-z0-9]){{11,30}}"),
        _read_iban, 0.99, 0.99, cut=True,
    ),
    Rule("card", "check digit", _GROUPED, _read_card, 0.95, 0.99, _WORDS),
    Rule("card", "check digit", _AMEX, _read_card, 0.95, 0.99, _WORDS),
    Rule("card", "check digit", _PLAIN, _read_card, 0.8, 0.99, _WORDS),
    Rule("card", "check digit", _ANY, _read_card, 0.0, 0.97, _WORDS),
    Rule("card", "check digit, unknown issuer", _ANY, _read_unknown, 0.0, 0.6, _WORDS, reach=35),
)  # fmt: skip
