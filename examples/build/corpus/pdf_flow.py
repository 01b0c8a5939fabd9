"""Turns blocks into reportlab flowables."""

from __future__ import annotations

import re
from typing import Any

from reportlab.lib.colors import HexColor, white
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import (
    FrameBreak,
    HRFlowable,
    NextPageTemplate,
    PageBreak,
    Paragraph,
    Preformatted,
    Spacer,
    Table,
)

from corpus.blocks import Block, bare, tagged
from corpus.pdf_look import GREY, Look
from corpus.plain import form_pairs

PDF_TAGS = (("<b>", "</b>"), ("<i>", "</i>"), ('<font face="Courier">', "</font>"))
RULE = HexColor("#9a9a9a")
PALE = HexColor("#eef1f4")
_CLAUSE = re.compile(r"(\d+\.\d+(?:\.\d+)?|\([a-z]\)) ")

Styles = dict[str, ParagraphStyle]


def paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    """Make a paragraph with emphasis."""
    return Paragraph(tagged(text, PDF_TAGS), style)


def column_widths(block: Block, styles: Styles, width: float) -> list[float]:
    """Share the width out: as much as the text needs, and never less than a word."""
    needs: list[float] = []
    least: list[float] = []
    first_total = len(block.rows) - block.totals

    def wide(text: str, row: int) -> float:
        heavy = row == 0 or row >= first_total or "**" in block.rows[row][0]
        style = styles["cellhead" if heavy else "cell"]
        return float(stringWidth(bare(text), style.fontName, style.fontSize)) + 9

    for i, right in enumerate(block.right):
        texts = [(row[i], number) for number, row in enumerate(block.rows)]
        needs.append(max(wide(t, n) for t, n in texts))
        words = [(w, n) for t, n in texts for w in ([t] if right and n else t.split() or [""])]
        least.append(max(wide(w, n) for w, n in words))
    if sum(needs) <= width:
        extra = (width - sum(needs)) / len(needs)
        return [n + extra for n in needs]
    spare = max(width - sum(least), 0)
    over = [max(min(n, width * 0.6) - s, 0.01) for n, s in zip(needs, least, strict=True)]
    shared = [s + spare * o / sum(over) for s, o in zip(least, over, strict=True)]
    return [s * width / sum(shared) for s in shared]


def table(block: Block, look: Look, styles: Styles, width: float) -> Table:
    """Lay a table out, with its head repeated on every page."""
    data: list[list[Paragraph]] = []
    first_total = len(block.rows) - block.totals
    for i, row in enumerate(block.rows):
        heavy = i == 0 or i >= first_total
        line: list[Paragraph] = []
        for text, right in zip(row, block.right, strict=True):
            name = ("cellhead" if heavy else "cell") + ("right" if right else "")
            line.append(paragraph(text, styles[name]))
        data.append(line)
    commands: list[tuple[Any, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 4),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ("LINEBELOW", (0, 0), (-1, 0), 1, look.colour),
    ]
    if block.totals:
        commands.append(("LINEABOVE", (0, first_total), (-1, first_total), 0.8, look.colour))
    if look.tables == "grid":
        commands.append(("GRID", (0, 0), (-1, -1), 0.4, RULE))
    elif look.tables == "zebra":
        commands.append(("ROWBACKGROUNDS", (0, 1), (-1, -1), [white, PALE]))
    elif look.tables == "lines":
        commands.append(("LINEBELOW", (0, 1), (-1, -1), 0.25, RULE))
    widths = column_widths(block, styles, width)
    gap = look.size * 0.6
    return Table(data, colWidths=widths, repeatRows=1, style=commands, spaceBefore=gap, spaceAfter=gap * 1.6)


def form(block: Block, look: Look, styles: Styles, width: float) -> list[Any]:
    """Draw a form: boxes with a small label above the value filled in."""
    out: list[Any] = []
    for line in block.lines:
        pairs = form_pairs(line)
        row: list[list[Any]] = []
        for label, value in pairs:
            if value:
                row.append([Paragraph(label, styles["label"]), paragraph(value, styles["cell"])])
            else:
                row.append([paragraph(label, styles["cell"])])
        commands = [("BOX", (i, 0), (i, 0), 0.5, GREY) for i in range(len(row))]
        out.append(Table([row], colWidths=[width / len(row)] * len(row), style=commands))
    out.append(Spacer(1, look.size))
    return out


def signatures(block: Block, look: Look, styles: Styles, width: float) -> Table:
    """Draw lines to sign on; each line of the block is `name | role | place and date`."""
    parties = [[part.strip() for part in line.split("|")] for line in block.lines]
    row = [[paragraph(p, styles["cell"]) for p in party] for party in parties]
    each = width / max(len(row), 1)
    whole = ((0, 0), (-1, -1))
    commands: list[tuple[Any, ...]] = [("VALIGN", *whole, "TOP"), ("NOSPLIT", *whole)]
    data: list[list[Any]] = [[Spacer(1, look.size * 2.4)] * len(row), row]
    commands.append(("LINEABOVE", (0, 1), (-1, 1), 0.6, GREY))
    return Table(data, colWidths=[each] * len(row), style=commands)


def listing(block: Block, look: Look, styles: Styles) -> list[Any]:
    """Make a bulleted or numbered list, each item a paragraph with its mark."""
    out: list[Any] = []
    for offset, line in enumerate(block.lines):
        mark = "•" if block.kind == "bullets" else f"{block.level + offset}."
        out.append(Paragraph(tagged(line, PDF_TAGS), styles["item"], bulletText=mark))
    out.append(Spacer(1, look.size * 0.6))
    return out


def page_change(argument: str, look: Look) -> list[Any]:
    """Change the page: a break, another layout, or the next column."""
    if argument == "column":
        return [FrameBreak()]
    if argument in {"one", "two", "landscape", "rotated"}:
        return [NextPageTemplate(argument), PageBreak()]
    return [PageBreak()]


def flow(block: Block, look: Look, styles: Styles, width: float) -> list[Any]:
    """Turn one block into flowables."""
    if block.kind == "heading":
        head = [paragraph(block.text, styles[f"h{block.level}"])]
        if look.heading == "bar" and block.level <= 2:
            rule = HRFlowable("100%", 0.8, color=look.colour, spaceBefore=0, spaceAfter=5)
            rule.keepWithNext = True
            head.append(rule)
        return head
    if block.kind == "table":
        return [table(block, look, styles, width)]
    if block.kind in {"bullets", "numbers"}:
        return listing(block, look, styles)
    if block.kind == "code":
        return [Preformatted("\n".join(block.lines), styles["code"])]
    if block.kind == "rule":
        return [HRFlowable("100%", 0.5, color=RULE, spaceBefore=4, spaceAfter=8)]
    if block.kind == "quote":
        return [paragraph(block.text, styles["quote"])]
    if block.kind == "lines":
        style = styles.get(block.argument or "lines", styles["lines"])
        return [paragraph("\\\n".join(block.lines), style)]
    if block.kind == "box":
        inner = [[paragraph("\\\n".join(block.lines), styles["lines"])]]
        commands = [("BOX", (0, 0), (-1, -1), 0.8, look.colour), ("BACKGROUND", (0, 0), (-1, -1), PALE)]
        return [Table(inner, colWidths=[width], style=commands, spaceBefore=6, spaceAfter=10)]
    if block.kind == "form":
        return form(block, look, styles, width)
    if block.kind == "sign":
        return [signatures(block, look, styles, width)]
    if block.kind == "page":
        return page_change(block.argument, look)
    style = "clause" if _CLAUSE.match(block.text) else "body"
    return [paragraph(block.text, styles[style])]
