"""Rows of tables as lines of text."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time

SEPARATOR = " | "


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
            return f"{cell:.15g}" if abs(cell) < 1e15 else repr(cell)
        case datetime():
            return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds")
        case date() | time():
            return cell.isoformat()
        case _:
            return " ".join(str(cell).split())
