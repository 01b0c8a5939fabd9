"""From a file's bytes to its text: one file per format, `PARSERS` names them by media type.

To add a format, write `parsing/<format>.py` with a `parse(data, settings) -> Parsed`, and add its row below.
Nothing here may be called on a document from outside except through `sandbox.Sandbox`: parsers of
hostile files crash, hang and grow.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath

from ray_app.errors import ParsingError
from ray_app.parsing import docx, email, html, image, markdown, pdf, text
from ray_app.parsing.detect import media_type_of
from ray_app.records import Parsed
from ray_app.settings import ParsingSettings

# Bump when any parser gives other text for the same bytes: it is part of the pipeline's version.
PARSING_VERSION = "2"

PARSERS: dict[str, Callable[[bytes, ParsingSettings], Parsed]] = {
    "application/pdf": pdf.parse,
    "text/html": html.parse,
    "application/xhtml+xml": html.parse,
    "text/markdown": markdown.parse,
    "text/plain": text.parse,
    "message/rfc822": email.parse,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": docx.parse,
}

# Formats that come in too many kinds to name each.
_FAMILIES = (("text/", text.parse), ("image/", image.parse))

# Control characters except tab and newline mean nothing in a text, and lone surrogates cannot be stored.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def parse(data: bytes, name: str, settings: ParsingSettings) -> Parsed:
    """The text of a file. `name` helps only where the bytes leave a choice between text formats.

    The title is never empty: it falls back to the file's name. Raises ParsingError.
    """
    media_type = media_type_of(data, name)
    parser = PARSERS.get(media_type) or next((read for kind, read in _FAMILIES if media_type.startswith(kind)), None)
    if parser is None:
        known = ", ".join(sorted(PARSERS))
        raise ParsingError("unsupported_format", f"{media_type} is not read yet (read are: {known}, images)")
    parsed = parser(data, settings)
    pages = tuple(replace(page, text=_clean(page.text)) for page in parsed.pages)
    title = " ".join(_clean(parsed.title).split()) or PurePosixPath(name).stem
    return replace(parsed, media_type=media_type, pages=pages, title=title)


def _clean(value: str) -> str:
    return _UNWANTED.sub("", value.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n"))
