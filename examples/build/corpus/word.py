"""Renders a document as docx, the same bytes every time."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

from docx import Document as new_docx
from docx.document import Document as Docx
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.shared import Pt, RGBColor
from docx.text.paragraph import Paragraph

from corpus.blocks import Block, inline_spans, parse
from corpus.plain import form_pairs
from corpus.source import Document

FIXED = (2026, 10, 1, 12, 0, 0)
RIGHT = WD_ALIGN_PARAGRAPH.RIGHT


def add_spans(paragraph: Paragraph, text: str) -> None:
    """Add text with bold, italic and code runs and its hard line breaks."""
    for style, span in inline_spans(text):
        parts = span.split("\\\n")
        for i, part in enumerate(parts):
            run = paragraph.add_run(part)
            run.bold = style == "b" or None
            run.italic = style == "i" or None
            if style == "code":
                run.font.name = "Consolas"
            if i < len(parts) - 1:
                run.add_break(WD_BREAK.LINE)


def add_table(docx: Docx, block: Block, style: str) -> None:
    """Add a table with a bold head and bold totals."""
    table = docx.add_table(rows=0, cols=len(block.right), style=style)
    for i, row in enumerate(block.rows):
        heavy = i == 0 or i >= len(block.rows) - block.totals
        for text, right, cell in zip(row, block.right, table.add_row().cells, strict=True):
            paragraph = cell.paragraphs[0]
            add_spans(paragraph, f"**{text}**" if heavy and text and "*" not in text else text)
            if right:
                paragraph.alignment = RIGHT
    docx.add_paragraph()


def add_form(docx: Docx, block: Block) -> None:
    """Add a form as a grid of two columns: label and value."""
    table = docx.add_table(rows=0, cols=2, style="Table Grid")
    for line in block.lines:
        for label, value in form_pairs(line):
            cells = table.add_row().cells
            add_spans(cells[0].paragraphs[0], f"**{label}**")
            add_spans(cells[1].paragraphs[0], value)
    docx.add_paragraph()


def add_signatures(docx: Docx, block: Block) -> None:
    """Add places to sign, side by side."""
    table = docx.add_table(rows=1, cols=len(block.lines))
    for cell, line in zip(table.rows[0].cells, block.lines, strict=True):
        cell.paragraphs[0].add_run("\n\n______________________")
        for part in line.split("|"):
            add_spans(cell.add_paragraph(), part.strip())


def add_numbers(docx: Docx, block: Block) -> None:
    """Add a numbered list whose numbers are text, so that each list starts afresh."""
    for offset, line in enumerate(block.lines):
        paragraph = docx.add_paragraph()
        paragraph.paragraph_format.left_indent = Pt(22)
        paragraph.paragraph_format.first_line_indent = Pt(-22)
        paragraph.paragraph_format.space_after = Pt(3)
        add_spans(paragraph, f"{block.level + offset}.\t{line}")


def add_block(docx: Docx, block: Block, style: str) -> None:
    """Add one block to the document."""
    if block.kind == "heading":
        docx.add_heading(block.text, level=min(block.level, 4))
    elif block.kind == "table":
        add_table(docx, block, style)
    elif block.kind == "bullets":
        for line in block.lines:
            add_spans(docx.add_paragraph(style="List Bullet"), line)
    elif block.kind == "numbers":
        add_numbers(docx, block)
    elif block.kind == "code":
        docx.add_paragraph().add_run("\n".join(block.lines)).font.name = "Consolas"
    elif block.kind == "quote":
        add_spans(docx.add_paragraph(style="Intense Quote"), block.text)
    elif block.kind == "form":
        add_form(docx, block)
    elif block.kind == "sign":
        add_signatures(docx, block)
    elif block.kind == "rule":
        docx.add_paragraph("* * *").alignment = WD_ALIGN_PARAGRAPH.CENTER
    elif block.kind == "page":
        docx.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    else:
        text = "\\\n".join(block.lines) if block.lines else block.text
        paragraph = docx.add_paragraph()
        add_spans(paragraph, text)
        if block.argument == "right":
            paragraph.alignment = RIGHT


def set_properties(docx: Docx, document: Document) -> None:
    """Set the core properties; none of them may be the time of the build."""
    meta = document.meta
    when = dt.datetime.combine(meta.get("created", dt.date(2025, 1, 1)), dt.time(9, 30))
    properties = docx.core_properties
    properties.title = document.title
    properties.author = str(meta.get("author", ""))
    properties.last_modified_by = str(meta.get("editor", meta.get("author", "")))
    properties.subject = str(meta.get("subject", ""))
    properties.keywords = str(meta.get("keywords", ""))
    properties.comments = ""
    properties.language = {"da": "da-DK", "en": "en-GB"}[document.language]
    properties.created = properties.modified = when
    properties.revision = int(meta.get("revision", 1))


def set_look(docx: Docx, look: dict[str, Any]) -> None:
    """Set the font, the colour of headings, and the page header and footer."""
    normal = docx.styles["Normal"].font
    normal.name = str(look.get("font", "Calibri"))
    normal.size = Pt(float(look.get("size", 11)))
    if "colour" in look:
        for level in (1, 2, 3):
            heading = docx.styles[f"Heading {level}"].font
            heading.color.rgb = RGBColor.from_string(str(look["colour"]).lstrip("#"))
    section = docx.sections[0]
    if "header" in look:
        section.header.paragraphs[0].text = str(look["header"])
    if "footer" in look:
        section.footer.paragraphs[0].text = str(look["footer"])


def same_times(content: bytes) -> bytes:
    """Pack the zip anew with one fixed time for every member."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new,
    ):
        for name in old.namelist():
            info = zipfile.ZipInfo(name, FIXED)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            new.writestr(info, old.read(name))
    return packed.getvalue()


def render_docx(document: Document) -> bytes:
    """Return the bytes of a docx file."""
    docx = new_docx()
    look = document.meta.get("docx", {})
    set_look(docx, look)
    set_properties(docx, document)
    for block in parse(document.body):
        add_block(docx, block, str(look.get("tables", "Light Grid Accent 1")))
    buffer = io.BytesIO()
    docx.save(buffer)
    return same_times(buffer.getvalue())
