"""Bank accounts (IBAN) and payment cards."""

from __future__ import annotations

import re

from stdnum import iban, luhn

from ray_app.enrichment.identifiers.rule import GAP, Rule, compact, form, valid, words

# Issuers' first digits and lengths, ISO/IEC 7812; Dankort is 5019.
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|(?:30[0-5]|36\d|3[89]\d)\d{11}"  # Diners Club
    r"|35(?:2[89]|[3-8]\d)\d{12}"  # JCB
    r"|(?:6011|64[4-9]\d|65\d\d)\d{12}"  # Discover
    r"|62\d{14}(?:\d{3})?"  # UnionPay
    r"|5019\d{12}"  # Dankort
    r"|(?:50|5[6-9]|6[37])\d{10,17}"  # Maestro
)
_WORDS = words(
    *("card", "cards", "credit", "debit", "visa", "mastercard", "amex", "american express", "dankort", "maestro", "cc"),
    *("kort", "kortnr", "kortnummer", "betalingskort", "kreditkort", "pan"),
)


def _read_card(candidate: str) -> str | None:
    number = compact(candidate)
    return number if _ISSUERS.fullmatch(number) and luhn.is_valid(number) else None


_GROUPED = form(
    "[2-6]", f"[0-9]{{3}}(?:[ -]| ?\n ?)[0-9]{{4}}{GAP}[0-9]{{4}}{GAP}[0-9]{{4}}", before="[0-9][ -]", after=" [0-9]"
)
_AMEX = form("3", "[0-9]{3}[ -][0-9]{6}[ -][0-9]{4,5}")
_PLAIN = form("[2-6]", "[0-9]{14,15}")
_ANY = form("[2-6]", f"[0-9]{{3}}(?:{GAP}[0-9]){{8,15}}", after=" [0-9]")

RULES = (
    Rule(
        "iban", "check digits", form("[A-Za-z]", f"[A-Za-z][0-9]{{2}}(?:{GAP}[A-Za-z0-9]){{11,30}}"),
        valid(iban.validate), 0.99, 0.99, cut=True,
    ),
    Rule("card", "check digit", _GROUPED, _read_card, 0.95, 0.99, _WORDS),
    Rule("card", "check digit", _AMEX, _read_card, 0.95, 0.99, _WORDS),
    Rule("card", "check digit", _PLAIN, _read_card, 0.8, 0.99, _WORDS),
    Rule("card", "check digit", _ANY, _read_card, 0.0, 0.97, _WORDS),
)  # fmt: skip
