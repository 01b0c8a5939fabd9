"""How well extracted answers tell questions with an answer from those without, by the least support asked for.

python -m benchmarks.answers --data-dir DIR     an index that `ray-app ingest examples/documents examples/inbox` made
"""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

from benchmarks.quality import EXAMPLES, questions
from ray_app.models.embedder import open_embedder
from ray_app.models.prepared import prepare_model
from ray_app.search.evidence import number
from ray_app.search.extract import Candidate, judge
from ray_app.search.request import SearchRequest
from ray_app.search.searcher import Searcher
from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.scope import Scope

THRESHOLDS = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)


def unanswerable() -> list[dict[str, Any]]:
    """Questions that no example document answers."""
    return [json.loads(line) for line in (EXAMPLES / "unanswerable.jsonl").read_text(encoding="utf-8").splitlines()]


def is_relevant(candidate: Candidate, question: dict[str, Any]) -> bool:
    """Whether the sentence stands in a document that answers the question."""
    return any(candidate.evidence.hit.uri.endswith(path) for path in question["relevant"])


async def measure(data_dir: Path) -> None:
    """Prints a line for each threshold."""
    settings = Settings(data_dir=data_dir)
    store = await open_store(settings)
    embedder = open_embedder(prepare_model(settings), settings.embedding)
    searcher = Searcher(store, embedder, settings)

    async def best(question: str) -> Candidate | None:
        request = SearchRequest(question, limit=settings.answer.passages, passages=2, facets=())
        found = await searcher.find(request, Scope(settings.tenant))
        assert found.vector is not None
        evidence = number(found.hits)[: settings.answer.passages]
        candidates = await judge(evidence, found.vector, found.words, embedder, most=settings.answer.max_sentences)
        return candidates[0] if candidates else None

    with_answer = [(question, await best(question["query"])) for question in questions()]
    without = [await best(question["query"]) for question in unanswerable()]
    await store.close()
    for least in THRESHOLDS:
        answered = [(one, question) for question, one in with_answer if one and one.support >= least]
        right = sum(is_relevant(one, question) for one, question in answered)
        wrongly = sum(one is not None and one.support >= least for one in without)
        print(
            f"min_support {least:.2f}   answered {len(answered)} of {len(with_answer)}, "
            f"from a relevant document {right}   answered without an answer {wrongly} of {len(without)}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    asyncio.run(measure(parser.parse_args().data_dir))
