"""The structure of the code: who imports what, and how large a module is."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

import pytest

from tests.conftest import ROOT

MODULES = sorted((ROOT / "ray_app").rglob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize(
    ("library", "packages"),
    [
        ("ray.data", {"ingest", "backfill"}),
        ("ray.serve", {"serving"}),
        ("qdrant_client", {"store"}),
        ("qdrant_edge", {"store"}),
    ],
)
def test_each_library_has_its_own_package(library, packages):
    users = {path.relative_to(ROOT / "ray_app").parts[0] for path in MODULES if library in imported(path)}
    assert users == packages


def test_modules_stay_small():
    lines = [len(path.read_text().splitlines()) for path in MODULES]
    assert max(lines) <= 400
    assert statistics.median(lines) <= 150


def test_every_module_says_its_purpose():
    assert [path for path in MODULES if not ast.get_docstring(ast.parse(path.read_text()))] == []
