"""Plain text."""

from __future__ import annotations

from ray_app.parsing.decode import decode
from ray_app.records import Page, Parsed
from ray_app.settings import ParsingSettings


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """One page with the whole text, in whatever encoding it is."""
    return Parsed("text/plain", (Page(1, decode(data)),))
