"""Word documents (docx): text, lists and tables by mammoth, the rest from their properties."""

from __future__ import annotations

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any
from xml.parsers.expat import ExpatError

from lxml import etree

from ray_app.errors import ParsingError
from ray_app.parsing import media
from ray_app.parsing.charts import chart_text, written_text
from ray_app.parsing.html import markup_tree, tree_text
from ray_app.parsing.ocr_engines import Reading
from ray_app.parsing.pictures import Pictures, recognised
from ray_app.parsing.properties import safe_xml_parser, zipped_properties
from ray_app.parsing.tables import rows_as_lines
from ray_app.parsing.zipped import BROKEN
from ray_app.records import Page, Parsed
from ray_app.settings import ParsingSettings


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """One page: headers, text with its pictures' words, charts and diagrams, other pictures, footers.

    Where a page ends only the program that prints it knows.

    Raises ParsingError(damaged) where the file is no Word document inside.
    """
    import mammoth

    pictures = Pictures(settings.ocr)
    readings: list[Reading] = []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            above, below = _repeated(archive, "header"), _repeated(archive, "footer")
            drawn = list(_drawn(archive))
            converted = mammoth.convert_to_html(
                io.BytesIO(data),
                convert_image=lambda image: _as_lines(readings, pictures.read(1, image.open)),
                style_map="comment-reference => sup",  # without a place to be shown at, mammoth leaves comments out
            )
            others = _others(archive, pictures)
    except (*BROKEN, etree.LxmlError, ExpatError) as error:
        raise ParsingError("damaged", f"cannot be opened as a Word document: {error}") from error
    root = markup_tree(f"<html><body>{converted.value}</body></html>")
    assert root is not None  # it has at least a body
    body = tree_text(rows_as_lines(root))
    said = zipped_properties(data, "docProps/core.xml")
    heading = next((" ".join(node.text_content().split()) for node in root.iter("h1")), "")
    text = "\n\n".join(filter(None, (above, body, *drawn, *(reading.text for reading in others), below)))
    page = recognised(Page(1, text), found) if (found := readings + others) else Page(1, text)
    return Parsed(media.DOCX, (page,), title=said.title or heading, date=said.date, metadata=pictures.notes())


def _repeated(archive: zipfile.ZipFile, kind: str) -> str:
    """What stands above or below the text of each page, each line once."""
    names = sorted(name for name in archive.namelist() if re.fullmatch(rf"word/{kind}\d*\.xml", name))
    roots = (etree.fromstring(archive.read(name), safe_xml_parser()) for name in names)
    lines = [line for root in roots if root is not None for line in _paragraphs(root)]
    return "\n".join(dict.fromkeys(lines))


def _drawn(archive: zipfile.ZipFile) -> Iterator[str]:
    """What charts and diagrams say."""
    for name in sorted(archive.namelist()):
        if re.fullmatch(r"word/charts/chart\d*\.xml", name):
            yield chart_text(archive.read(name))
        elif re.fullmatch(r"word/diagrams/data\d*\.xml", name):
            yield written_text(archive.read(name))


def _paragraphs(root: etree._Element) -> Iterator[str]:
    """Texts by the innermost paragraph (a text box is one within another); page numbers are left out."""
    texts: dict[etree._Element, str] = defaultdict(str)
    for node in root.iter("{*}t", "{*}tab"):
        paragraph = next(node.iterancestors("{*}p"), root)
        texts[paragraph] += " " if node.tag.endswith("tab") else node.text or ""
    return (line for text in texts.values() if (line := " ".join(text.split())) and not line.isdigit())


def _as_lines(found: list[Reading], reading: Reading | None) -> list[Any]:
    """The nodes that stand for a picture in mammoth's tree; what was read is added to `found`."""
    from mammoth import html

    if reading is None:
        return []
    found.append(reading)
    # The space keeps words apart where a table's row becomes one line.
    return [html.text(" "), *(html.element("div", {}, [html.text(line)]) for line in reading.text.splitlines())]


def _others(archive: zipfile.ZipFile, pictures: Pictures) -> list[Reading]:
    """What pictures say that are not in the text: of headers, footers and diagrams."""
    names = sorted(name for name in archive.namelist() if name.startswith("word/media/"))
    return [reading for name in names if (reading := pictures.read(1, partial(archive.open, name)))]
