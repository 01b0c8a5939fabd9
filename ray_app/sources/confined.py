"""Keeps sources on this machine's own disks within the folders that the settings name."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote_to_bytes

from ray_app.errors import SourceError
from ray_app.settings import SourceSettings
from ray_app.sources.archive_uri import on_disk, split

_ON_DISK = ("file", "mbox", "maildir")


def scheme_of(uri: str) -> str:
    """What kind of place it is; a plain path is a file's."""
    return uri.partition(":")[0].lower() if "://" in uri else "file"


def check_folder(uri: str, settings: SourceSettings) -> None:
    """Raises SourceError where the URI is of a file or folder outside `sources.local_folders`, also by a link."""
    if settings.local_folders is not None and (path := _path(uri)):
        check_path(path, settings)


def check_path(path: Path, settings: SourceSettings) -> None:
    """Raises SourceError where the path leads outside `sources.local_folders`, also by a link."""
    if settings.local_folders is None:
        return
    folders = [folder.expanduser().resolve() for folder in settings.local_folders]
    if not any(path.resolve().is_relative_to(folder) for folder in folders):
        raise SourceError(
            f"{path} is in none of the folders where sources on this machine may be (setting sources.local_folders)"
        )


def _path(uri: str) -> Path | None:
    """Where on disk it lies; of an archive, the archive. None where it lies elsewhere. Raises as `split` does."""
    scheme = scheme_of(uri)
    if scheme == "zip":
        return on_disk(split(uri)[0])
    if scheme not in _ON_DISK:
        return None
    prefix = f"{scheme}://"
    given = os.fsdecode(unquote_to_bytes(uri.removeprefix(prefix))) if uri.startswith(prefix) else uri
    return Path(given).expanduser().absolute()
