"""How the tests of formats read."""

from __future__ import annotations

import io

from ray_app import parsing
from ray_app.errors import ParsingError
from ray_app.records import Parsed
from ray_app.settings import ParsingSettings


def parse(data: bytes, name: str, **settings: object) -> Parsed:
    return parsing.parse(data, name, ParsingSettings.model_validate({"ocr": {"engine": "off"}, **settings}))


def text(parsed: Parsed) -> str:
    return "\n".join(page.text for page in parsed.pages)


def lines(parsed: Parsed) -> list[str]:
    return [line.strip() for line in text(parsed).splitlines() if line.strip()]


def reason(data: bytes, name: str, **settings: object) -> str:
    """Why it cannot be read; "" where it can."""
    try:
        parse(data, name, **settings)
    except ParsingError as error:
        return error.reason
    return ""


def saved(document: object) -> bytes:
    """What a library's document writes into a file."""
    stream = io.BytesIO()
    document.save(stream)  # type: ignore[attr-defined]
    return stream.getvalue()
