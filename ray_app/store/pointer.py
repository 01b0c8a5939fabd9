"""The small file that says which folders of an embedded index are current: Edge has no aliases.

It is replaced atomically, so that a crash leaves either the old index or the new one.
"""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, ValidationError

from ray_app.errors import StoreError

_FILE = "index.json"


class Pointer(BaseModel):
    """`folders` maps a collection's name to the folder, within the index, that holds it now."""

    format: int = 1
    fingerprint: str
    dimension: int
    folders: dict[str, str]


def read_pointer(directory: Path) -> Pointer | None:
    """None where there is no index. Raises StoreError where the file is damaged."""
    path = directory / _FILE
    try:
        return Pointer.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise StoreError(
            f"{path} is damaged: restore it from a backup, or delete {directory} and ingest again"
        ) from error


def write_pointer(directory: Path, pointer: Pointer) -> None:
    """Replaces the file; it is on disk when this returns."""
    draft = directory / f"{_FILE}.new"
    with draft.open("w", encoding="utf-8") as file:
        file.write(pointer.model_dump_json(indent=2))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(directory / _FILE)
    folder = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
