"""Tables as text (csv, tsv): a row is a line, cells are separated by bars."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator

from ray_app.parsing.decode import decode
from ray_app.parsing.tables import row_text
from ray_app.records import Page, Parsed
from ray_app.settings import ParsingSettings

_DELIMITERS = ",;\t|"
_SAMPLE_CHARS = 8192

csv.field_size_limit(sys.maxsize)  # the size of the text is bounded elsewhere


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """One page. A file that makes no sense as a table is given as it stands."""
    source = decode(data).replace("\0", "")
    try:
        text = "\n".join(line for line in map(row_text, _rows(source)) if line)
    except csv.Error:
        text = source
    return Parsed("text/csv", (Page(1, text),))


def _rows(source: str) -> Iterator[list[str]]:
    sample = source[:_SAMPLE_CHARS].rpartition("\n")[0] or source[:_SAMPLE_CHARS]
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(sample, _DELIMITERS)
    except csv.Error:  # one column, or rows of many lengths
        dialect = type("Guessed", (csv.excel,), {"delimiter": max(_DELIMITERS, key=sample.count)})
    dialect.doublequote = True
    return csv.reader(io.StringIO(source, newline=""), dialect)
