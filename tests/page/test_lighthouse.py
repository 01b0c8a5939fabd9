"""What Lighthouse finds of accessibility; how quick the page is, `benchmarks/page.py` measures."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.page.browser import FLAGS, chromium
from tests.page.views import VIEWS

LIGHTHOUSE = Path(__file__).parent / "node_modules" / ".bin" / "lighthouse"
LOOKED_AT = ("search, found", "document, text")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not LIGHTHOUSE.exists(), reason="Lighthouse is not installed: npm ci in tests/page"),
    pytest.mark.skipif(chromium() is None, reason="Chromium is not installed here"),
]


def faults(url: str, report: Path) -> list[str]:
    """The audits of accessibility that do not pass wholly, in a fresh browser."""
    flags = " ".join(("--headless=new", *FLAGS))
    command = [
        *(str(LIGHTHOUSE), url, "--quiet", "--preset=desktop", "--only-categories=accessibility"),
        *(f"--chrome-flags={flags}", "--output=json", f"--output-path={report}"),
    ]
    environment = {**os.environ, "CHROME_PATH": chromium() or ""}
    subprocess.run(command, env=environment, check=True, timeout=240, capture_output=True)
    found = json.loads(report.read_text(encoding="utf-8"))
    assert found["categories"]["accessibility"]["score"] is not None
    audits = [found["audits"][one["id"]] for one in found["categories"]["accessibility"]["auditRefs"] if one["weight"]]
    return [audit["title"] for audit in audits if audit["score"] not in (None, 1)]


@pytest.mark.parametrize("view", [view for view in VIEWS if view.name in LOOKED_AT], ids=lambda view: view.name)
def test_a_view_has_no_fault_of_accessibility(books, tmp_path, view):
    assert faults(f"{books.url}{view.at(books)}", tmp_path / "report.json") == []
