"""Renders a document as PDF, the same bytes every time."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfdoc
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

from corpus.blocks import parse
from corpus.pdf_flow import flow
from corpus.pdf_look import GREY, Look, look_of, styles_of
from corpus.source import Document

GAP = 7 * mm
SIDEBAR = 66 * mm


class NoInfo(pdfdoc.PDFInfo):  # type: ignore[misc]
    """A document without the information dictionary's entries."""

    def format(self, document: pdfdoc.PDFDocument) -> bytes:
        """Write an empty dictionary."""
        return bytes(pdfdoc.PDFDictionary({}).format(document))


def running_lines(canvas: Canvas, look: Look, size: tuple[float, float], page: int, pages: int) -> None:
    """Draw the page header and footer; `|` parts left from right."""
    if page == 1 and not look.header_on_first:
        places = [(look.footer, 11 * mm)]
    else:
        places = [(look.header, size[1] - 13 * mm), (look.footer, 11 * mm)]
    canvas.saveState()
    canvas.setFont(look.regular, 7.5)
    canvas.setFillColor(GREY)
    for text, y in places:
        if not text:
            continue
        left, _, right = text.format(page=page, pages=pages).partition("|")
        canvas.drawString(look.margin * mm, y, left.strip())
        canvas.drawRightString(size[0] - look.margin * mm, y, right.strip())
    canvas.restoreState()


def page_templates(look: Look, pages: int) -> list[PageTemplate]:
    """Make the page layouts, the look's own first."""
    width = A4[0]
    edge = look.margin * mm

    def frame(x: float, w: float, page: tuple[float, float] = A4) -> Frame:
        return Frame(x, 19 * mm, w, page[1] - 38 * mm, 0, 0, 0, 0)

    def on_page(page: tuple[float, float], turned: bool) -> Callable[[Canvas, BaseDocTemplate], None]:
        def draw(canvas: Canvas, template: BaseDocTemplate) -> None:
            if turned:
                canvas.rotate(90)
                canvas.translate(0, -width)
            running_lines(canvas, look, page, template.page, pages)

        return draw

    wide = landscape(A4)
    inner = width - 2 * edge
    column = (inner - GAP) / 2
    frames = {
        "one": ([frame(edge, inner)], A4),
        "two": ([frame(edge, column), frame(edge + column + GAP, column)], A4),
        "sidebar": (
            [frame(edge, SIDEBAR), frame(edge + SIDEBAR + GAP, inner - SIDEBAR - GAP)],
            A4,
        ),
        "landscape": ([frame(edge, wide[0] - 2 * edge, wide)], wide),
        "rotated": ([frame(edge, wide[0] - 2 * edge, wide)], wide),
    }
    order = sorted(frames, key=lambda name: name != look.layout)
    templates: list[PageTemplate] = []
    for name in order:
        inside, size = frames[name]
        template = PageTemplate(name, inside, on_page(size, name == "rotated"), pagesize=size)
        template.rotation = 90 if name == "rotated" else 0
        templates.append(template)
    return templates


def stamp(canvas: Canvas, meta: dict[str, Any]) -> None:
    """Set the metadata and the creation date; `info: none` leaves them all out."""
    document = canvas._doc
    if meta.get("info") == "none":
        document.info.__class__ = NoInfo
        return
    when = meta.get("created", dt.date(2025, 1, 1))
    moment = dt.datetime.combine(when, dt.time(9, 30)) if not isinstance(when, dt.datetime) else when
    document._timeStamp.YMDhms = moment.timetuple()[:6]
    canvas.setTitle(str(meta.get("pdf_title", meta.get("title", ""))))
    canvas.setAuthor(str(meta.get("author", "")))
    canvas.setCreator(str(meta.get("creator", "Ravnskaer document service")))
    canvas.setProducer(str(meta.get("producer", "ReportLab PDF Library")))
    canvas.setSubject(str(meta.get("subject", "")))


def flow_widths(look: Look) -> dict[str, float]:
    """Return how wide a table can be on each page layout."""
    inner = A4[0] - 2 * look.margin * mm
    wide = A4[1] - 2 * look.margin * mm
    column = (inner - GAP) / 2
    side = inner - SIDEBAR - GAP
    return {"one": inner, "two": column, "sidebar": side, "landscape": wide, "rotated": wide}


def build_once(document: Document, pages: int) -> tuple[bytes, int]:
    """Build the PDF, given how many pages to announce; return it and its page count."""
    look = look_of(document.meta)
    styles = styles_of(look)
    widths = flow_widths(look)
    layout = look.layout
    story: list[Any] = []
    first_column = layout == "sidebar"
    for block in parse(document.body):
        if block.kind == "page" and block.argument in widths:
            layout = block.argument
        width = SIDEBAR if first_column else widths[layout]
        story += flow(block, look, styles, width)
        if block.kind == "page":
            first_column = False
    buffer = io.BytesIO()
    password = document.meta.get("password")
    encrypt = StandardEncryption(password, ownerPassword=f"{password}-owner", strength=128) if password else None
    template = BaseDocTemplate(buffer, invariant=1, pageCompression=1, encrypt=encrypt)
    template.addPageTemplates(page_templates(look, pages))
    count = 0

    def counted(page: int) -> None:
        nonlocal count
        count = page

    template.setPageCallBack(counted)
    first = template.pageTemplates[0]
    drawn = first.onPage

    def first_page(canvas: Canvas, doc: BaseDocTemplate) -> None:
        if doc.page == 1:
            stamp(canvas, document.meta)
        drawn(canvas, doc)

    first.onPage = first_page
    template.build(story)
    return buffer.getvalue(), count


def render_pdf(document: Document) -> bytes:
    """Build the PDF twice, the second time knowing the number of pages."""
    _, pages = build_once(document, 0)
    return build_once(document, pages)[0]


def break_pdf(content: bytes) -> bytes:
    """Cut a PDF off before its page tree, as a failed download does."""
    return content[: len(content) * 2 // 5]
