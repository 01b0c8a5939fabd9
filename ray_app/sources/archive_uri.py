"""How archives and their members are named, and where an archive may lie.

A root is written `zip:file:///x/a.zip!`, a member `zip:file:///x/a.zip!/folder/a.txt`, so that one begins the other.
People write `zip://::file:///x/a.zip`, as fsspec does, or with a folder, `zip://in::...`.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from ray_app.errors import SourceError

SAFE = "/ ()[]{}+,;=@&'$*~:"  # a member's name stays readable; `%` and `!` are escaped
_PREFIX = "zip:"
_FILE = "file://"
# fsspec knows many more places: among them other names for this machine's disks, and servers whose addresses nobody
# would check.
_PLACES = ("file", "http", "https", "s3", "gs", "gcs", "az", "abfs", "abfss")


def split(uri: str) -> tuple[str, str]:
    """The archive's URL and the escaped path in it, from either way of writing.

    Raises SourceError where it names no archive, or one at a place that archives are not read from.
    """
    if uri.startswith("zip://"):
        inner, chained, archive = uri.removeprefix("zip://").partition("::")
        if not chained:
            raise SourceError(f"{uri}: write zip://::URL-OF-THE-ARCHIVE")
        archive, inner = archive if "://" in archive else f"{_FILE}{archive}", quote(inner.strip("/"), safe=SAFE)
    else:
        archive, _, inner = uri.removeprefix(_PREFIX).rpartition("!")
    scheme, _, _ = archive.partition("://")
    if scheme not in _PLACES:
        raise SourceError(f"{uri}: no archives are read from {scheme}:// places (there are: {', '.join(_PLACES)})")
    return archive, inner.strip("/")


def join(archive: str, inner: str) -> str:
    """The URI of a root or a member, as it is kept."""
    return f"{_PREFIX}{archive}!" + (f"/{inner}" if inner else "")


def on_disk(archive: str) -> Path | None:
    """Where on this machine the archive lies; nothing in its URL is escaped. None where it lies elsewhere."""
    return Path(archive.removeprefix(_FILE)).expanduser().absolute() if archive.startswith(_FILE) else None
