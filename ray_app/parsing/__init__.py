"""From a file's bytes to its text: one file per format, `PARSERS` names them by media type.

To add a format, write `parsing/<format>.py` with a `parse(data, settings) -> Parsed`, and add its row below; its
library is imported within the function, since most processes never need it.
Nothing here may be called on a document from outside except through `sandbox.Sandbox`: parsers of
hostile files crash, hang and grow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from ray_app.errors import ParsingError
from ray_app.parsing import (
    archive,
    csv,
    docx,
    email,
    epub,
    html,
    image,
    json,
    legacy,
    markdown,
    media,
    msg,
    odf,
    pdf,
    pptx,
    rtf,
    spreadsheet,
    subtitles,
    text,
    xml,
)
from ray_app.parsing.detect import media_type_of, media_type_of_head
from ray_app.parsing.unlock import unlocked
from ray_app.records import Child, Parsed
from ray_app.settings import ParsingSettings

# Bump when any parser gives other text for the same bytes: it is part of the pipeline's version.
PARSING_VERSION = "4"

PARSERS: dict[str, Callable[[bytes, ParsingSettings], Parsed]] = {
    "application/pdf": pdf.parse,
    "text/html": html.parse,
    "application/xhtml+xml": html.parse,
    "text/markdown": markdown.parse,
    "text/plain": text.parse,
    "text/vtt": subtitles.parse,
    "text/csv": csv.parse,
    "text/tab-separated-values": csv.parse,
    media.EML: email.parse,
    media.MSG: msg.parse,
    media.DOCX: docx.parse,
    media.DOC: legacy.parse_doc,
    media.PPTX: pptx.parse,
    media.PPT: legacy.parse_ppt,
    media.XLSX: spreadsheet.parse,
    media.XLSB: spreadsheet.parse,
    media.XLS: spreadsheet.parse,
    media.ODS: spreadsheet.parse,
    media.ODT: odf.parse,
    media.ODP: odf.parse,
    media.RTF: rtf.parse,
    media.EPUB: epub.parse,
    media.JSON: json.parse,
    media.NOTEBOOK: json.parse,
    media.JSONL: json.parse_lines,
    media.XML: xml.parse,
    media.ZIP: archive.parse_zip,
    media.TAR: archive.parse_tar,
    media.GZIP: archive.parse_compressed,
    media.BZIP2: archive.parse_compressed,
    media.XZ: archive.parse_compressed,
}
# Formats that come in too many kinds to name each.
_FAMILIES = (("text/", text.parse), ("image/", image.parse))

# Control characters except tab and newline mean nothing in a text, and lone surrogates cannot be stored. With a soft
# hyphen or a character of no width within it a word is not found. `drawing` leaves out the same.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f\xad\u200b\u2060\ud800-\udfff\ufeff\ufffe\uffff]")


def parse(data: bytes, name: str, settings: ParsingSettings) -> Parsed:
    """The text of a file. `name` helps only where the bytes leave a choice between text formats.

    The title is never empty: it falls back to the file's name. Raises ParsingError.
    """
    media_type = media_type_of(data, name)
    opened = unlocked(data, media_type, settings)
    if opened is not data:
        media_type = media_type_of(opened, name)
    parsed = _run(_parser_of(media_type), opened, settings)
    pages = tuple(replace(page, text=_clean(page.text)) for page in parsed.pages)
    title = " ".join(_clean(parsed.title).split()) or PurePosixPath(name).stem
    children = tuple(_named_apart(parsed.children, PurePosixPath(name).stem))
    metadata = {_clean(key): _clean(value) for key, value in parsed.metadata.items()}
    return replace(parsed, media_type=media_type, pages=pages, title=title, metadata=metadata, children=children)


def check_readable(head: bytes, name: str) -> str:
    """The media type of a file by its first `detect.HEAD_BYTES`, as far as they tell; containers are not opened.

    Safe for any bytes in any process. Raises ParsingError where no parser is there for it.
    """
    media_type = media_type_of_head(head, name)
    if media_type != media.OLE:  # which of its kinds it is, only the whole file tells
        _parser_of(media_type)
    return media_type


def _parser_of(media_type: str) -> Callable[[bytes, ParsingSettings], Parsed]:
    family = next((parser for prefix, parser in _FAMILIES if media_type.startswith(prefix)), None)
    parser = PARSERS.get(media_type) or family
    if parser is None:
        known = ", ".join(sorted(PARSERS))
        raise ParsingError("unsupported_format", f"{media_type} is not read (read are: {known}, images)")
    return parser


def _run(parser: Callable[[bytes, ParsingSettings], Parsed], data: bytes, settings: ParsingSettings) -> Parsed:
    try:
        return parser(data, settings)
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # a Rust library's, which is no Exception, and nowhere importable
            raise ParsingError("damaged", f"its parser gave up: {error}") from error
        raise


def _clean(value: str) -> str:
    return _UNWANTED.sub("", value.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n"))


def _named_apart(children: Iterable[Child], nameless: str) -> Iterator[Child]:
    """The same children under harmless names, no two alike; `nameless` is for one without a name."""
    taken: set[str] = set()
    for child in children:
        wanted = PurePosixPath(harmless(child.name) or nameless)
        name, count = wanted, 1
        while str(name) in taken:
            count += 1
            name = wanted.with_name(f"{wanted.stem} ({count}){wanted.suffix}")
        taken.add(str(name))
        yield replace(child, name=str(name))


def harmless(name: str) -> str:
    """A relative path that stays where it is: without drive, root, `..` and control characters."""
    parts = (part.strip() for part in _clean(name).replace("\\", "/").replace("\n", " ").replace("\t", " ").split("/"))
    return "/".join(part for part in parts if part not in ("", ".", "..") and not part.endswith(":"))
