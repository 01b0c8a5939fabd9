"""Renders a document as a scan: page images without text, a little crooked and noisy."""

from __future__ import annotations

import io
import random

from PIL import Image, ImageChops, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from corpus.blocks import bare, parse
from corpus.pdf import stamp
from corpus.pdf_look import VERA
from corpus.source import Document

PAGE = (1240, 1754)  # A4 at 150 dots an inch
EDGE = 130


def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Load the font that comes with reportlab, which has the Danish letters."""
    file = VERA / ("VeraBd.ttf" if bold else "Vera.ttf")
    return ImageFont.truetype(str(file), size, layout_engine=ImageFont.Layout.BASIC)


def wrapped(text: str, face: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Break text into lines no wider than `width`."""
    lines: list[str] = []
    for piece in text.split("\n"):
        line = ""
        for word in piece.split(" "):
            longer = f"{line} {word}".strip()
            if face.getlength(longer) > width and line:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return lines


def draw_page(document: Document) -> Image.Image:
    """Set the text on one white page."""
    page = Image.new("L", PAGE, 255)
    pen = ImageDraw.Draw(page)
    y = 120.0
    for block in parse(document.body):
        size, bold, indent = 21, False, 0
        text = bare(block.text)
        if block.kind == "heading":
            size, bold = (32, True) if block.level == 1 else (24, True)
        elif block.kind == "lines":
            text = "\n".join(bare(line) for line in block.lines)
            indent = 560 if block.argument == "right" else 0
        elif block.kind == "table":
            y = draw_table(pen, block.rows, block.right, y)
            continue
        elif block.kind == "rule":
            pen.line((EDGE, y, PAGE[0] - EDGE, y), fill=60, width=2)
            y += 24
            continue
        bold = bold or (block.text.startswith("**") and block.text.endswith("**"))
        face = font(size, bold)
        for line in wrapped(text, face, PAGE[0] - 2 * EDGE - indent):
            pen.text((EDGE + indent, y), line, font=face, fill=25)
            y += size * 1.45
        y += 20
    if y > PAGE[1] - 60:
        raise ValueError(f"{document.path}: the scan needs more than one page")
    return page


def draw_table(pen: ImageDraw.ImageDraw, rows: list[list[str]], right: list[bool], y: float) -> float:
    """Draw a table in columns as wide as their longest cell."""
    face, heavy = font(19), font(19, bold=True)
    widths = [max(heavy.getlength(bare(row[i])) for row in rows) + 22 for i in range(len(right))]
    for number, row in enumerate(rows):
        x = float(EDGE)
        for cell, width, to_right in zip(row, widths, right, strict=True):
            used = heavy if number == 0 or cell.startswith("**") else face
            shift = width - 22 - used.getlength(bare(cell)) if to_right else 0
            pen.text((x + shift, y), bare(cell), font=used, fill=25)
            x += width
        y += 32
        if number == 0:
            pen.line((EDGE, y - 3, x, y - 3), fill=60, width=1)
    return y + 18


def weather(page: Image.Image, seed: int, angle: float) -> Image.Image:
    """Turn the page a little and make it grey and noisy, as a scanner does."""
    turned = page.rotate(angle, resample=Image.Resampling.BICUBIC, fillcolor=250)
    noise = random.Random(seed)
    small = (PAGE[0] // 4, PAGE[1] // 4)
    grain = Image.new("L", small)
    grain.putdata([min(255, max(0, int(noise.gauss(238, 9)))) for _ in range(small[0] * small[1])])
    paper = grain.resize(PAGE, Image.Resampling.BILINEAR)
    result = ImageChops.multiply(turned, paper)
    specks = ImageDraw.Draw(result)
    for _ in range(160):
        x, y = noise.randrange(PAGE[0]), noise.randrange(PAGE[1])
        specks.point((x, y), fill=noise.randrange(90, 190))
    specks.line((0, 1690, PAGE[0], 1702), fill=205, width=2)
    return result


def render_scan(document: Document) -> bytes:
    """Return a PDF whose only page is an image."""
    settings = document.meta["scan"]
    page = weather(draw_page(document), int(settings["seed"]), float(settings["angle"]))
    jpeg = io.BytesIO()
    page.save(jpeg, "JPEG", quality=48, optimize=True)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    stamp(canvas, document.meta)
    jpeg.seek(0)
    canvas.drawImage(ImageReader(jpeg), 0, 0, *A4)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()
