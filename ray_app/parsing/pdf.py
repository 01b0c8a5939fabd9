"""PDF through PDFium: text by page, title and date."""

from __future__ import annotations

import re
from datetime import datetime

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ray_app.errors import ParsingError
from ray_app.parsing.ocr import Reader
from ray_app.parsing.pdf_scan import read_scans
from ray_app.records import Page, Parsed
from ray_app.settings import ParsingSettings

# PDFium writes U+FFFE where a word is hyphenated at the end of a line.
_HYPHENATED = re.compile("[\ufffe\u0002](\r?\n)?")
_DATE = re.compile(r"D:(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?")
# What word processors put into the title when nobody gave one.
_NO_TITLE = re.compile(
    r"^(untitled|microsoft (word|powerpoint|excel) - .*|.*\.(docx?|pptx?|xlsx?|pdf|odt|indd))$", re.I
)

_REASONS = {
    pdfium_c.FPDF_ERR_PASSWORD: ("password", "the file is protected by a password"),
    pdfium_c.FPDF_ERR_SECURITY: ("password", "the file is protected by a scheme that is not supported"),
}


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """Every page's text in the order in which the file holds it.

    Raises ParsingError: `password` where one is needed, `damaged` where the file cannot be opened or
    has no page. A page that cannot be read alone has no text.
    """
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        reason, detail = _REASONS.get(error.err_code, ("damaged", f"cannot be opened: {error}"))
        raise ParsingError(reason, detail) from error
    with document:
        if len(document) == 0:
            raise ParsingError("damaged", "the file has no pages")
        info = document.get_metadata_dict()
        reader = Reader(settings.ocr)
        pages = tuple(Page(i + 1, _page_text(document, i)) for i in range(len(document)))
        pages = read_scans(document, pages, reader)
    title = info.get("Title", "").strip()
    return Parsed(
        "application/pdf",
        pages,
        title="" if _NO_TITLE.match(title) else title,
        date=_iso_date(info.get("CreationDate", "")),
        metadata={key: value for key, value in info.items() if value} | reader.notes(),
    )


def _page_text(document: pdfium.PdfDocument, index: int) -> str:
    try:
        page = document[index]
    except pdfium.PdfiumError:
        return ""
    try:
        return _HYPHENATED.sub("", page.get_textpage().get_text_range())
    except pdfium.PdfiumError:
        return ""
    finally:
        page.close()


def _iso_date(value: str) -> str | None:
    """ISO 8601 from a PDF date (ISO 32000-1, 7.9.4) without its zone; None where it is none."""
    match = _DATE.match(value)
    if not match:
        return None
    year, month, day, hour, minute, second = (
        int(part or default) for part, default in zip(match.groups(), (1, 1, 1, 0, 0, 0), strict=True)
    )
    try:
        return f"{datetime(year, month, day, hour, minute, second).isoformat()}Z"
    except ValueError:  # the thirteenth month, the year 0
        return None
