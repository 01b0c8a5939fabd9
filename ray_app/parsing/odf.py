"""OpenDocument texts and presentations (odt, odp): their XML becomes HTML, and is read like a page."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from functools import partial

from lxml import etree

from ray_app.errors import ParsingError
from ray_app.parsing import media
from ray_app.parsing.html import tree_text
from ray_app.parsing.pictures import Pictures, recognised
from ray_app.parsing.properties import safe_xml_parser, zipped_properties
from ray_app.parsing.tables import rows_as_lines
from ray_app.parsing.zipped import BROKEN
from ray_app.records import Page, Parsed
from ray_app.settings import ParsingSettings

# OpenDocument 1.3, parts 5 (text), 9 (tables) and 10 (drawings), to the HTML that means the same.
_TAGS = {
    "p": "p",
    "h": "h2",
    "list": "ul",
    "list-item": "li",
    "list-header": "li",
    "table": "table",
    "table-row": "tr",
    "table-cell": "td",
    "covered-table-cell": "td",
    "line-break": "br",
    "title": "p",
    "desc": "p",
    "frame": "div",
    "text-box": "div",
    "annotation": "div",
    "note-body": "div",
    "notes": "div",
}
# Not text of people: where deleted passages are kept, how things look, fields' declarations.
_LEFT_OUT = (
    *("{*}tracked-changes", "{*}forms", "{*}sequence-decls", "{http://purl.org/dc/elements/1.1/}*"),
    *(f"{{*}}{index}-source" for index in ("table-of-content", "illustration-index", "table-index", "object-index")),
    *(f"{{*}}{index}-source" for index in ("user-index", "alphabetical-index", "bibliography")),
)
_HREF = "{http://www.w3.org/1999/xlink}href"


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """A text is one page, between what its pages have above and below; each slide, with its notes, is one.

    Pictures' words stand in their places.

    Raises ParsingError: `password`, or `damaged` where the file is no OpenDocument inside.
    """
    media_type, root = _open(data)
    slides = list(root.iter("{*}page")) if media_type == media.ODP else [root]
    said = zipped_properties(data, "meta.xml")
    title = said.title or _first_title(slides)
    pictures = Pictures(settings.ocr)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        pages = tuple(_page(number, slide, archive, pictures) for number, slide in enumerate(slides, start=1))
        if media_type == media.ODT:
            above, below = (_repeated(archive, kind) for kind in ("header", "footer"))
            pages = tuple(_between(above, page, below) for page in pages)
    return Parsed(media_type, pages, title=title, date=said.date, metadata=pictures.notes())


def _page(number: int, part: etree._Element, archive: zipfile.ZipFile, pictures: Pictures) -> Page:
    names = ((node, node.get(_HREF, "").removeprefix("./")) for node in part.iter("{*}image"))
    read = [(node, found) for node, name in names if (found := pictures.read(number, partial(archive.open, name)))]
    tree = _as_html(part)
    for node, found in read:
        for line in found.text.splitlines():
            etree.SubElement(node, "div").text = line
    page = Page(number, tree_text(rows_as_lines(tree)))
    return recognised(page, [found for _, found in read]) if read else page


def _repeated(archive: zipfile.ZipFile, kind: str) -> str:
    """What stands above or below the text of each page, each line once; page numbers are left out."""
    try:
        root = etree.fromstring(archive.read("styles.xml"), safe_xml_parser())
    except BROKEN:  # the text does not depend on it
        return ""
    masters = root.iterfind("{*}master-styles/{*}master-page/*") if root is not None else ()
    parts = [part for part in masters if etree.QName(part).localname.startswith(kind)]
    lines = (" ".join(line.split()) for part in parts for line in tree_text(_as_html(part)).splitlines())
    return "\n".join(dict.fromkeys(line for line in lines if line and not line.isdigit()))


def _between(above: str, page: Page, below: str) -> Page:
    return replace(page, text="\n\n".join(filter(None, (above, page.text, below))))


def _first_title(slides: list[etree._Element]) -> str:
    """The first paragraph in the style of a title, or heading."""
    if not slides:
        return ""
    path = ".//*[@*[local-name()='style-name']='Title' or @*[local-name()='class']='title' or local-name()='h']"
    found = (" ".join("".join(node.itertext()).split()) for node in slides[0].xpath(path))
    return next(filter(None, found), "")


def _open(data: bytes) -> tuple[str, etree._Element]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if b"encryption-data" in archive.read("META-INF/manifest.xml"):
                raise ParsingError("password", "the file is protected by a password")
            media_type = archive.read("mimetype").decode("ascii", "replace").strip().removesuffix("-template")
            content = archive.read("content.xml")
    except BROKEN as error:
        raise ParsingError("damaged", f"cannot be opened as an OpenDocument file: {error}") from error
    root = etree.fromstring(content, safe_xml_parser())
    body = root.find("{*}body") if root is not None else None
    if body is None:
        raise ParsingError("damaged", "its content.xml has no body")
    etree.strip_elements(body, *_LEFT_OUT, with_tail=False)
    return media_type, body


def _as_html(part: etree._Element) -> etree._Element:
    """The same tree with HTML's names: inscriptis lays out whatever has them."""
    for node in list(part.iter("{*}*")):
        name = etree.QName(node).localname
        if name in ("s", "tab"):
            node.text = " "
        begins_item = name == "p" and node.getprevious() is None and node.getparent().tag == "li"
        node.tag = "span" if begins_item else _TAGS.get(name, "span")
    return part
