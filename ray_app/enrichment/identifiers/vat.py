"""Numbers of companies for value added tax, but the Danish ones, which are CVR numbers."""

from __future__ import annotations

from stdnum.ch import uid
from stdnum.eu import vat
from stdnum.gb import vat as british
from stdnum.no import mva

from ray_app.enrichment.identifiers.context import words
from ray_app.enrichment.identifiers.rule import Rule, by, compact, form, valid

_WORDS = words(
    *("vat", "moms", "momsnr", "mva", "mwst", "ust", "ustid", "ust-id", "uid", "tva", "iva", "p.iva", "partita iva"),
    *("btw", "alv", "pvm", "pvn", "kmkr", "dph", "dič", "nip", "cif", "nif", "tax id", "tax no", "tax reg", "afm"),
)
# Danish ones have a kind of their own, the others belong to one-stop shops.
_NOT_HERE = ("DK", "EU", "IM")
_PART = "(?:[ .-]?[0-9A-Z])"


_valid_european, _valid_british, _valid_norwegian = map(valid, (vat.validate, british.validate, mva.validate))


def _european(candidate: str) -> str | None:
    number = _valid_european(compact(candidate))
    return number if number and number[:2] not in _NOT_HERE else None


def _distinct(candidate: str) -> str | None:
    """Only forms that hardly anything else has: letters inside, or two check digits."""
    number = compact(candidate)
    strong = number.startswith(("ATU", "FR", "BE")) or (number.startswith("NL") and number[11:12] == "B")
    return _european(candidate) if strong else None


def _british(candidate: str) -> str | None:
    number = _valid_british(candidate)
    return f"GB{number}" if number else None


def _norwegian(candidate: str) -> str | None:
    number = _valid_norwegian(compact(candidate))
    return f"NO{number.removeprefix('NO')}" if number else None


_PREFIXED = form("[A-Z]", f"[A-Z][ .-]?[0-9A-Z]{_PART}{{6,13}}")
RULES = (
    Rule("vat", "check digit", _PREFIXED, _european, 0.0, 0.98, _WORDS, cut=True),
    Rule("vat", "form and check digit", _PREFIXED, _distinct, 0.7, 0.98, _WORDS, cut=True),
    Rule(
        "vat", "check digit", form("G", "B[ .-]?[0-9](?:[ .-]?[0-9]){8,11}"), _british, 0.6, 0.98, _WORDS,
        cut=True,
    ),
    Rule("vat", "check digit", form("[0-9]", "[0-9]{2} [0-9]{4} [0-9]{2}"), _british, 0.0, 0.9, _WORDS),
    Rule(
        "vat", "form and check digit", form("C", r"HE[- ]?[0-9]{3}[. ]?[0-9]{3}[. ]?[0-9]{3}"), valid(uid.validate),
        0.9, 0.98, _WORDS,
    ),
    Rule(
        "vat", "form and check digit", form("[0-9N]", r"(?:O ?[0-9])?[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?MVA"),
        _norwegian, 0.9, 0.98, _WORDS,
    ),
    Rule(
        "br.cnpj", "form and check digits", form("[0-9]", r"[0-9]\.[0-9]{3}\.[0-9]{3}/[0-9]{4}-[0-9]{2}"),
        by("br", "cnpj"), 0.95, 0.99, words("cnpj"),
    ),
)  # fmt: skip
