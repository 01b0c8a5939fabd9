"""Sources as an ingest finds them, and the index that it makes of each when nothing disturbs it."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ray_app.cluster.session import ray_session
from ray_app.settings import IngestSettings, Settings
from ray_app.store.owner import stop_owner
from tests.conftest import EXAMPLES
from tests.ingest.test_run import run
from tests.system.points import points

NOTES = 400


@dataclass(frozen=True)
class Source:
    """A folder, the index of what it held before, and what the index holds after an undisturbed ingest.

    `documents` are in the folder now, `written` of them are new or changed.
    """

    folder: Path
    before: Path
    after: dict[Any, Any]
    documents: int
    written: int


@pytest.fixture(scope="session")
def calm(cluster, make_data_dir):
    """Ingests first `prepare()`d, then `change()`d folders; gives what came of it as a Source."""

    def ingest(folder, prepare, change):
        small = IngestSettings(embed_workers=1, parse_workers=1)
        settings = Settings(data_dir=make_data_dir("calm"), ingest=small)
        before = settings.data_dir / "before"
        prepare(folder)
        with ray_session(settings):
            run(settings, folder)
            stop_owner(settings.index_dir)
        copy_index(settings.index_dir, before)
        change(folder)
        with ray_session(settings):
            done = run(settings, folder, delete_missing=True)
            stop_owner(settings.index_dir)
        after = points(settings.index_dir)
        shutil.rmtree(settings.index_dir)
        return Source(folder, before, after, done.documents, done.documents - done.unchanged)

    return ingest


@pytest.fixture(scope="session")
def new_source(calm, tmp_path_factory):
    """All of its documents are new."""
    folder = tmp_path_factory.mktemp("new") / "documents"
    return calm(folder, Path.mkdir, lambda folder: shutil.copytree(EXAMPLES / "documents", folder, dirs_exist_ok=True))


@pytest.fixture(scope="session")
def changed_source(calm, tmp_path_factory):
    """Of its documents some are gone, moved, copied, changed, or broken, and some are new."""
    return calm(tmp_path_factory.mktemp("changed") / "papers", fill, change)


@pytest.fixture
def source(request):
    """One of the above, by the name of its fixture."""
    return request.getfixturevalue(request.param)


def copy_index(index_dir, copy):
    """Its files are almost all holes: a plain copy, without them, would be ten times as large."""
    subprocess.run(["cp", "-a", "--sparse=always", index_dir, copy], check=True)


def fill(folder):
    for name in ("letter", "policy"):
        shutil.copytree(EXAMPLES / "documents" / name, folder / name)
    (folder / "notes").mkdir()
    for number in range(NOTES):
        (folder / "notes" / f"{number:03}.txt").write_text(f"Buoy {number} was painted red.")
    pack(folder / "bundle.zip", {"kept.txt": "It stays.", "gone.txt": "It goes.", "changed.txt": "It was blue."})


def change(folder):
    for number in range(NOTES * 4 // 9):
        (folder / "notes" / f"{number:03}.txt").unlink()
    (folder / "policy" / "sygefravaer.html").unlink()
    (folder / "archive").mkdir()
    for path in sorted((folder / "letter").glob("*.eml")):
        path.rename(folder / "archive" / path.name)
    shutil.copy(folder / "policy" / "whistleblower.pdf", folder / "archive")
    shutil.copy(
        EXAMPLES / "inbox" / "0017.pdf", folder / "policy" / "ferie-og-fridage.pdf"
    )  # broken: it stays as it was
    (folder / "letter" / "neighbour-noise.txt").write_text("The neighbours have been quiet since April.")
    pack(folder / "bundle.zip", {"kept.txt": "It stays.", "changed.txt": "It is green."})
    shutil.copytree(EXAMPLES / "documents" / "minutes", folder / "minutes")
    shutil.copy(EXAMPLES / "inbox" / "scan-0231.pdf", folder / "minutes")  # read by OCR, which takes seconds


def pack(path, texts):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
