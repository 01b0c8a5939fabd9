"""Rows of tables as lines of text."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal

from lxml import etree

# Between these a number is written without powers of ten.
_FEWEST, _MOST = 1e-9, 1e21
SEPARATOR = " | "
_BLOCKS = ("p", "div", "li", "br", "tr", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6")


def row_text(cells: Iterable[object]) -> str:
    """One line: cells in order, separated visibly; "" where all are empty. Line ends within cells become spaces."""
    texts = [cell_text(cell) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return SEPARATOR.join(texts)


def table_text(rows: Iterable[Iterable[object]]) -> str:
    """One line a row; rows without content are left out."""
    return "\n".join(line for line in map(row_text, rows) if line)


def cell_text(cell: object) -> str:
    """A value as a person writes it: whole numbers without a decimal point, dates in ISO 8601."""
    match cell:
        case None:
            return ""
        case float():
            return _number(cell)
        case datetime():
            return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds")
        case date() | time():
            return cell.isoformat()
        case _:
            return " ".join(str(cell).split())


def _number(value: float) -> str:
    """Digits in full: 16 of a card's number count. What no cell has room for is left in powers of ten."""
    if value == 0:
        return "0"  # also where a computation left -0
    digits = repr(value) if value.is_integer() else f"{value:.15g}"
    if not _FEWEST <= abs(value) < _MOST:
        return digits
    return f"{Decimal(digits):f}".removesuffix(".0")


def rows_as_lines(root: etree._Element) -> etree._Element:
    """Makes each row of an HTML tree's tables one line of text, tables in cells included.

    A table of one column only arranges text: its cells keep their paragraphs.
    """
    for table in root.xpath(".//table[not(ancestor::table)]"):
        rows = [[cell for cell in row if cell.tag in ("td", "th")] for row in _own_rows(table)]
        if all(len(row) <= 1 for row in rows):
            etree.strip_tags(table, "tbody", "thead", "tr", "td", "th")
            table.tag = "div"
        else:
            _replace_by_lines(table, [row_text(map(_flat_text, row)) for row in rows])
    return root


def _own_rows(table: etree._Element) -> list[etree._Element]:
    return [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]


def _flat_text(cell: etree._Element) -> str:
    for block in cell.iter(*_BLOCKS):
        block.tail = f" {block.tail or ''}"
    return "".join(cell.itertext())


def _replace_by_lines(table: etree._Element, lines: list[str]) -> None:
    tail = table.tail
    table.clear()
    table.tag, table.tail = "div", tail
    for line in filter(None, lines):
        etree.SubElement(table, "div").text = line
