"""PDF through PDFium: text by page, form fields, annotations, attachments, title and date."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ray_app.errors import ParsingError
from ray_app.parsing import pdf_extras
from ray_app.parsing.ocr import Reader
from ray_app.parsing.pdf_scan import read_scans
from ray_app.parsing.properties import iso, real_title
from ray_app.records import Page, Parsed
from ray_app.settings import ParsingSettings

# PDFium writes U+FFFE where a word is hyphenated at the end of a line.
_HYPHENATED = re.compile("[\ufffe\u0002](\r?\n)?")
_DATE = re.compile(r"D:(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?")
_ZONE = re.compile(r"([+-])(\d{2})'?(\d{2})?")
# Characters of a page whose direction is looked at.
_ANGLE_SAMPLE = 100

_REASONS = {
    pdfium_c.FPDF_ERR_PASSWORD: ("password", "protected by a password that is not among the setting parsing.passwords"),
    pdfium_c.FPDF_ERR_SECURITY: ("password", "the file is protected by a scheme that is not supported"),
}


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """Every page's text in reading order, then its form's fields and its annotations; attachments are children.

    Raises ParsingError: `password` where none of the settings' opens it, `damaged` where the file cannot be
    opened or none of its pages can. A page that cannot be read alone has no text.
    """
    with open_pdf(data, settings) as document:
        if document.get_formtype() != pdfium_c.FORMTYPE_NONE:
            document.init_forms()  # before the first page is loaded
        info = document.get_metadata_dict()
        found = [_read(document, index) for index in range(len(document))]
        if not any(found):
            raise ParsingError("damaged", "none of its pages can be opened")
        read = [page or ("", []) for page in found]
        reader = Reader(settings.ocr)
        pages = tuple(Page(number, text) for number, (text, _) in enumerate(read, start=1))
        pages = read_scans(document, pages, reader)
        children = tuple(pdf_extras.attachments(document))
    return Parsed(
        "application/pdf",
        tuple(_with_notes(page, notes) for page, (_, notes) in zip(pages, read, strict=True)),
        title=real_title(info.get("Title", "")),
        date=_iso_date(info.get("CreationDate", "")),
        metadata={key: value for key, value in info.items() if value} | reader.notes(),
        children=children,
    )


def open_pdf(data: bytes, settings: ParsingSettings) -> pdfium.PdfDocument:
    """The document, with the settings' passwords tried. Raises ParsingError: `password` or `damaged`."""
    passwords = [None, *(password.get_secret_value() for password in settings.passwords)]
    for tried, password in enumerate(passwords, start=1):
        try:
            return pdfium.PdfDocument(data, password=password)
        except pdfium.PdfiumError as error:
            if error.err_code == pdfium_c.FPDF_ERR_PASSWORD and tried < len(passwords):
                continue
            reason, detail = _REASONS.get(error.err_code, ("damaged", f"cannot be opened: {error}"))
            raise ParsingError(reason, detail) from error
    raise AssertionError("the last password returns or raises")


def _read(document: pdfium.PdfDocument, index: int) -> tuple[str, list[str]] | None:
    """The page's own text, and apart from it what was filled in and remarked there; None where it cannot be opened."""
    try:
        page = document[index]
    except pdfium.PdfiumError:
        return None
    try:
        return _text_layer(page), [note for note in pdf_extras.page_notes(document, page) if note]
    except pdfium.PdfiumError:
        return "", []
    finally:
        page.close()


def _with_notes(page: Page, notes: list[str]) -> Page:
    return replace(page, text="\n".join(filter(None, (page.text, *notes)))) if notes else page


def _text_layer(page: pdfium.PdfPage) -> str:
    text = page.get_textpage()
    upright = _upright(text)
    if upright is not None and upright != page.get_rotation():
        # PDFium orders words as the page lies; text that then lies on its side comes in disorder.
        page.set_rotation(upright)
        text = page.get_textpage()
    return _HYPHENATED.sub("", text.get_text_range())


def _upright(text: pdfium.PdfTextPage) -> int | None:
    """The page's rotation, in degrees clockwise, at which most of its characters stand upright; None without any."""
    count = text.count_chars()
    sample = range(0, count, max(1, count // _ANGLE_SAMPLE))
    angles = Counter(
        round(math.degrees(angle) / 90) * 90 % 360
        for index in sample
        if (angle := pdfium_c.FPDFText_GetCharAngle(text, index)) >= 0
    )
    return -angles.most_common(1)[0][0] % 360 if angles else None


def _iso_date(value: str) -> str | None:
    """ISO 8601 in UTC from a PDF date (ISO 32000-1, 7.9.4); one without zone counts as UTC, None where it is none."""
    match = _DATE.match(value)
    if not match:
        return None
    year, month, day, hour, minute, second = (
        int(part or default) for part, default in zip(match.groups(), (1, 1, 1, 0, 0, 0), strict=True)
    )
    try:
        return iso(datetime(year, month, day, hour, minute, second, tzinfo=_zone(value[match.end() :])))
    except (ValueError, OverflowError):  # the thirteenth month, the year 0
        return None


def _zone(value: str) -> timezone:
    """From how far local time is ahead of UTC, as +02'00'. Raises ValueError beyond a day."""
    match = _ZONE.match(value)
    if not match:
        return UTC
    ahead = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(-ahead if match[1] == "-" else ahead)
