"""Files of labels: CSV, JSON lines or Parquet, of documents by their path or of texts."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ray_app.errors import ConfigurationError
from ray_app.models.classification.examples import Kind

# Between several labels in one field.
_BETWEEN = ";"


class LabelRow(NamedTuple):
    """A document's path below its folder, or a text, and its labels."""

    file: str
    text: str
    labels: tuple[str, ...]


def read_labels(path: Path, kind: Kind) -> list[LabelRow]:
    """The rows: `file` or `text`, and `label`, or `labels` where several are allowed (a list, or `;` between them).

    Raises ConfigurationError, naming the row at fault.
    """
    try:
        rows = [_row(row, kind, f"{path}, row {number}") for number, row in enumerate(_rows(path), 1)]
    except (OSError, ValueError) as error:  # bytes that are no text, lines that are no JSON, no Parquet
        raise ConfigurationError(f"{path} cannot be read as csv, jsonl or parquet ({error})") from error
    if not rows:
        raise ConfigurationError(f"{path} holds no rows")
    if len({bool(row.file) for row in rows}) > 1:
        raise ConfigurationError(f"{path} has rows with a file and rows with a text: make two files of them")
    return rows


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    if path.suffix == ".parquet":
        import pyarrow.parquet

        yield from pyarrow.parquet.read_table(path).to_pylist()
        return
    with path.open(encoding="utf-8-sig", newline="") as stream:
        if path.suffix == ".jsonl":
            yield from (json.loads(line) for line in stream if line.strip())
        else:
            yield from csv.DictReader(stream)


def _row(row: Any, kind: Kind, where: str) -> LabelRow:
    if not isinstance(row, Mapping):
        raise ConfigurationError(f"{where} is no object with the fields file or text, and label")
    file, text = (str(row.get(name) or "") for name in ("file", "text"))
    if bool(file) == bool(text):
        raise ConfigurationError(f"{where} must have either a file or a text")
    labels = _labels(row, kind)
    if kind != "multi" and len(labels) != 1:
        raise ConfigurationError(f"{where} must have one label; for several, or none, say --kind multi")
    return LabelRow(file, text, labels)


def _labels(row: Mapping[str, Any], kind: Kind) -> tuple[str, ...]:
    """Without repetitions, in order; an empty field is no label."""
    given = row.get("labels") if row.get("labels") is not None else row.get("label")
    several = given if isinstance(given, list) else [] if given is None else [given]
    if kind == "multi":
        several = [part for one in several for part in str(one).split(_BETWEEN)]
    return tuple(sorted({str(one).strip() for one in several} - {""}))
