"""The scripts in jobs/: which there are, what each does, and what it takes.

A script is a Python file with a docstring. One that says what it takes has a `COMMAND` (`cli.job.command` makes one of
a command of `ray-app`); of one that does not, the arguments are handed on unchecked.
"""

from __future__ import annotations

import ast
import runpy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel

import ray_app
from ray_app.errors import QueryError
from ray_app.settings import JobSettings

_PACKAGE = Path(ray_app.__file__).parent
# In an installation the folder lies inside the package (pyproject.toml puts it there), in a checkout beside it.
_FOLDERS = (_PACKAGE / "jobs", _PACKAGE.parent / "jobs")


class Parameter(BaseModel):
    """One thing that a job can be told. `flags` are how an option is written; an argument has none."""

    name: str
    flags: list[str]
    type: str
    required: bool
    many: bool
    default: Any
    help: str


class Command(Protocol):
    """What a script's `COMMAND` offers."""

    def parameters(self) -> list[Parameter]:
        """What it takes."""
        ...

    def parse(self, arguments: Sequence[str]) -> dict[str, Any]:
        """The arguments by their parameters' names. Raises QueryError where the command would not take them."""
        ...


@dataclass(frozen=True, slots=True)
class Script:
    """A script that can be submitted. `fault` says why it cannot be read; it may be submitted nevertheless."""

    name: str
    path: Path
    description: str = ""
    command: Command | None = None
    fault: str = ""


def scripts(settings: JobSettings) -> list[Script]:
    """All there are, by name; the folders are looked at anew each time. One of `jobs.folder` goes before ours."""
    ours = next((one for one in _FOLDERS if one.is_dir()), _FOLDERS[-1])
    folders = [ours, *([settings.folder] if settings.folder else [])]
    found = {path.stem: path for folder in folders for path in folder.glob("*.py") if not path.name.startswith("_")}
    return [_read(path.absolute(), path.stat().st_mtime_ns) for _, path in sorted(found.items())]


def find_script(settings: JobSettings, name: str) -> Script:
    """Raises QueryError, naming what there is."""
    there = {script.name: script for script in scripts(settings)}
    if name not in there:
        raise QueryError("unknown-job", f"no job is called {name!r}: there are {', '.join(there) or 'none'}")
    return there[name]


@lru_cache(maxsize=256)
def _read(path: Path, changed_ns: int) -> Script:
    """Only a script that has a `COMMAND` is run for it, and not under a program's name: it starts nothing then."""
    try:
        tree = ast.parse(path.read_bytes(), filename=path.name)
        names = runpy.run_path(str(path), run_name=f"jobs.{path.stem}") if _assigns(tree, "COMMAND") else {}
    except Exception as error:  # whatever a script of somebody else does wrong, the others can be listed
        return Script(path.stem, path, fault=f"{type(error).__name__}: {error}")
    return Script(path.stem, path, ast.get_docstring(tree) or "", names.get("COMMAND"))


def _assigns(tree: ast.Module, name: str) -> bool:
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)
