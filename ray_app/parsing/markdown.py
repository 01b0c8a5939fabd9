"""Markdown (CommonMark with tables and front matter), read as the page that it describes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise

import yaml
from markdown_it import MarkdownIt
from mdit_py_plugins.front_matter import front_matter_plugin

from ray_app.parsing.decode import decode
from ray_app.parsing.html import parse_markup
from ray_app.records import Parsed
from ray_app.settings import ParsingSettings

_MARKDOWN = MarkdownIt("commonmark").enable("table").use(front_matter_plugin)


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """One page; title and date from the front matter, else the title from the first heading."""
    source = decode(data)
    tokens = _MARKDOWN.parse(source)
    header = _front_matter(tokens[0].content) if tokens and tokens[0].type == "front_matter" else {}
    heading = next(
        (after.content for token, after in pairwise(tokens) if token.type == "heading_open"),
        "",
    )
    parsed = parse_markup(_MARKDOWN.render(source))
    when = header.get("date")
    return replace(
        parsed,
        title=str(header.get("title") or heading),
        date=when.isoformat() if isinstance(when, date | datetime) else None,
    )


def _front_matter(text: str) -> dict[str, object]:
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError:  # it only looked like one
        return {}
    return values if isinstance(values, dict) else {}
