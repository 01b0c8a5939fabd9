"""Rich text (rtf) by striprtf."""

from __future__ import annotations

import re

from ray_app.errors import ParsingError
from ray_app.parsing import media
from ray_app.parsing.properties import real_title
from ray_app.records import Page, Parsed
from ray_app.settings import ParsingSettings

_TITLE = re.compile(r"\{\\title\s+([^{}]*)\}")
_HEAD = re.compile(r"\\ansicpg\d+")
_REVISED = re.compile(r"\\(?:revtim|creatim)\\yr(\d+)\\mo(\d+)\\dy(\d+)")
_INFO_CHARS = 1 << 20


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """One page; cells of a table are separated by bars.

    Raises ParsingError(damaged) where the mark-up makes no sense.
    """
    source = data.decode("cp1252", "replace")  # seven bits by definition; eight-bit text is what old programs wrote
    text = rtf_text(source)
    head = source[:_INFO_CHARS]
    title, date = _TITLE.search(head), _REVISED.search(head)
    codepage = _HEAD.search(head)
    return Parsed(
        media.RTF,
        (Page(1, text),),
        title=real_title(rtf_text(f"{{\\rtf1{codepage[0] if codepage else ''} {title[1]}}}")) if title else "",
        date="{}-{:0>2}-{:0>2}".format(*date.groups()) if date else None,
    )


def rtf_text(source: str) -> str:
    """The text of RTF source. Raises ParsingError(damaged)."""
    from striprtf.striprtf import rtf_to_text

    try:
        return str(rtf_to_text(source, errors="replace"))  # type: ignore[no-untyped-call]
    except (ValueError, LookupError, TypeError) as error:
        raise ParsingError("damaged", f"cannot be read as rich text: {error}") from error
