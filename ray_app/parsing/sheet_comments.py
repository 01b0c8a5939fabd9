"""What people noted at the cells of a workbook (xlsx): calamine does not say."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator

from lxml import etree

from ray_app.parsing.sheet_pictures import read_xml, related, sheet_parts
from ray_app.parsing.zipped import BROKEN


def comments_by_sheet(archive: zipfile.ZipFile) -> dict[str, list[str]]:
    """A line for each comment, with the name of its cell, by name of the sheet; none where the archive does not say."""
    if not any("omments" in name for name in archive.namelist()):
        return {}
    try:
        return {name: list(_lines(archive, part)) for name, part in sheet_parts(archive)}
    except (*BROKEN, RuntimeError, etree.LxmlError):  # the text is read already: it does not depend on this
        return {}


def _lines(archive: zipfile.ZipFile, sheet: str) -> Iterator[str]:
    """Conversations (MS-XLSX 2.1.17) are kept a second time as notes, for older programs."""
    said = list(_said(archive, sheet, "/threadedComment"))
    talked_about = {cell for cell, _ in said}
    said += (note for note in _said(archive, sheet, "/comments") if note[0] not in talked_about)
    return (f"{cell}: {text}" for cell, text in said if text)


def _said(archive: zipfile.ZipFile, sheet: str, kind: str) -> Iterator[tuple[str, str]]:
    for part in related(archive, sheet, kind).values():
        for node in read_xml(archive, part).iter("{*}comment", "{*}threadedComment"):
            texts = (text.text or "" for text in node.iter("{*}t", "{*}text"))
            yield node.get("ref", ""), " ".join("".join(texts).split())
