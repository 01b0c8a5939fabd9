"""Bytes to text in whatever encoding they are."""

from __future__ import annotations

import codecs

import chardet

_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Bytes that occur in no text of a one-byte encoding or of UTF-8 (tab to carriage return and escape do).
# The end of a file under DOS is a control byte (26).
_BINARY = bytes(set(range(32)) - {7, 8, 9, 10, 11, 12, 13, 26, 27})
# Damaged text has some; in a binary file every twentieth byte is one.
_MOST_BINARY = 1 / 500
_SAMPLE = 1 << 16


def decode(data: bytes) -> str:
    """The text: by byte-order mark, as UTF-8 where it is that, else as chardet finds likeliest.

    Never fails: bytes that fit nothing become U+FFFD.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode(_encoding(data) or "cp1252", "replace")


def is_text(data: bytes) -> bool:
    """Whether the file is text: hardly any control bytes, or UTF-16 by its mark or by its statistics."""
    sample = data[:_SAMPLE]
    binary = len(sample) - len(sample.translate(None, _BINARY))
    if sample.startswith(_BOMS) or binary <= len(sample) * _MOST_BINARY:
        return True
    return (_encoding(sample) or "").startswith("utf-16")


def _encoding(data: bytes) -> str | None:
    if data.startswith(_BOMS):
        return "utf-16"  # a UTF-8 mark before bytes that are not UTF-8 is no mark
    return (chardet.detect(data[:_SAMPLE])["encoding"] or "").lower() or None
