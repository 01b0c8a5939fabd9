"""Bytes to text in whatever encoding they are."""

from __future__ import annotations

import codecs
import re

import chardet

_UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Bytes that occur in no text of a one-byte encoding or of UTF-8 (tab to carriage return and escape do).
# The end of a file under DOS is a control byte (26).
_BINARY = bytes(set(range(32)) - {7, 8, 9, 10, 11, 12, 13, 26, 27})
# Damaged text has some; in a binary file every twentieth byte is one.
_MOST_BINARY = 1 / 500
_SAMPLE = 1 << 16
# A line or two of plain ASCII tell the language; many make the letters behind them look like chance.
_BEFORE = 256
# chardet's words for texts that are cp1252 as well, or for none.
_LESS_THAN_CP1252 = ("", "ascii", "iso-8859-1")
_ASCII = bytes(range(128))
_NOT_LETTERS = bytes(byte for byte in range(256) if not chr(byte).isascii() or not chr(byte).isalpha())
# How Python marks a byte that fits no UTF-8 (error handler `surrogateescape`).
_STRAY = re.compile("[\udc80-\udcff]")
# Of the bytes beyond ASCII: in texts of other encodings one in ten fits UTF-8 by chance.
_MOST_STRAY = 1 / 4
# Bytes beyond ASCII that chardet needs: of French and Danish sentences with fewer it takes some for Cyrillic or Greek.
_ENOUGH, _ENOUGH_AMONG_LETTERS = 4, 16


def decode(data: bytes) -> str:
    """The text: by byte-order mark, as UTF-8 where nearly all of it is that, else as chardet finds likeliest.

    Never fails: stray bytes in UTF-8 are read as cp1252, and what fits nothing becomes U+FFFD.
    """
    if data.startswith(_UTF16_BOMS):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        first = error.start
    marked = data.decode("utf-8-sig", "surrogateescape")
    beyond_ascii = len(data.translate(None, _ASCII))
    if data.startswith(codecs.BOM_UTF8) or len(_STRAY.findall(marked)) <= beyond_ascii * _MOST_STRAY:
        return _STRAY.sub(_as_cp1252, marked)
    return data.decode(_encoding(data, first, beyond_ascii), "replace")


def is_text(data: bytes) -> bool:
    """Whether the file is text: hardly any control bytes, or UTF-16 by its mark or by its statistics."""
    sample = data[:_SAMPLE]
    binary = len(sample) - len(sample.translate(None, _BINARY))
    if sample.startswith((codecs.BOM_UTF8, *_UTF16_BOMS)) or binary <= len(sample) * _MOST_BINARY:
        return True
    return _detected(sample).startswith("utf-16")


def _encoding(data: bytes, first: int, beyond_ascii: int) -> str:
    """`first` is where UTF-8 ends: the letters that tell the encoding may stand far behind a sample's end."""
    among_letters = beyond_ascii < len(data.translate(None, _NOT_LETTERS))  # in Cyrillic or Greek they are the most
    few = beyond_ascii < (_ENOUGH_AMONG_LETTERS if among_letters else _ENOUGH)
    if few and b"\0" not in data:
        return "cp1252"
    start = max(0, first - _BEFORE) // 4 * 4  # characters of UTF-16 and UTF-32 are not cut
    found = _detected(data[start : start + _SAMPLE])
    return "cp1252" if found in _LESS_THAN_CP1252 else found


def _detected(sample: bytes) -> str:
    return (chardet.detect(sample)["encoding"] or "").lower()


def _as_cp1252(stray: re.Match[str]) -> str:
    return stray[0].encode("ascii", "surrogateescape").decode("cp1252", "replace")
