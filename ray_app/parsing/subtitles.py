"""Subtitles (WebVTT): what is said, without times and mark-up."""

from __future__ import annotations

import html
import re

from ray_app.parsing.decode import decode
from ray_app.records import Page, Parsed
from ray_app.settings import ParsingSettings

_VOICE = re.compile(r"<v[^\s>]*\s+([^>]+)>")
_TAG = re.compile(r"<[^>]*>")


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """One page, a line of it a line of subtitles, with the speaker where one is named.

    What has no times is given as it stands. A line that only stays on the screen until the next one is there once.
    """
    source = decode(data).replace("\r\n", "\n").replace("\r", "\n")
    lines: list[str] = []
    for block in source.split("\n\n"):
        _, timed, said = block.partition("-->")
        for line in said.split("\n")[1:] if timed else ():
            text = html.unescape(_TAG.sub("", _VOICE.sub(r"\1: ", line))).strip()
            if text and text not in lines[-1:]:
                lines.append(text)
    return Parsed("text/vtt", (Page(1, "\n".join(lines) if "-->" in source else source),))
