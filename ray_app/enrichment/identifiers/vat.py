"""Numbers of companies for value added tax, but the Danish ones, which are CVR numbers."""

from __future__ import annotations

from stdnum.ch import uid
from stdnum.eu import vat
from stdnum.gb import vat as british
from stdnum.no import mva
from stdnum.util import clean

from ray_app.enrichment.identifiers.rule import Rule, by, compact, form, valid, words

_WORDS = words(
    *("vat", "moms", "momsnr", "mva", "mwst", "ust", "ustid", "ust-id", "uid", "tva", "iva", "p.iva", "partita iva"),
    *("btw", "alv", "pvm", "pvn", "kmkr", "dph", "dič", "nip", "cif", "nif", "tax id", "tax no", "tax reg", "afm"),
)
_PART = "(?:[ .-]?[0-9A-Z])"


def _european(candidate: str) -> str:
    number = vat.validate(compact(candidate))
    # Danish ones have a kind of their own.
    return number if number[:2] not in ("DK", "EU", "IM") else vat.validate("")


def _british(candidate: str) -> str:
    return "GB" + british.validate(candidate)


def _distinct(candidate: str) -> str:
    """Only forms that hardly anything else has: letters inside, or two check digits."""
    number = compact(candidate)
    strong = number.startswith(("ATU", "FR", "BE")) or (number.startswith("NL") and number[11:12] == "B")
    return _european(candidate) if strong else vat.validate("")


_PREFIXED = form("[A-Z]", f"[A-Z][ .-]?[0-9A-Z]{_PART}{{6,13}}")
RULES = (
    Rule("vat", "check digit", _PREFIXED, valid(_european), 0.0, 0.98, _WORDS, cut=True),
    Rule("vat", "form and check digit", _PREFIXED, valid(_distinct), 0.7, 0.98, _WORDS, cut=True),
    Rule(
        "vat", "check digit", form("G", "B[ .-]?[0-9](?:[ .-]?[0-9]){8,11}"), valid(_british), 0.6, 0.98, _WORDS,
        cut=True,
    ),
    Rule("vat", "check digit", form("[0-9]", "[0-9]{2} [0-9]{4} [0-9]{2}"), valid(_british), 0.0, 0.9, _WORDS),
    Rule(
        "vat", "form and check digit", form("C", r"HE[- ]?[0-9]{3}[. ]?[0-9]{3}[. ]?[0-9]{3}"), valid(uid.validate),
        0.9, 0.98, _WORDS,
    ),
    Rule(
        "vat", "form and check digit", form("[0-9N]", r"(?:O ?[0-9])?[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?MVA"),
        valid(lambda candidate: "NO" + mva.validate(clean(candidate)).removeprefix("NO")), 0.9, 0.98, _WORDS,
    ),
    Rule(
        "br.cnpj", "form and check digits", form("[0-9]", r"[0-9]\.[0-9]{3}\.[0-9]{3}/[0-9]{4}-[0-9]{2}"),
        by("br", "cnpj"), 0.95, 0.99, words("cnpj"),
    ),
)  # fmt: skip
