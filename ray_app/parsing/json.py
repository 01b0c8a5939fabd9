"""JSON, JSON Lines and notebooks: what they say, without the punctuation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ray_app.parsing import media
from ray_app.parsing.decode import decode
from ray_app.records import Page, Parsed
from ray_app.settings import ParsingSettings


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """One page: a line a value, with the keys that lead to it. What is no JSON is given as it stands."""
    source = decode(data)
    try:
        value = json.loads(source)
    except (ValueError, RecursionError):
        return Parsed(media.JSON, (Page(1, source),))
    if isinstance(value, dict) and "nbformat" in value:
        return _notebook(value)
    return Parsed(media.JSON, (Page(1, "\n".join(_lines(value))),), title=_title(value))


def parse_lines(data: bytes, settings: ParsingSettings) -> Parsed:
    """One page: each record's values, a blank line between records. Lines that are no JSON are given as they stand."""
    return Parsed(media.JSONL, (Page(1, "\n\n".join(map(_record, filter(str.strip, decode(data).split("\n"))))),))


def _record(line: str) -> str:
    try:
        return "\n".join(_lines(json.loads(line)))
    except (ValueError, RecursionError):
        return line


def _lines(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _lines(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for item in value:
            yield from _lines(item, path)
    else:
        text = ", ".join(map(_scalar, value)) if isinstance(value, list) else _scalar(value)
        if text:
            yield f"{path}: {text}" if path else text


def _scalar(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def _title(value: Any) -> str:
    title = value.get("title") if isinstance(value, dict) else None
    return title if isinstance(title, str) else ""


def _notebook(book: dict[str, Any]) -> Parsed:
    """Cells in order: prose and code, and what the code printed (nbformat 4; nbformat 3 keeps cells in worksheets)."""
    sheets = [book, *(sheet for sheet in _items(book, "worksheets") if isinstance(sheet, dict))]
    cells = [cell for sheet in sheets for cell in _items(sheet, "cells") if isinstance(cell, dict)]
    text = "\n\n".join(part for cell in cells for part in _cell_texts(cell) if part.strip())
    heading = next((line.lstrip("# ") for line in text.split("\n") if line.startswith("# ")), "")
    metadata = book.get("metadata")
    return Parsed(media.NOTEBOOK, (Page(1, text),), title=_title(metadata) or heading)


def _cell_texts(cell: dict[str, Any]) -> Iterator[str]:
    yield _joined(cell.get("source", cell.get("input", "")))
    for output in _items(cell, "outputs"):
        if isinstance(output, dict):
            shown = output.get("data")
            yield _joined(output.get("text", shown.get("text/plain", "") if isinstance(shown, dict) else ""))


def _items(holder: dict[str, Any], key: str) -> list[Any]:
    found = holder.get(key)
    return found if isinstance(found, list) else []


def _joined(text: Any) -> str:
    return "".join(map(str, text)) if isinstance(text, list) else str(text or "")
