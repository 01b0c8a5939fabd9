"""Which pictures lie on which sheet of a workbook (xlsx, ods): calamine does not say."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator

from lxml import etree

from ray_app.parsing import media
from ray_app.parsing.properties import safe_xml_parser
from ray_app.parsing.zipped import BROKEN

_HREF = "{http://www.w3.org/1999/xlink}href"


def pictures_by_sheet(archive: zipfile.ZipFile, media_type: str) -> dict[str, list[str]]:
    """Names of the archive's members by name of the sheet; none where the archive does not say."""
    find = {media.XLSX: _of_xlsx, media.ODS: _of_ods}.get(media_type)
    try:
        return dict(find(archive)) if find else {}
    except (*BROKEN, RuntimeError, etree.LxmlError):  # the text is read already: it does not depend on this
        return {}


def _of_xlsx(archive: zipfile.ZipFile) -> Iterator[tuple[str, list[str]]]:
    if not any(name.startswith("xl/media/") for name in archive.namelist()):
        return
    for sheet, part in sheet_parts(archive):
        drawings = related(archive, part, "/drawing").values()
        yield sheet, [name for drawing in drawings for name in _embedded(archive, drawing)]


def _of_ods(archive: zipfile.ZipFile) -> Iterator[tuple[str, list[str]]]:
    if not any(name.startswith("Pictures/") for name in archive.namelist()):
        return
    for table in read_xml(archive, "content.xml").iterfind("{*}body/{*}spreadsheet/{*}table"):
        name = next((value for key, value in table.items() if key.endswith("}name")), "")
        yield name, [node.get(_HREF, "").removeprefix("./") for node in table.iter("{*}image")]


def _embedded(archive: zipfile.ZipFile, drawing: str) -> list[str]:
    """The pictures in the order in which they were drawn."""
    pictures = related(archive, drawing, "/image")
    used = (value for node in read_xml(archive, drawing).iter("{*}blip") for value in node.values())
    return [pictures[key] for key in used if key in pictures]


def sheet_parts(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Each sheet's name, and the part that holds it. Raises what a damaged archive makes zipfile and lxml raise."""
    book = "xl/workbook.xml"
    sheets = related(archive, book, "/worksheet")
    for node in read_xml(archive, book).iterfind("{*}sheets/{*}sheet"):
        ids = (value for key, value in node.items() if key.endswith("}id"))
        yield from ((node.get("name", ""), sheets[key]) for key in ids if key in sheets)


def related(archive: zipfile.ZipFile, part: str, kind: str) -> dict[str, str]:
    """Parts by the id under which this one speaks of them (ECMA-376 part 2, 9.3)."""
    folder, name = posixpath.split(part)
    path = f"{folder}/_rels/{name}.rels"
    if path not in archive.NameToInfo:
        return {}
    return {
        node.get("Id", ""): posixpath.normpath(posixpath.join("/", folder, node.get("Target", ""))).lstrip("/")
        for node in read_xml(archive, path).iter("{*}Relationship")
        if node.get("Type", "").endswith(kind) and node.get("TargetMode") != "External"
    }


def read_xml(archive: zipfile.ZipFile, part: str) -> etree._Element:
    """The part's root. Raises ValueError where it is empty, and as above."""
    root = etree.fromstring(archive.read(part), safe_xml_parser())
    if root is None:
        raise ValueError(f"{part} is empty")
    return root
