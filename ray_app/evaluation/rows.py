"""Files with one JSON object a line, packed with gzip or not."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ray_app.errors import ConfigurationError


def read_rows(path: Path, wanted: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The objects, each with text in the `wanted` fields. Raises ConfigurationError, naming file and line."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        try:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _read(line, wanted, f"{path}, line {number}")
        except (UnicodeDecodeError, gzip.BadGzipFile, EOFError) as error:
            raise ConfigurationError(f"{path} cannot be read as text ({error})") from error


def _read(line: str, wanted: Sequence[str], where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
        missing = [field for field in wanted if not isinstance(row.get(field), str)]
    except (ValueError, AttributeError) as error:
        raise ConfigurationError(f"{where} is no JSON object") from error
    if missing:
        raise ConfigurationError(f"{where} has no text in {' and '.join(missing)}")
    found: dict[str, Any] = row
    return found
