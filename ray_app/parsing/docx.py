"""Word documents (docx): text, lists and tables by mammoth, the rest from their properties."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

from lxml import etree

from ray_app.errors import ParsingError
from ray_app.parsing import media
from ray_app.parsing.html import parse_markup
from ray_app.parsing.properties import zipped_properties
from ray_app.records import Parsed
from ray_app.settings import ParsingSettings


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """One page: where a page of a Word document ends is known only to the program that prints it.

    Raises ParsingError(damaged) where the file is no Word document inside.
    """
    import mammoth

    try:
        markup = mammoth.convert_to_html(io.BytesIO(data), convert_image=mammoth.images.img_element(_no_image)).value
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, etree.LxmlError) as error:
        raise ParsingError("damaged", f"cannot be opened as a Word document: {error}") from error
    parsed = parse_markup(f"<html><body>{markup}</body></html>")
    said = zipped_properties(data, "docProps/core.xml")
    return replace(parsed, media_type=media.DOCX, title=said.title or parsed.title, date=said.date)


def _no_image(image: object) -> dict[str, str]:
    return {}
