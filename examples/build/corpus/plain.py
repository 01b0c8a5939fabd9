"""Plain text: the source text of any document, and the files that are text."""

from __future__ import annotations

import re
from typing import Any

from corpus.blocks import Block, bare, parse
from corpus.money import items_table
from corpus.source import Document

_ITEMS = re.compile(r"^::: items\n(.*?)\n:::$", re.MULTILINE | re.DOTALL)


def aligned(rows: list[list[str]], right: list[bool]) -> str:
    """Lay a table out in columns of a fixed-width font."""
    plain = [[bare(c) for c in row] for row in rows]
    widths = [max(len(row[i]) for row in plain) for i in range(len(right))]
    lines: list[str] = []
    for row in plain:
        columns = zip(row, widths, right, strict=True)
        padded = [c.rjust(w) if r else c.ljust(w) for c, w, r in columns]
        lines.append("  ".join(padded).rstrip())
    lines.insert(1, "-" * (sum(widths) + 2 * len(widths) - 2))
    return "\n".join(lines)


def form_pairs(line: str) -> list[tuple[str, str]]:
    """Split a form line `Label: value || Label: value` into pairs."""
    pairs: list[tuple[str, str]] = []
    for part in line.split("||"):
        label, _, value = part.strip().partition(": ")
        pairs.append((label.strip().rstrip(":"), value.strip()))
    return pairs


def block_text(block: Block) -> str:
    """Return the text of one block without any markup."""
    if block.kind == "table":
        return "\n".join(" ".join(bare(c) for c in row) for row in block.rows)
    if block.kind == "form":
        return "\n".join("\n".join(f"{k}: {v}" if v else k for k, v in form_pairs(line)) for line in block.lines)
    if block.kind == "sign":
        return "\n".join(" ".join(bare(line).replace("|", " ").split()) for line in block.lines)
    if block.kind in {"bullets", "numbers", "lines", "code"}:
        return "\n".join(bare(line) for line in block.lines)
    return bare(block.text)


def running_text(meta: dict[str, Any]) -> str:
    """Return the page header and footer of a PDF, which repeat on its pages."""
    look = meta.get("pdf", {})
    return "\n".join(str(look[k]) for k in ("header", "footer") if k in look)


def raw_text(document: Document) -> str:
    """Return the body as it stands, with invoice lines computed."""

    def table(match: re.Match[str]) -> str:
        laid = items_table(match.group(1))
        return aligned(laid.rows, laid.right)

    return _ITEMS.sub(table, document.body)


def source_text(document: Document) -> str:
    """Return all the text a reader of the document sees."""
    if document.format in {"txt", "md"}:
        return raw_text(document)
    if document.format == "eml":
        headers = (str(document.meta.get(k, "")) for k in ("from", "to", "cc", "subject"))
        return "\n".join(headers) + "\n\n" + raw_text(document)
    text = "\n\n".join(t for t in map(block_text, parse(document.body)) if t)
    return text + "\n\n" + running_text(document.meta) if document.format == "pdf" else text


def render_text(document: Document) -> bytes:
    """Return the bytes of a txt or md file in its encoding and line ends."""
    text = raw_text(document)
    if "front" in document.meta:
        text = f"---\n{document.meta['front'].strip()}\n---\n\n{text}"
    if document.meta.get("newline") == "crlf":
        text = text.replace("\n", "\r\n")
    encoding = str(document.meta.get("encoding", "utf-8"))
    if encoding == "utf-16":
        return b"\xff\xfe" + text.encode("utf-16-le")
    return text.encode(encoding)
