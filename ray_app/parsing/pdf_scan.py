"""Which pages of a PDF are pictures of text, and how they look."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ray_app.parsing.ocr import MOST_PIXELS, Reader
from ray_app.records import Page

if TYPE_CHECKING:
    from PIL.Image import Image

# 300 dots an inch read no better than 200 and take twice as long (docs/benchmarks.md).
_DPI = 200
_POINTS_PER_INCH = 72
# Scanners and archives stamp a line onto a scan; a page of text has more than a line.
_STAMP_CHARS = 100
_COVERED = 0.5


def read_scans(document: pdfium.PdfDocument, pages: tuple[Page, ...], reader: Reader) -> tuple[Page, ...]:
    """The same pages; those without text, or with a stamp on a picture, with the text that OCR finds."""
    return tuple(
        reader.read(page, lambda number=page.number: draw(document, number - 1))  # type: ignore[misc]
        if _may_be_scan(document, page)
        else page
        for page in pages
    )


def draw(document: pdfium.PdfDocument, index: int, dpi: int = _DPI) -> Image | None:
    """The page in grey at so many dots an inch, fewer where it is huge; None where it cannot be drawn."""
    try:
        page = document[index]
        try:
            width, height = page.get_size()
            most = (MOST_PIXELS / max(1.0, width * height)) ** 0.5
            scale = min(dpi / _POINTS_PER_INCH, most)
            return cast("Image", page.render(scale=scale, grayscale=True).to_pil())
        finally:
            page.close()
    except (pdfium.PdfiumError, ValueError):
        return None


def _may_be_scan(document: pdfium.PdfDocument, page: Page) -> bool:
    text = page.text.strip()
    if len(text) > _STAMP_CHARS:
        return False
    try:
        sheet = document[page.number - 1]
    except pdfium.PdfiumError:
        return False
    try:
        return _pictures(sheet) > _COVERED if text else bool(pdfium_c.FPDFPage_CountObjects(sheet))
    finally:
        sheet.close()


def _pictures(sheet: pdfium.PdfPage) -> float:
    """The share of the page that its largest picture covers."""
    width, height = sheet.get_size()
    pictures = sheet.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=2)
    areas = ((right - left) * (top - bottom) for left, bottom, right, top in (p.get_bounds() for p in pictures))
    return float(max(areas, default=0.0) / max(1.0, width * height))
