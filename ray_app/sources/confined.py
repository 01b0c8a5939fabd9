"""Keeps sources on this machine's own disks within the folders that the settings name."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote_to_bytes

from ray_app.errors import SourceError
from ray_app.settings import SourceSettings

_ON_DISK = ("file", "mbox", "maildir")
_ZIP = "zip:"


def check_folder(uri: str, settings: SourceSettings) -> None:
    """Raises SourceError where the URI is of a file or folder outside `sources.local_folders`, also by a link."""
    if settings.local_folders is None:
        return
    path = _path(uri)
    if path is None:
        return
    folders = [folder.expanduser().resolve() for folder in settings.local_folders]
    if not any(path.resolve().is_relative_to(folder) for folder in folders):
        raise SourceError(
            f"{path} is in none of the folders where sources on this machine may be (setting sources.local_folders)"
        )


def _path(uri: str) -> Path | None:
    """Where on disk it lies; of an archive, the archive. None where it lies elsewhere."""
    if uri.startswith(_ZIP):
        return _path(uri.removeprefix(_ZIP).rpartition("::")[2].partition("!")[0])
    scheme, separator, rest = uri.partition("://")
    if not separator:
        return Path(uri).expanduser().absolute()
    return Path(os.fsdecode(unquote_to_bytes(rest))).expanduser().absolute() if scheme.lower() in _ON_DISK else None
