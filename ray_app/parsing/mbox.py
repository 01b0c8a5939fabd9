"""A mailbox in one file (mbox, RFC 4155): where one message ends and the next begins."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ray_app.errors import ParsingError
from ray_app.settings import ParsingSettings

# A line `From ...` after an empty one begins a message where headers of mail follow: without them it is a sentence.
_HEADER = rb"(?:[!-9;-~]+:[^\n]*\n|[ \t][^\n]*\n)"
_HEADERS = re.compile(_HEADER + rb"*?(?:from|date|subject|received|message-id|return-path):", re.I)
_EMPTY_LINE = (b"\n\n", b"\n\r\n")


def messages(data: bytes, settings: ParsingSettings) -> list[bytes]:
    """Each message without the line that begins it; none where the data are no mailbox of several.

    Raises ParsingError(archive_bomb) where they are more than an archive may hold.
    """
    if not data.startswith(b"From "):
        return []
    starts: list[tuple[int, int]] = []
    for start in _starts(data):
        starts.append(start)
        if len(starts) > settings.archive_members:
            limit = f"{settings.archive_members} messages (setting parsing.archive_members)"
            raise ParsingError("archive_bomb", f"the mailbox holds more than {limit}")
    if len(starts) < 2 or starts[0][0]:
        return []
    ends = [line for line, _ in starts[1:]] + [len(data)]
    return [data[begin:end] for (_, begin), end in zip(starts, ends, strict=True)]


def _starts(data: bytes) -> Iterator[tuple[int, int]]:
    """Where each line that begins a message stands, and where its message does."""
    line = 0
    while True:
        begin = data.find(b"\n", line) + 1
        if begin and (not line or data[max(0, line - 3) : line].endswith(_EMPTY_LINE)) and _HEADERS.match(data, begin):
            yield line, begin
        line = data.find(b"\nFrom ", line) + 1
        if not line:
            return
