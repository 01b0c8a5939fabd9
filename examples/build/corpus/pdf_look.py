"""How a PDF looks: fonts, sizes, colours and paragraph styles from the front matter."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import reportlab
from reportlab.lib.colors import Color, HexColor, black
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

VERA = Path(reportlab.__file__).parent / "fonts"
FAMILIES = {
    "helvetica": ("Helvetica", "Helvetica-Bold", "Helvetica-Oblique"),
    "times": ("Times-Roman", "Times-Bold", "Times-Italic"),
    "courier": ("Courier", "Courier-Bold", "Courier-Oblique"),
    "vera": ("Vera", "Vera-Bold", "Vera-Italic"),
}
GREY = HexColor("#5a5a5a")


@dataclass(frozen=True)
class Look:
    """The settings of one PDF."""

    regular: str
    bold: str
    italic: str
    size: float
    colour: Color
    layout: str
    margin: float
    tables: str
    heading: str
    justify: bool
    header: str
    footer: str
    header_on_first: bool


@cache
def register_vera() -> None:
    """Make reportlab's own TrueType family available, with its bold and italic."""
    for name, file in (("Vera", "Vera"), ("Vera-Bold", "VeraBd"), ("Vera-Italic", "VeraIt")):
        pdfmetrics.registerFont(TTFont(name, str(VERA / f"{file}.ttf")))
    pdfmetrics.registerFontFamily("Vera", "Vera", "Vera-Bold", "Vera-Italic", "Vera-Bold")


def look_of(meta: dict[str, Any]) -> Look:
    """Read the `pdf:` settings of a document's front matter."""
    given: dict[str, Any] = meta.get("pdf", {})
    family = str(given.get("font", "helvetica"))
    if family == "vera":
        register_vera()
    regular, bold, italic = FAMILIES[family]
    return Look(
        regular=regular,
        bold=bold,
        italic=italic,
        size=float(given.get("size", 10)),
        colour=HexColor(given["colour"]) if "colour" in given else black,
        layout=str(given.get("layout", "one")),
        margin=float(given.get("margin", 22)),
        tables=str(given.get("tables", "lines")),
        heading=str(given.get("heading", "plain")),
        justify=bool(given.get("justify", False)),
        header=str(given.get("header", "")),
        footer=str(given.get("footer", "")),
        header_on_first=bool(given.get("header_on_first", True)),
    )


def styles_of(look: Look) -> dict[str, ParagraphStyle]:
    """Make the paragraph styles of a look."""
    size = look.size
    body = ParagraphStyle(
        "body",
        fontName=look.regular,
        fontSize=size,
        leading=size * 1.35,
        spaceAfter=size * 0.6,
        alignment=TA_JUSTIFY if look.justify else TA_LEFT,
    )
    styles = {"body": body}
    for level, factor in ((1, 1.75), (2, 1.3), (3, 1.08), (4, 1.0)):
        centred = look.heading == "centre" and level == 1
        styles[f"h{level}"] = ParagraphStyle(
            f"h{level}",
            parent=body,
            fontName=look.bold if level < 4 else look.italic,
            fontSize=size * factor,
            leading=size * factor * 1.2,
            spaceBefore=size * (1.3 if level > 1 else 0.2),
            spaceAfter=size * (0.9 if level == 1 else 0.4),
            textColor=look.colour,
            alignment=TA_CENTER if centred else TA_LEFT,
            keepWithNext=1,
        )
    clause = ParagraphStyle("clause", parent=body, leftIndent=size * 2.6, firstLineIndent=-size * 2.6)
    styles["clause"] = clause
    styles["item"] = ParagraphStyle(
        "item",
        parent=body,
        spaceAfter=size * 0.2,
        alignment=TA_LEFT,
        leftIndent=size * 1.8,
        bulletFontName=look.regular,
        bulletFontSize=size,
    )
    styles["quote"] = ParagraphStyle("quote", parent=body, leftIndent=size * 1.6, fontName=look.italic, textColor=GREY)
    styles["lines"] = ParagraphStyle("lines", parent=body, alignment=TA_LEFT)
    styles["right"] = ParagraphStyle("right", parent=body, alignment=TA_RIGHT)
    styles["centre"] = ParagraphStyle("centre", parent=body, alignment=TA_CENTER)
    styles["small"] = ParagraphStyle("small", parent=body, fontSize=size * 0.82, leading=size * 1.05, textColor=GREY)
    styles["code"] = ParagraphStyle(
        "code",
        parent=body,
        fontName="Courier",
        fontSize=size * 0.82,
        leading=size * 1.05,
        leftIndent=size * 0.8,
        alignment=TA_LEFT,
    )
    cell = ParagraphStyle(
        "cell", parent=body, fontSize=size * 0.88, leading=size * 1.08, spaceAfter=0, alignment=TA_LEFT
    )
    styles["cell"] = cell
    styles["cellright"] = ParagraphStyle("cellright", parent=cell, alignment=TA_RIGHT)
    styles["cellhead"] = ParagraphStyle("cellhead", parent=cell, fontName=look.bold)
    styles["cellheadright"] = ParagraphStyle("cellheadright", parent=styles["cellhead"], alignment=TA_RIGHT)
    styles["label"] = ParagraphStyle("label", parent=cell, fontSize=size * 0.7, leading=size * 0.9, textColor=GREY)
    return styles
