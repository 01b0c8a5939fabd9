"""Spreadsheets (xlsx, xlsm, xlsb, xls, ods) by calamine: a sheet is a page, a row a line."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from ray_app.errors import ParsingError
from ray_app.parsing import media
from ray_app.parsing.detect import media_type_of
from ray_app.parsing.properties import Properties, ole_properties, zipped_properties
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
            names, pages = ", ".join(book.sheet_names), _pages(book)
    except PasswordError as error:
        raise ParsingError("password", "the workbook is protected by a password") from error
    except (CalamineError, *BROKEN) as error:
        raise ParsingError("damaged", f"cannot be opened as a workbook: {error}") from error
    said = _properties(data, media_type)
    return Parsed(media_type, pages, title=said.title, date=said.date, metadata={"sheets": names})


def _pages(book: CalamineWorkbook) -> tuple[Page, ...]:
    from python_calamine import SheetTypeEnum

    sheets = [sheet.name for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    return tuple(Page(number, _sheet_text(book, name)) for number, name in enumerate(sheets, start=1))


def _sheet_text(book: CalamineWorkbook, name: str) -> str:
    rows = table_text(book.get_sheet_by_name(name).iter_rows())
    return f"{name}\n{rows}" if rows else ""


def _properties(data: bytes, media_type: str) -> Properties:
    if media_type == media.XLS:
        return ole_properties(data)
    return zipped_properties(data, "meta.xml" if media_type == media.ODS else "docProps/core.xml")
