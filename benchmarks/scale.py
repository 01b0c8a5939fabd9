"""Whether an ingest keeps its speed and its memory as a source grows.

    python -m benchmarks.scale [--sizes 1000 10000 ...] [--texts FILE.jsonl.gz]

Each size is a folder of that many small text files, no two alike, brought into an index of its own with
`--embed later`, by a process of its own. Printed are documents per second once the workers are ready, start-up,
peak memory of the driver, of the index's owner (with those of its files that the system has in memory), of the workers,
of Ray itself and of its object store, the disk that the index takes, and what Ray spilled to disk. The texts are those
of ../shared/data's load set, combined anew where more are wanted than it has.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.one_run import apart, ingest_once, prepare_models, with_models

TEXTS = Path(__file__).parents[2] / "shared" / "data" / "F_load" / "short-texts-100k.jsonl.gz"
SIZES = (1_000, 10_000, 100_000)
PER_FOLDER = 1_000


def main() -> None:
    """Runs each size, and prints a row for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--texts", type=Path, default=TEXTS)
    arguments = parser.parse_args()
    if not arguments.texts.is_file():
        sys.exit(f"skipped: {arguments.texts} is not here; name a file of texts with --texts")
    print(
        "documents  documents/s  start-up s  driver MB  owner MB  workers MB  Ray MB  objects MB  index MB  spilled MB"
    )
    with tempfile.TemporaryDirectory() as home:
        models = apart(prepare_models, Path(home) / "models")
        for size in arguments.sizes:
            place = Path(home) / str(size)
            _write(place / "texts", _texts(arguments.texts, size))
            data_dir = with_models(place / "data", models)
            row = apart(ingest_once, place / "texts", data_dir, embed="later")
            print(
                f"{row.documents:>9}  {row.documents / row.working_s:>11.1f}  {row.startup_s:>10.1f}  "
                f"{row.driver_mb:>9.0f}  {row.owner_mb:>8.0f}  {row.workers_mb:>10.0f}  {row.ray_mb:>6.0f}  "
                f"{row.objects_mb:>10.0f}  {row.index_mb:>8.0f}  {row.spilled_mb:>10.0f}   {row.bottleneck}",
                flush=True,
            )
            shutil.rmtree(place)


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
