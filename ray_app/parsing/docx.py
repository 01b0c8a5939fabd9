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

# The parts that mammoth reads, and what stands in a line of headers and footers.
_BODY_PART = re.compile(r"word/(document\d*|footnotes|endnotes|comments)\.xml")
_IN_LINE = {"t": "", "tab": " ", "br": "\n", "cr": "\n"}


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
                _readable(data, archive),
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


def _readable(data: bytes, archive: zipfile.ZipFile) -> io.BytesIO:
    """The file for mammoth, with what that passes over, equations and simple fields, as runs of text.

    Changed parts are added behind those of the same name: the last one counts.
    """
    changed = {
        name: part for name in archive.namelist() if _BODY_PART.fullmatch(name) and (part := _runs(archive, name))
    }
    stream = io.BytesIO(data)
    if changed:
        with zipfile.ZipFile(stream, "a") as longer:
            for name, part in changed.items():
                del longer.NameToInfo[name]  # it would warn of the second one
                longer.writestr(name, part)
        stream.seek(0)
    return stream


def _runs(archive: zipfile.ZipFile, name: str) -> bytes | None:
    """The part in a form that mammoth reads, None where it is that already."""
    part = archive.read(name)
    root = etree.fromstring(part, safe_xml_parser()) if b"oMath" in part or b"fldSimple" in part else None
    if root is None:
        return None
    etree.strip_tags(root, "{*}fldSimple", "{*}oMathPara")
    namespace = etree.QName(root).namespace
    for equation in list(root.iter("{*}oMath")):
        nodes = equation.iter("{*}t", "{*}den")
        run = etree.Element(f"{{{namespace}}}r")
        run.tail = equation.tail
        etree.SubElement(run, f"{{{namespace}}}t").text = "".join(
            "/" if node.tag.endswith("}den") else node.text or "" for node in nodes
        )
        equation.getparent().replace(equation, run)
    return bytes(etree.tostring(root))


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
    for node in root.iter(*(f"{{*}}{name}" for name in _IN_LINE)):
        paragraph = next(node.iterancestors("{*}p"), root)
        texts[paragraph] += _IN_LINE[etree.QName(node).localname] or node.text or ""
    lines = (" ".join(line.split()) for text in texts.values() for line in text.split("\n"))
    return (line for line in lines if line and not line.isdigit())


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
