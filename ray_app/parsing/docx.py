"""Word documents (docx): text, lists and tables by mammoth, title and date by python-docx."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import datetime

import mammoth
from docx import Document
from docx.opc.exceptions import PackageNotFoundError

from ray_app.errors import ParsingError
from ray_app.parsing.html import parse_markup
from ray_app.records import Parsed
from ray_app.settings import ParsingSettings


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """One page: where a page of a Word document ends is known only to the program that prints it.

    Raises ParsingError(damaged) where the file is no Word document inside.
    """
    try:
        markup = mammoth.convert_to_html(io.BytesIO(data), convert_image=mammoth.images.img_element(_no_image)).value
        properties = Document(io.BytesIO(data)).core_properties
    except (zipfile.BadZipFile, PackageNotFoundError, KeyError, ValueError) as error:
        raise ParsingError("damaged", f"cannot be opened as a Word document: {error}") from error
    parsed = parse_markup(f"<html><body>{markup}</body></html>")
    return replace(parsed, title=properties.title or parsed.title, date=_iso(properties.modified or properties.created))


def _no_image(image: object) -> dict[str, str]:
    return {}


def _iso(when: datetime | None) -> str | None:
    return f"{when.replace(tzinfo=None).isoformat(timespec='seconds')}Z" if when else None
