"""Lighthouse's figures for speed and accessibility: the desktop preset, the median of three runs."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
from pathlib import Path

import pytest

from tests.page.browser import FLAGS, chromium
from tests.page.views import VIEWS

LIGHTHOUSE = Path(__file__).parent / "node_modules" / ".bin" / "lighthouse"
RUNS = 3
LEAST = {"performance": 0.95, "accessibility": 1.0}
LOOKED_AT = ("search, found", "document, text")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not LIGHTHOUSE.exists(), reason="Lighthouse is not installed: npm ci in tests/page"),
    pytest.mark.skipif(chromium() is None, reason="Chromium is not installed here"),
]


def scores(url: str, report: Path) -> dict[str, float]:
    """Of one run with a fresh browser; the report stays for whoever wants to know why."""
    flags = " ".join(("--headless=new", *FLAGS))
    command = [
        *(str(LIGHTHOUSE), url, "--quiet", "--preset=desktop", f"--only-categories={','.join(LEAST)}"),
        *(f"--chrome-flags={flags}", "--output=json", f"--output-path={report}"),
    ]
    environment = {**os.environ, "CHROME_PATH": chromium() or ""}
    subprocess.run(command, env=environment, check=True, timeout=240, capture_output=True)
    categories = json.loads(report.read_text(encoding="utf-8"))["categories"]
    return {name: categories[name]["score"] for name in LEAST}


@pytest.mark.parametrize("view", [view for view in VIEWS if view.name in LOOKED_AT], ids=lambda view: view.name)
def test_a_view_is_quick_and_accessible(books, tmp_path, view):
    url = f"{books.url}{view.at(books)}"
    runs = [scores(url, tmp_path / f"{number}.json") for number in range(RUNS)]
    medians = {name: statistics.median(run[name] for run in runs) for name in LEAST}
    print(view.name, medians)  # noqa: T201 - what a person reads who asks for it with -s
    assert all(medians[name] >= least for name, least in LEAST.items()), (medians, runs)
