"""Invoice lines: computes amounts, VAT and totals from data, and lays them out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import yaml

CENT = Decimal("0.01")
WORDS = {
    "en": {
        "head": ["Item", "Description", "Qty", "Unit", "Unit price", "Amount"],
        "net": "Net amount",
        "vat": "VAT {rate} %",
        "total": "Total {currency}",
        "discount": "Discount {rate} %",
    },
    "da": {
        "head": ["Varenr.", "Beskrivelse", "Antal", "Enhed", "Stk.pris", "Beløb"],
        "net": "Beløb ekskl. moms",
        "vat": "Moms {rate} %",
        "total": "I alt {currency}",
        "discount": "Rabat {rate} %",
    },
}


@dataclass(frozen=True)
class ItemsTable:
    """Rows of text, which columns are right-aligned, and how many rows are totals."""

    rows: list[list[str]]
    right: list[bool]
    totals: int


def money(value: Decimal, language: str) -> str:
    """Format an amount: 1,234.50 in English, 1.234,50 in Danish."""
    text = f"{value.quantize(CENT, ROUND_HALF_UP):,.2f}"
    if language == "da":
        return text.translate(str.maketrans(",.", ".,"))
    return text


def quantity(value: Decimal, language: str) -> str:
    """Format a quantity without needless decimals."""
    text = f"{value.normalize():f}"
    return text.replace(".", ",") if language == "da" else text


def items_table(source: str) -> ItemsTable:
    """Compute and lay out the lines of an invoice given as YAML.

    Keys: language, currency, items ([code, text, quantity, unit, price]), vat (per
    cent, or null for none), discount (per cent), expect (the total, checked), words
    (other wording for head, net, vat, total).
    """
    data: dict[str, Any] = yaml.safe_load(source)
    language = str(data["language"])
    words = WORDS[language] | data.get("words", {})
    codes = bool(data.get("codes", True))
    rows: list[list[str]] = [list(words["head"])]
    net = Decimal(0)
    for code, text, amount, unit, price in data["items"]:
        count, each = Decimal(str(amount)), Decimal(str(price))
        line = (count * each).quantize(CENT, ROUND_HALF_UP)
        net += line
        figures = [quantity(count, language), unit, money(each, language), money(line, language)]
        rows.append([str(code), text, *figures])
    totals: list[tuple[str, Decimal]] = []
    if "discount" in data:
        rate = Decimal(str(data["discount"]))
        cut = (net * rate / 100).quantize(CENT, ROUND_HALF_UP)
        label = str(words["discount"]).format(rate=quantity(rate, language))
        totals.append((label, -cut))
        net -= cut
    due = net
    if data.get("vat") is not None:
        rate = Decimal(str(data["vat"]))
        vat = (net * rate / 100).quantize(CENT, ROUND_HALF_UP)
        due = net + vat
        totals.append((str(words["net"]), net))
        totals.append((str(words["vat"]).format(rate=quantity(rate, language)), vat))
    totals.append((str(words["total"]).format(currency=data["currency"]), due))
    if Decimal(str(data["expect"])) != due:
        raise ValueError(f"the total is {due}, not {data['expect']}")
    rows += [["", label, "", "", "", money(value, language)] for label, value in totals]
    right = [False, False, True, False, True, True]
    if not codes:
        rows = [row[1:] for row in rows]
        right = right[1:]
    return ItemsTable(rows, right, len(totals))
