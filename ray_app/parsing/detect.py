"""What kind of file this is: by its content, and among text formats by its name as well."""

from __future__ import annotations

import mimetypes
import re

import puremagic

from ray_app.parsing.decode import is_text

_HTML = re.compile(rb"^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b", re.I | re.S)
_UNKNOWN = "application/octet-stream"

# Text formats that have a shape of their own: reading them as plain text would show their mark-up.
_NOT_PLAIN = {"message/rfc822", "application/rtf", "application/json", "application/xml", "text/xml"}

_BY_SUFFIX = mimetypes.MimeTypes()
_BY_SUFFIX.add_type("text/markdown", ".md")
_BY_SUFFIX.add_type("text/markdown", ".markdown")
_BY_SUFFIX.add_type("application/rtf", ".rtf")
_BY_SUFFIX.add_type("text/xml", ".xml")


def media_type_of(data: bytes, name: str) -> str:
    """The media type, `application/octet-stream` where nothing is known."""
    if b"%PDF-" in data[:1024]:  # readers accept a PDF header anywhere in the first kilobyte
        return "application/pdf"
    return _text_type(data, name) if is_text(data) else _binary_type(data)


def _text_type(data: bytes, name: str) -> str:
    if _HTML.match(data[:4096]):
        return "text/html"
    if data.startswith(b"{\\rtf"):
        return "application/rtf"
    guessed = _BY_SUFFIX.guess_type(name)[0] or "text/plain"
    return guessed if guessed.startswith("text/") or guessed in _NOT_PLAIN else "text/plain"


def _binary_type(data: bytes) -> str:
    try:
        found = puremagic.from_string(data[:65536], mime=True)
    except (puremagic.PureError, ValueError):
        return _UNKNOWN
    return found or _UNKNOWN
