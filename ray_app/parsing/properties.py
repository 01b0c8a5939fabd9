"""What office files say of themselves: title and date."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from ray_app.parsing.zipped import BROKEN

# What programs put into the title when nobody gave one.
_NO_TITLE = re.compile(
    r"^(untitled|\((untitled|anonymous|unspecified)\)|microsoft (word|powerpoint|excel) - .*"
    r"|powerpoint[ -](presentation|præsentation|präsentation)"
    r"|.*\.(docx?|pptx?|xlsx?|pdf|od[tps]|indd))$",
    re.I,
)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?)?")


@dataclass(frozen=True, slots=True)
class Properties:
    """A title, "" where there is none worth the name, and a date in ISO 8601."""

    title: str = ""
    date: str | None = None


def real_title(title: str) -> str:
    """The title, "" where a program made it up."""
    return "" if _NO_TITLE.match(title.strip()) else title.strip()


def iso(when: datetime | None) -> str | None:
    """ISO 8601 in UTC; a time without zone counts as UTC."""
    if when is None:
        return None
    aware = when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    return f"{aware.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def safe_xml_parser() -> etree.XMLParser:
    """A parser that expands no entities, loads nothing, and reads on after errors."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        recover=True,
        remove_comments=True,
        remove_pis=True,  # as comments, these would split the text that they stand in
    )


def zipped_properties(data: bytes, part: str) -> Properties:
    """Title and date from a part of a zipped office file: docProps/core.xml (OOXML) or meta.xml (ODF)."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            root = etree.fromstring(archive.read(part), safe_xml_parser())
    except (*BROKEN, etree.LxmlError):
        return Properties()
    if root is None:
        return Properties()
    found = {etree.QName(node).localname: (node.text or "").strip() for node in root.iter("{*}*")}
    return Properties(real_title(found.get("title", "")), _first_date(found, "modified", "created", "date"))


def ole_properties(data: bytes) -> Properties:
    """Title and date from the summary of an OLE file (doc, ppt, xls)."""
    import olefile

    try:
        with olefile.OleFileIO(data) as container:
            summary = container.get_metadata()
    except Exception:  # olefile raises what it meets in a damaged summary: the text does not depend on it
        return Properties()
    title = _decoded(summary.title, summary.codepage)
    dates = (summary.last_saved_time, summary.create_time)
    when = next((date for date in dates if isinstance(date, datetime) and date.year > 1980), None)
    return Properties(real_title(title), iso(when))


def _first_date(found: dict[str, str], *names: str) -> str | None:
    dates = (_ISO_DATE.match(found.get(name, "")) for name in names)
    return next((date[0] + ("Z" if "T" in date[0] else "") for date in dates if date), None)


def _decoded(title: object, codepage: int | None) -> str:
    if not isinstance(title, bytes):
        return str(title or "")
    try:
        return title.decode("utf-8")  # many programs write it whatever code page they declare
    except UnicodeDecodeError:
        pass
    try:
        return title.decode(f"cp{(codepage or 1252) & 0xFFFF}", "replace")
    except LookupError:
        return title.decode("cp1252", "replace")
