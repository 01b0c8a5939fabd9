"""Spreadsheets (xlsx, xlsm, xlsb, xls, ods) by calamine: a sheet is a page, a row a line; then comments, pictures."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ray_app.errors import ParsingError
from ray_app.parsing import media
from ray_app.parsing.detect import media_type_of
from ray_app.parsing.pictures import Pictures
from ray_app.parsing.properties import Properties, ole_properties, zipped_properties
from ray_app.parsing.sheet_comments import comments_by_sheet
from ray_app.parsing.sheet_pictures import pictures_by_sheet
from ray_app.parsing.tables import table_text
from ray_app.parsing.zipped import BROKEN
from ray_app.records import Page, Parsed
from ray_app.settings import ParsingSettings

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """Each sheet is a page that begins with the sheet's name; formulas are shown by the values saved with them.

    Raises ParsingError: `password`, or `damaged` where the workbook or one of its sheets cannot be read.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    media_type = media_type_of(data, "")
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            names, sheets = ", ".join(book.sheet_names), list(_sheets(book))
    except PasswordError as error:
        raise ParsingError("password", "the workbook is protected by a password") from error
    except (CalamineError, *BROKEN) as error:
        raise ParsingError("damaged", f"cannot be opened as a workbook: {error}") from error
    pictures = Pictures(settings.ocr)
    pages = tuple(_pages(data, media_type, sheets, pictures))
    said = _properties(data, media_type)
    return Parsed(media_type, pages, title=said.title, date=said.date, metadata={"sheets": names, **pictures.notes()})


def _sheets(book: CalamineWorkbook) -> Iterator[tuple[str, str]]:
    """Names and rows."""
    from python_calamine import SheetTypeEnum

    for sheet in book.sheets_metadata:
        if sheet.typ == SheetTypeEnum.WorkSheet:
            yield sheet.name, table_text(book.get_sheet_by_name(sheet.name).iter_rows())


def _pages(data: bytes, media_type: str, sheets: list[tuple[str, str]], pictures: Pictures) -> Iterator[Page]:
    """Each sheet's name, rows, comments, and words on pictures; of old and binary workbooks only the first two."""
    with _archive(data, media_type) as archive:
        noted = comments_by_sheet(archive) if archive and media_type == media.XLSX else {}
        lying = pictures_by_sheet(archive, media_type) if archive and pictures.are_read else {}
        for number, (name, rows) in enumerate(sheets, start=1):
            members = [partial(archive.open, member) for member in lying.get(name, ())] if archive else []
            said = "\n".join(filter(None, (rows, *noted.get(name, ()))))
            page = pictures.add(Page(number, said), members)
            yield replace(page, text=f"{name}\n{page.text}") if page.text else page


def _archive(data: bytes, media_type: str) -> AbstractContextManager[zipfile.ZipFile | None]:
    try:
        return zipfile.ZipFile(io.BytesIO(data)) if media_type in (media.XLSX, media.ODS) else nullcontext()
    except BROKEN:  # calamine, which reads the text, forgives more
        return nullcontext()


def _properties(data: bytes, media_type: str) -> Properties:
    if media_type == media.XLS:
        return ole_properties(data)
    return zipped_properties(data, "meta.xml" if media_type == media.ODS else "docProps/core.xml")
