"""The dates of documents, read here as the engines read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

# Of ISO 8601 the engines know these forms; Python knows more.
_KNOWN = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?(Z|[+-]\d\d(:?\d\d)?)?)?)?", re.ASCII)


def instant(text: str) -> datetime | None:
    """The time that a date says, in UTC where it names no zone; None where an engine cannot read it either."""
    if not _KNOWN.fullmatch(text):
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def in_utc(text: str) -> str | None:
    """A date or time that a document gives of itself as the index keeps them; one without a zone counts as UTC.

    None where there is no such time. An engine keeps what it cannot read, and leaves it out wherever it orders by date.
    """
    try:
        read = datetime.fromisoformat(text)
        time = (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")
