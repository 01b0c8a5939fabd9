"""Word and PowerPoint files of before 2007 (doc, ppt) by kreuzberg."""

from __future__ import annotations

import re

from ray_app.errors import ParsingError
from ray_app.parsing import media
from ray_app.parsing.properties import ole_properties
from ray_app.parsing.tables import row_text
from ray_app.records import Page, Parsed
from ray_app.settings import ParsingSettings

# Instructions of Word's fields (links, page references, captions), which stand before what they show.
_FIELD = re.compile(
    r'\b(?:HYPERLINK(?: +\\[a-z])? *"[^"]*"(?: +\\[a-z](?: "[^"]*")?)*'
    r"|(?:PAGEREF|REF) +_\w+(?: +\\[a-z])*|SEQ +\S+ +\\\* +ARABIC|TOC(?: +\\[a-z](?: \"[^\"]*\")?)+) *"
)
# What PowerPoint writes into every new master.
_PLACEHOLDERS = re.compile(r"^(Click to edit Master .*|(Second|Third|Fourth|Fifth) level)$\n*", re.M)


def parse_doc(data: bytes, settings: ParsingSettings) -> Parsed:
    """One page; rows of tables are lines. Raises ParsingError(damaged)."""
    lines = (_table_rows(line) for line in _FIELD.sub("", _text(data, media.DOC)).split("\n"))
    return _parsed(data, media.DOC, "\n".join(lines))


def parse_ppt(data: bytes, settings: ParsingSettings) -> Parsed:
    """One page: the text of all slides, then the notes. Raises ParsingError(damaged)."""
    text = _PLACEHOLDERS.sub("", _text(data, media.PPT))
    return _parsed(data, media.PPT, re.sub(r"\n{2,}", "\n", text))


def _parsed(data: bytes, media_type: str, text: str) -> Parsed:
    said = ole_properties(data)
    return Parsed(media_type, (Page(1, text),), title=said.title, date=said.date)


def _text(data: bytes, media_type: str) -> str:
    from kreuzberg import ConcurrencyConfig, ExtractionConfig, KreuzbergError, extract_bytes_sync

    config = ExtractionConfig(use_cache=False, concurrency=ConcurrencyConfig(max_threads=1))
    try:
        return extract_bytes_sync(data, media_type, config=config).content
    except (KreuzbergError, ValueError, OSError, RuntimeError) as error:
        raise ParsingError("damaged", f"cannot be opened: {error}") from error


def _table_rows(line: str) -> str:
    """A cell ends with a tab here, a row with one more."""
    if "\t\t" not in line:
        return line
    return "\n".join(text for row in line.strip("\t").split("\t\t") if (text := row_text(row.split("\t"))))
