"""Which part of a file a request asks for (RFC 9110, sections 13 and 14): one range; several are the whole."""

from __future__ import annotations

import re

from ray_app.errors import RefusedError

_TAG = re.compile(r'(?:W/)?("[^"]*")|\*')
_ONE_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def has_already(header: str | None, etag: str) -> bool:
    """Whether the reader's If-None-Match names this version."""
    return any(match.group(1) in (etag, None) for match in _TAG.finditer(header or ""))


def wanted_range(header: str | None, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last; None where the whole is to be sent.

    Raises RefusedError (`range-not-satisfiable`) where no byte of the file is in it.
    """
    match = _ONE_RANGE.fullmatch((header or "").strip())
    if not match or match.groups() == ("", ""):
        return None  # what cannot be read is to be ignored
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < int(first):
            return None
    if start >= size or start >= end:
        raise RefusedError("range-not-satisfiable", f"the file has {size} bytes: {header} has none of them")
    return start, end
