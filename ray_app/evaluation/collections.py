"""Judged retrieval collections: a folder with documents, queries, and which documents answer which query.

corpus.jsonl     {"_id": ..., "title": ..., "text": ...}   also .jsonl.gz, as the BEIR benchmark has them
queries.jsonl    {"_id": ..., "text": ...}
qrels.tsv        query id, document id, score (0: does not answer); the first line is a heading
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ray_app.errors import ConfigurationError
from ray_app.evaluation.rows import read_rows

_CORPUS, _QUERIES, _QRELS = "corpus.jsonl", "queries.jsonl", "qrels.tsv"


@dataclass(frozen=True, slots=True)
class Judged:
    """One collection. `answers` holds by query the documents that were judged, with their scores."""

    name: str
    documents: dict[str, tuple[str, str]]  # by id: title and text
    queries: dict[str, str]
    answers: dict[str, dict[str, int]]


def find_collections(path: Path) -> list[Path]:
    """The folder itself where it is a collection, else those in it that are. Raises ConfigurationError."""
    folders = [path] if _file(path, _CORPUS) else sorted(one for one in path.glob("*/") if _file(one, _CORPUS))
    if not folders:
        raise ConfigurationError(f"{path} holds no collection: a folder with {_CORPUS}, {_QUERIES} and {_QRELS}")
    return folders


def read_collection(folder: Path) -> Judged:
    """Only queries that some document answers are kept. Raises ConfigurationError, naming file and line."""
    documents = {row["_id"]: (row.get("title") or "", row["text"]) for row in _rows(folder, _CORPUS)}
    queries = {row["_id"]: row["text"] for row in _rows(folder, _QUERIES)}
    answers: dict[str, dict[str, int]] = defaultdict(dict)
    for query, document, score in _judgements(folder):
        answers[query][document] = score
    asked = {query for query, judged in answers.items() if query in queries and any(one > 0 for one in judged.values())}
    if not asked:
        raise ConfigurationError(f"{folder}: no query of {_QUERIES} is answered by a document in {_QRELS}")
    return Judged(
        folder.name,
        documents,
        {query: text for query, text in queries.items() if query in asked},
        {query: judged for query, judged in answers.items() if query in asked},
    )


def _file(folder: Path, name: str) -> Path | None:
    return next((one for one in (folder / name, folder / f"{name}.gz") if one.is_file()), None)


def _rows(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    path = _file(folder, name)
    if path is None:
        raise ConfigurationError(f"{folder} has no {name}")
    return read_rows(path, ("_id", "text"))


def _judgements(folder: Path) -> Iterator[tuple[str, str, int]]:
    path = folder / _QRELS
    if not path.is_file():
        raise ConfigurationError(f"{folder} has no {_QRELS}")
    with path.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.reader(lines, delimiter="\t"), 1):
            if number == 1 or not row:
                continue
            try:
                yield row[0], row[1], int(row[2])
            except (IndexError, ValueError) as error:
                raise ConfigurationError(
                    f"{path}, line {number}: it must be a query's id, a document's id and a whole number"
                ) from error
