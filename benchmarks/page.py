"""How quick the web page is by Lighthouse: the desktop preset, the median of some runs.

    npm ci --prefix tests/page
    python -m benchmarks.page http://127.0.0.1:8000

A search and the document that it finds first, on a server that is running (`make demo` starts one). Goal: performance
0.95. The figures are the browser's too: run it where nothing else is at work.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlencode

import httpx

LIGHTHOUSE = Path(__file__).parents[1] / "tests" / "page" / "node_modules" / ".bin" / "lighthouse"
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
METRICS = {"first-contentful-paint": "first paint", "total-blocking-time": "blocked", "speed-index": "speed index"}


def main() -> None:
    """Prints a line for each of the two views."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="where the server answers")
    parser.add_argument("--query", default="who approved the warehouse move")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    if not LIGHTHOUSE.exists() or not shutil.which("chromium"):
        sys.exit("skipped: Lighthouse (npm ci --prefix tests/page) or Chromium is not here")
    query = arguments.query
    answer = httpx.post(f"{arguments.url}/v1/search", json={"query": query, "limit": 1}, timeout=60)
    (first,) = answer.raise_for_status().json()["hits"]
    views = {"search": f"/?{urlencode({'q': query})}"}
    views["document"] = f"/documents/{first['document_id']}?{urlencode({'q': query, 'page': first['page']})}"
    for name, address in views.items():
        runs = [_run(f"{arguments.url}{address}") for _ in range(arguments.runs)]
        score = statistics.median(run["score"] for run in runs)
        medians = {shown: statistics.median(run[key] for run in runs) for key, shown in METRICS.items()}
        times = ", ".join(f"{shown} {median:.0f} ms" for shown, median in medians.items())
        scores = ", ".join(f"{run['score']:.2f}" for run in runs)
        print(f"{name:10} performance {score:.2f} (goal 0.95; {scores})  {times}", flush=True)


def _run(url: str) -> dict[str, float]:
    """The score and the times (ms) of one run with a fresh browser."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [str(LIGHTHOUSE), url, "--quiet", "--preset=desktop", "--only-categories=performance"]
        command += [f"--chrome-flags={FLAGS}", "--output=json", f"--output-path={report}"]
        environment = {**os.environ, "CHROME_PATH": shutil.which("chromium") or ""}
        subprocess.run(command, env=environment, check=True, timeout=240, capture_output=True)
        found = json.loads(report.read_text(encoding="utf-8"))
    return {"score": found["categories"]["performance"]["score"]} | {
        name: found["audits"][name]["numericValue"] for name in METRICS
    }


if __name__ == "__main__":
    main()
