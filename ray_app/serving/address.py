"""Where a server answers: the small file beside an index that says so, and whether that is this machine only."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

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


def is_loopback(host: str) -> bool:
    """Whether a host, with a port or without, is this machine seen from itself."""
    if host == "localhost":
        return True
    try:
        name = urlsplit(f"//[{host}]" if host.count(":") > 1 and "[" not in host else f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
