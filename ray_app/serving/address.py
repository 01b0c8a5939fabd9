"""The small file beside an index that says where its server answers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ValidationError

_FILE = "server.json"


class ServerAddress(BaseModel):
    """Where a server answers, and its process."""

    url: str
    pid: int


def read_server_address(data_dir: Path) -> str | None:
    """The URL of the server that was started last on this index; it may be gone by now."""
    try:
        return ServerAddress.model_validate_json((data_dir / _FILE).read_bytes()).url
    except (FileNotFoundError, ValidationError):
        return None


@contextmanager
def address_written(data_dir: Path, url: str) -> Iterator[None]:
    """The file is there while the block runs."""
    path = data_dir / _FILE
    path.write_text(ServerAddress(url=url, pid=os.getpid()).model_dump_json(), encoding="utf-8")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
