"""Rich text (rtf) by striprtf."""

from __future__ import annotations

import re
from operator import itemgetter

from ray_app.errors import ParsingError
from ray_app.parsing import media
from ray_app.parsing.properties import real_title
from ray_app.records import Page, Parsed
from ray_app.settings import ParsingSettings

_TITLE = re.compile(r"\{\\title\s+([^{}]*)\}")
_HEAD = re.compile(r"\\ansicpg\d+")
_DATES = tuple(re.compile(rf"\\{word}\\yr(\d+)\\mo(\d+)\\dy(\d+)") for word in ("revtim", "creatim"))
# What striprtf passes over and people see: above and below the text, at its feet, beside it (a text box comes a second
# time, for older programs).
_ASIDE = re.compile(r"\{\s*(?:\\\*\s*)?\\(header|footer|footnote|annotation|shptxt|dptxbxtext)[flr]?(?![a-z])")
_PARAGRAPH = "\\par "
_BRACE = re.compile(r"\\.|[{}]", re.S)
# A note in a text box in a header; each level is read once more, which a hostile file would make endless.
_DEEPEST = 3
_INFO_CHARS = 1 << 20


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """One page: headers, text, notes and boxes, footers; cells of a table are separated by bars.

    Raises ParsingError(damaged) where the mark-up makes no sense.
    """
    source = data.decode("cp1252", "replace")  # seven bits by definition; eight-bit text is what old programs wrote
    head = source[:_INFO_CHARS]
    title, codepage = _TITLE.search(head), _HEAD.search(head)
    date = next(filter(None, (pattern.search(head) for pattern in _DATES)), None)
    above, beside, below = _asides(source, codepage[0] if codepage else "")
    text = "\n\n".join(filter(None, (above, rtf_text(source), beside, below)))
    return Parsed(
        media.RTF,
        (Page(1, text),),
        title=real_title(rtf_text(f"{{\\rtf1{codepage[0] if codepage else ''} {title[1]}}}")) if title else "",
        date="{}-{:0>2}-{:0>2}".format(*date.groups()) if date else None,
    )


def _asides(source: str, codepage: str) -> tuple[str, str, str]:
    """What stands above the text, beside it and below it, each line once."""
    from striprtf.striprtf import font_table_group

    bodies: dict[str, list[str]] = {"header": [], "": [], "footer": []}
    for kind, begin, end in _groups(source):
        bodies[kind if kind in bodies else ""].append(f"{{{source[begin:end]}}}")
    start = f"\\rtf1{codepage}{font_table_group(source)}" if any(bodies.values()) else ""  # type: ignore[no-untyped-call]
    texts = (rtf_text(f"{{{start} {_PARAGRAPH.join(found)}}}") if found else "" for found in bodies.values())
    above, beside, below = ("\n".join(dict.fromkeys(filter(None, map(str.strip, text.split("\n"))))) for text in texts)
    return above, beside, below


def _groups(source: str) -> list[tuple[str, int, int]]:
    """Kind, beginning and end of each aside, in the order in which they begin."""
    begun = {match.start(): match for match in _ASIDE.finditer(source)}
    found: list[tuple[str, int, int]] = []
    open_braces: list[int] = []
    depth = 0
    for brace in _BRACE.finditer(source) if begun else ():
        if brace[0] == "{":
            open_braces.append(brace.start())
            depth += brace.start() in begun
        elif brace[0] == "}" and open_braces and (match := begun.get(open_braces.pop())):
            if depth <= _DEEPEST:
                found.append((match[1], match.end(), brace.start()))
            depth -= 1
    return sorted(found, key=itemgetter(1))


def rtf_text(source: str) -> str:
    """The text of RTF source. Raises ParsingError(damaged)."""
    from striprtf.striprtf import rtf_to_text

    try:
        return str(rtf_to_text(source, errors="replace"))  # type: ignore[no-untyped-call]
    except (ValueError, LookupError, TypeError) as error:
        raise ParsingError("damaged", f"cannot be read as rich text: {error}") from error
