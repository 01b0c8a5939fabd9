"""Parses the body of a content file into blocks that every renderer understands.

Markdown's headings, paragraphs, lists, tables, code, quotes and rules, and fenced
directives: `::: lines`, `::: box`, `::: form`, `::: sign`, `::: items`, `::: page`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from corpus.money import items_table

_HEADING = re.compile(r"(#{1,4}) (.+)")
_BULLET = re.compile(r"[-*] (.+)")
_NUMBER = re.compile(r"(\d+)\. (.+)")
_START = re.compile(r"(#{1,4} |[-*] |\d+\. |\||```|> |:::|---$)")
_INLINE = re.compile(r"\*\*(.+?)\*\*|(?<![\w*])\*([^*\s][^*]*?)\*(?![\w*])|`([^`]+)`")
_EMPHASIS_TAGS = (("<b>", "</b>"), ("<i>", "</i>"), ("<code>", "</code>"))


@dataclass
class Block:
    """One piece of a document: its kind and whichever fields that kind uses."""

    kind: str
    text: str = ""
    level: int = 0
    lines: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    totals: int = 0
    argument: str = ""


def inline_spans(text: str) -> list[tuple[str, str]]:
    """Split text with `**`, `*` and backquotes into (style, text) spans."""
    spans: list[tuple[str, str]] = []
    end = 0
    for match in _INLINE.finditer(text):
        if match.start() > end:
            spans.append(("", text[end : match.start()]))
        bold, italic, code = match.groups()
        if bold is not None:
            spans.append(("b", bold))
        elif italic is not None:
            spans.append(("i", italic))
        else:
            spans.append(("code", code))
        end = match.end()
    if end < len(text):
        spans.append(("", text[end:]))
    return spans


def bare(text: str) -> str:
    """Return the text without its emphasis marks and hard breaks."""
    return "".join(t for _, t in inline_spans(text)).replace("\\\n", "\n")


def cells(line: str) -> list[str]:
    """Split one table row into its cells."""
    return [c.strip() for c in line.strip().strip("|").split("|")]


def table_block(lines: list[str]) -> Block:
    """Make a table of Markdown rows; the second row tells the alignment."""
    marks = cells(lines[1])
    rows = [cells(line) for i, line in enumerate(lines) if i != 1]
    for row in rows:
        if len(row) != len(marks):
            raise ValueError(f"table row of {len(row)} cells, not {len(marks)}: {row}")
    totals = 0
    while totals < len(rows) and rows[-1 - totals][0].startswith("**"):
        totals += 1
    return Block("table", rows=rows, right=[m.endswith(":") for m in marks], totals=totals)


def directive(argument: str, lines: list[str]) -> Block:
    """Make the block of a `:::` directive."""
    kind, _, rest = argument.partition(" ")
    if kind == "items":
        table = items_table("\n".join(lines))
        return Block("table", rows=table.rows, right=table.right, totals=table.totals)
    if kind not in {"lines", "box", "form", "sign", "page"}:
        raise ValueError(f"unknown directive: {argument}")
    return Block(kind, lines=lines, argument=rest, text=" ".join(lines))


def _take(lines: list[str], at: int, stop: str) -> tuple[list[str], int]:
    """Return the lines up to the closing fence, and the place after it."""
    end = at
    while lines[end].rstrip() != stop:
        end += 1
    return lines[at:end], end + 1


def _list_items(lines: list[str], at: int, pattern: re.Pattern[str]) -> tuple[list[str], int]:
    """Collect list items with their continuation lines."""
    items: list[str] = []
    while at < len(lines):
        match = pattern.fullmatch(lines[at])
        if match:
            items.append(match.group(match.lastindex or 1))
        elif lines[at].startswith("  ") and items and lines[at].strip():
            items[-1] += " " + lines[at].strip()
        else:
            break
        at += 1
    return items, at


def parse(body: str) -> list[Block]:
    """Parse a whole body."""
    lines = body.split("\n")
    blocks: list[Block] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        heading = _HEADING.fullmatch(line)
        number = _NUMBER.fullmatch(line)
        if not line.strip():
            at += 1
        elif line.startswith("::: page"):
            blocks.append(Block("page", argument=line[8:].strip()))
            at += 1
        elif line.startswith("::: "):
            inner, at = _take(lines, at + 1, ":::")
            blocks.append(directive(line[4:].strip(), inner))
        elif line.startswith("```"):
            inner, at = _take(lines, at + 1, "```")
            blocks.append(Block("code", lines=inner, argument=line[3:]))
        elif line == "---":
            blocks.append(Block("rule"))
            at += 1
        elif heading:
            blocks.append(Block("heading", heading.group(2), len(heading.group(1))))
            at += 1
        elif line.startswith("|"):
            end = at
            while end < len(lines) and lines[end].startswith("|"):
                end += 1
            blocks.append(table_block(lines[at:end]))
            at = end
        elif line.startswith("> "):
            quoted: list[str] = []
            while at < len(lines) and lines[at].startswith(">"):
                quoted.append(lines[at][1:].strip())
                at += 1
            blocks.append(Block("quote", " ".join(quoted)))
        elif _BULLET.fullmatch(line):
            items, at = _list_items(lines, at, _BULLET)
            blocks.append(Block("bullets", lines=items))
        elif number:
            items, at = _list_items(lines, at, _NUMBER)
            blocks.append(Block("numbers", lines=items, level=int(number.group(1))))
        else:
            taken = [line]
            at += 1
            while at < len(lines) and lines[at].strip() and not _START.match(lines[at]):
                taken.append(lines[at])
                at += 1
            text = "\n".join(taken)
            text = re.sub(r"(?<!\\)\n", " ", text)
            blocks.append(Block("para", text.rstrip("\\")))
    return blocks


def tagged(text: str, tags: tuple[tuple[str, str], ...] = _EMPHASIS_TAGS) -> str:
    """Return escaped text with emphasis as tags: bold, italic and code, in that order."""
    opened = dict(zip(("b", "i", "code"), tags, strict=True)) | {"": ("", "")}
    out = ""
    for style, span in inline_spans(text):
        safe = span.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        out += opened[style][0] + safe.replace("\\\n", "<br/>") + opened[style][1]
    return out
