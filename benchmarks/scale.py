"""Whether an ingest keeps its speed and its memory as a source grows.

    python -m benchmarks.scale [--sizes 1000 10000 ...] [--texts FILE.jsonl.gz]

Each size is a folder of that many small text files, no two alike, brought into an index of its own with
`--embed later`, by a process of its own. Printed are documents per second once the workers are ready, start-up,
peak memory of the driver and of all processes, and the size of the index. The texts are those of ../shared/data's load
set, combined anew where more are wanted than it has.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.memory import memory_watched

TEXTS = Path(__file__).parents[2] / "shared" / "data" / "F_load" / "short-texts-100k.jsonl.gz"
SIZES = (1_000, 10_000, 100_000)
PER_FOLDER = 1_000


def main() -> None:
    """Runs each size, and prints a row for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--texts", type=Path, default=TEXTS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.folder:
        print(json.dumps(measure(arguments.folder)))
        return
    if not arguments.texts.is_file():
        sys.exit(f"skipped: {arguments.texts} is not here; name a file of texts with --texts")
    print("documents  documents/s  start-up s  driver MB  all processes MB  index MB")
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory() as home:
            folder = Path(home) / "texts"
            _write(folder, _texts(arguments.texts, size))
            command = [sys.executable, "-m", "benchmarks.scale", "--folder", str(folder)]
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
            row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
            print(
                f"{row['documents']:>9}  {row['documents'] / row['working_s']:>11.1f}  {row['startup_s']:>10.1f}  "
                f"{row['driver_mb']:>9.0f}  {row['all_mb']:>16.0f}  {row['index_mb']:>8.0f}   {row['bottleneck']}",
                flush=True,
            )


def measure(folder: Path) -> dict[str, Any]:
    """One ingest of the folder."""
    import asyncio

    from rich.console import Console

    from ray_app.cluster.session import ray_session
    from ray_app.ingest.display import Display
    from ray_app.ingest.run import Work, ingest
    from ray_app.settings import Settings
    from ray_app.store import open_store
    from ray_app.store.runs import latest_runs

    settings = Settings(data_dir=folder.parent / "data")
    with memory_watched() as peaks, ray_session(settings):
        started = time.perf_counter()
        summary = ingest(
            Work([str(folder)], embed="later"), settings, Display(Console(file=io.StringIO()), stall_warning_s=600)
        )
        seconds = time.perf_counter() - started

        async def last_run() -> Any:
            store = await open_store(settings)
            return (await latest_runs(store, settings.tenant, limit=1))[0]

        run = asyncio.run(last_run())
    index = sum(path.stat().st_size for path in settings.index_dir.rglob("*") if path.is_file())
    return {
        "documents": summary.documents,
        "working_s": seconds - run.startup_s,
        "startup_s": run.startup_s,
        "driver_mb": peaks["driver"],
        "all_mb": sum(peaks.values()),
        "index_mb": index / 2**20,
        "bottleneck": run.bottleneck,
    }


def _texts(path: Path, count: int) -> Iterator[str]:
    """So many texts, no two alike: those of the file, then each with a number."""
    written = turn = 0
    while written < count:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                if written == count:
                    return
                text = json.loads(line)["text"]
                yield text if turn == 0 else f"{text} ({turn})"
                written += 1
        turn += 1


def _write(folder: Path, texts: Iterator[str]) -> None:
    for number, text in enumerate(texts):
        place = folder / f"{number // PER_FOLDER:04}"
        if number % PER_FOLDER == 0:
            place.mkdir(parents=True)
        (place / f"{number:07}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
