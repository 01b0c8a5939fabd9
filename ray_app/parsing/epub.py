"""Books (epub): each document of the reading order is a page."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from urllib.parse import unquote

from lxml import etree

from ray_app.errors import ParsingError
from ray_app.parsing import html, media
from ray_app.parsing.properties import safe_xml_parser
from ray_app.parsing.zipped import BROKEN
from ray_app.records import Page, Parsed
from ray_app.settings import ParsingSettings

_ISO_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """The chapters in reading order, title, authors and date.

    Raises ParsingError: `password` where the chapters are encrypted, `damaged` where the book cannot be opened.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read(archive, settings)
    except (*BROKEN, etree.LxmlError) as error:
        raise ParsingError("damaged", f"cannot be opened as a book: {error}") from error


def _read(archive: zipfile.ZipFile, settings: ParsingSettings) -> Parsed:
    package_path = _xml(archive, "META-INF/container.xml").xpath("string(//*[local-name()='rootfile']/@full-path)")
    package = _xml(archive, package_path)
    chapters = _reading_order(package, posixpath.dirname(package_path))
    if chapters and set(chapters) <= _encrypted(archive):
        raise ParsingError("password", "the book is protected against copying (DRM)")
    pages = (Page(number, _text(archive, chapter, settings)) for number, chapter in enumerate(chapters, start=1))
    date = _ISO_DATE.match(_said(package, "date"))
    authors = "; ".join(_all_said(package, "creator"))
    return Parsed(
        media.EPUB,
        tuple(pages),
        title=_said(package, "title"),
        date=date[0] if date and date[1] and date[2] else None,
        metadata={"authors": authors} if authors else {},
    )


def _reading_order(package: etree._Element, folder: str) -> list[str]:
    """Paths within the archive of the documents that the spine names (EPUB 3.3, 5.7)."""
    hrefs = {item.get("id"): item.get("href", "") for item in package.iter("{*}item")}
    names = [hrefs.get(entry.get("idref"), "") for entry in package.iter("{*}itemref")]
    return [posixpath.normpath(posixpath.join(folder, unquote(name))) for name in names if name]


def _encrypted(archive: zipfile.ZipFile) -> set[str]:
    if "META-INF/encryption.xml" not in archive.namelist():
        return set()
    root = _xml(archive, "META-INF/encryption.xml")
    return {unquote(node.get("URI", "")) for node in root.iter("{*}CipherReference")}


def _text(archive: zipfile.ZipFile, path: str, settings: ParsingSettings) -> str:
    if path.endswith((".svg", ".png", ".jpg", ".jpeg", ".gif")):  # a page that is a picture
        return ""
    return html.parse(archive.read(path), settings).pages[0].text


def _xml(archive: zipfile.ZipFile, path: str) -> etree._Element:
    root = etree.fromstring(archive.read(path), safe_xml_parser())
    if root is None:
        raise ValueError(f"{path} is empty")
    return root


def _said(package: etree._Element, name: str) -> str:
    return next(iter(_all_said(package, name)), "")


def _all_said(package: etree._Element, name: str) -> list[str]:
    nodes = package.iter(f"{{http://purl.org/dc/elements/1.1/}}{name}")
    return [text for node in nodes if (text := " ".join("".join(node.itertext()).split()))]
