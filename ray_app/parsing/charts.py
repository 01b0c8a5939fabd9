"""Charts and diagrams of Office files (DrawingML): what they say, from the values that stand beside the picture."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from lxml import etree

from ray_app.parsing.properties import safe_xml_parser
from ray_app.parsing.tables import table_text

# Excel draws no more points of a series than this.
_MOST_POINTS = 32_000
# What a number format says literally, and what is left where the number is a date.
_LITERAL = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_DATE = re.compile(r"y|d|mmm", re.I)
_PLACE = re.compile(r"[0-9]{1,5}")
# Day 0 of spreadsheets; 1900 is a leap year to them.
_DAY_0, _DAY_0_OF_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)


def chart_text(part: bytes) -> str:
    """The title, a line with the categories, and a line for each series."""
    root = etree.fromstring(part, safe_xml_parser())
    if root is None:
        return ""
    base = _DAY_0_OF_1904 if root.find("{*}date1904[@val='1']") is not None else _DAY_0
    title = "".join(node.text or "" for node in root.iterfind("{*}chart/{*}title//{*}t"))
    rows = [row for plot in root.iterfind(".//{*}plotArea/*") for row in _rows(plot, base)]
    return "\n".join(filter(None, (title, table_text(rows))))


def written_text(part: bytes) -> str:
    """All text of a part in which people wrote all there is: a diagram's data, a slide's comments.

    A paragraph is a line, whatever runs of different looks it has; a comment may have none.
    """
    root = etree.fromstring(part, safe_xml_parser())
    if root is None:
        return ""
    lines: dict[etree._Element, str] = defaultdict(str)
    for node in root.iter("{*}t", "{*}text"):
        lines[next(node.iterancestors("{*}p"), node)] += node.text or ""
    return "\n".join(line for line in lines.values() if line.strip())


def _rows(plot: etree._Element, base: datetime) -> Iterator[list[object]]:
    above: list[object] = []
    for series in plot.iterfind("{*}ser"):
        across = _points(series, ("cat", "xVal"), base)
        if across != above:
            yield [None, *across]
            above = across
        yield [" ".join(map(str, _points(series, ("tx",), base))), *_points(series, ("val", "yVal"), base)]


def _points(series: etree._Element, names: tuple[str, ...], base: datetime) -> list[object]:
    """The values in their places, None where one is missing. Of categories in levels, the finest."""
    holder = next((node for name in names if (node := series.find(f"{{*}}{name}")) is not None), None)
    if holder is None:
        return []
    code = _LITERAL.sub("", holder.findtext(".//{*}formatCode", ""))
    level = holder.find(".//{*}lvl")
    values: dict[int, object] = {}
    for place, point in enumerate((holder if level is None else level).iter("{*}pt")):
        index = point.get("idx", "")
        values[int(index) if index.isdecimal() and len(index) < 9 else place] = _value(
            point.findtext("{*}v", ""), code, base
        )
    if not values:
        return [holder.findtext("{*}v", "")]  # a name that stands there itself
    return [values.get(place) for place in range(min(max(values) + 1, _MOST_POINTS))]


def _value(text: str, code: str, base: datetime) -> object:
    """What a person sees: a number with a format is a number, or a date."""
    if not code:
        return text
    try:
        number = float(text)
        return base + timedelta(days=number) if _DATE.search(code) else number
    except (ValueError, OverflowError):
        return text
