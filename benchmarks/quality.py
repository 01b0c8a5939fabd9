"""Search quality on the example questions: the mean reciprocal rank of the first relevant document, by mode.

python -m benchmarks.quality --data-dir DIR     an index that `ray-app ingest examples/documents examples/inbox` made
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from pathlib import Path
from statistics import mean, median
from typing import Any

from ray_app.models.embedder import open_embedder
from ray_app.models.prepared import prepare_model
from ray_app.search.request import Mode, SearchRequest
from ray_app.search.searcher import Searcher, answer
from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.scope import Scope

EXAMPLES = Path(__file__).parents[1] / "examples"
MODES: tuple[Mode, ...] = ("lexical", "dense", "hybrid")


def reciprocal_rank(hits: list[dict[str, Any]], relevant: list[str]) -> float:
    """1 divided by the rank of the first relevant document, 0 where none is among the hits."""
    good = (rank for rank, hit in enumerate(hits, 1) if any(hit["uri"].endswith(path) for path in relevant))
    return 1 / next(good, float("inf"))


def questions() -> list[dict[str, Any]]:
    """The questions with the documents that answer them."""
    return [json.loads(line) for line in (EXAMPLES / "queries.jsonl").read_text(encoding="utf-8").splitlines()]


async def measure(data_dir: Path) -> None:
    """Prints a line for each way of asking."""
    settings = Settings(data_dir=data_dir)
    store = await open_store(settings)
    searcher = Searcher(store, open_embedder(prepare_model(settings), settings.embedding), settings)
    ways: dict[str, dict[str, Any]] = {
        **{mode: {"mode": mode} for mode in MODES},
        "hybrid, sentences": {"sentences": True},
        "hybrid, explain": {"explain": True},
        "hybrid, diversity 0.3": {"diversity": 0.3},
        "hybrid, 3 passages": {"passages": 3},
    }
    for name, options in ways.items():
        ranks, taken = [], []
        for question in questions():
            started = time.perf_counter()
            found = await answer(searcher, SearchRequest(question["query"], **options), Scope(settings.tenant))
            taken.append((time.perf_counter() - started) * 1000)
            ranks.append(reciprocal_rank(found["hits"], question["relevant"]))
        print(f"{name:24} MRR {mean(ranks):.3f}  p50 {median(taken):6.1f} ms  longest {max(taken):6.1f} ms")
    await store.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    asyncio.run(measure(parser.parse_args().data_dir))
