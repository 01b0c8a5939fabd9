"""What each choice behind a search is worth: nDCG@10 on judged collections, with all of them as they are but one.

    python -m benchmarks.retrieval COLLECTIONS [--only TEXT]

A model of the engine outside of it: the pipeline's own passages, vectors and words, and exact search, so that a change
costs seconds. Its first row is what `ray-app evaluate retrieval` measures (to .001). `even` and `odd` are the means of
every other query: what helps one half alone is chance.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import ir_measures
import numpy as np
from ir_measures import nDCG
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ray_app import pipeline
from ray_app.evaluation.collections import Judged, find_collections, read_collection
from ray_app.evaluation.retrieval import unmarked
from ray_app.models.embedder import Embedder, Vectors, open_embedder
from ray_app.models.prepared import PreparedModel, prepare_model
from ray_app.settings import SearchSettings, Settings
from ray_app.store import bm25
from ray_app.store.fusion import LEAN, LEANING, NEIGHBOURS, regularised, scale_of

_DEPTH = 100
# The collections are in English; real documents are stemmed for the language that is found in them.
_LANGUAGE = "en"
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cut:
    """How documents become passages and vectors; `title` is how much of its title's vector is added to each."""

    tokens: int | None = None
    overlap: int = 0
    title: float = 0.0


@dataclass(frozen=True, slots=True)
class Choice:
    """Everything as the engine does it, but for what is given; `more` is what a document's further passages add."""

    name: str
    cut: Cut = Cut()
    titles: int = bm25.TITLE_WEIGHT
    candidates: int = SearchSettings().candidates
    words: float = 0.5
    lean: float = LEAN
    neighbours: int = NEIGHBOURS
    leaning: int = LEANING
    more: float = 0.0


@dataclass(frozen=True, slots=True)
class Passages:
    """One collection, cut: `document` has the row of the document of each passage."""

    texts: list[str]
    document: NDArray[np.intp]
    vectors: Vectors


CHOICES = (
    Choice("as it is"),
    *(Choice(f"passages of {tokens} tokens", Cut(tokens)) for tokens in (64, 128)),
    Choice("of 128 tokens, 32 of them twice", Cut(128, 32)),
    Choice("of all it reads, 64 of them twice", Cut(None, 64)),
    *(Choice(f"titles count {times} times", titles=times) for times in (0, 1, 2, 4)),
    *(Choice(f"vectors with {share} of the title's", Cut(title=share)) for share in (0.2, 0.3, 0.5)),
    *(Choice(f"words count {share}", words=share) for share in (0.4, 0.45, 0.55, 0.6)),
    *(Choice(f"leaning by {share}", lean=share) for share in (0.0, 0.1, 0.3, 0.4)),
    *(Choice(f"on {count} neighbours", neighbours=count) for count in (3, 8, 12)),
    Choice("the best 100 lean", leaning=100),
    *(Choice(f"{count} candidates", candidates=count) for count in (50, 200, 400)),
    *(Choice(f"further passages add {share}", more=share) for share in (0.1, 0.2)),
)


class Model:
    """The engine over one collection; what is costly is done once for each cut."""

    def __init__(self, judged: Judged, settings: Settings, prepared: PreparedModel, embedder: Embedder) -> None:
        self.judged = judged
        self._settings = settings
        self._prepared = prepared
        self._embedder = embedder
        self._queries = [unmarked(text) for text in judged.queries.values()]
        self._asked = self._embedder.embed_queries(self._queries)
        self._passages = cache(self._make_passages)
        self._by_words = cache(self._make_scores)

    def ndcg(self, choice: Choice) -> Numbers:
        """Of each query."""
        passages = self._passages(choice.cut)
        meaning = self._asked @ passages.vectors.T
        names = list(self.judged.documents)
        found = {}
        for row, query in enumerate(self.judged.queries):
            words = self._by_words(choice.cut, choice.titles)[row]
            ranked = _ranked(choice, words, meaning[row].astype(np.float64), passages)
            found[query] = {names[one]: -float(rank) for rank, one in enumerate(ranked)}
        of_query = {one.query_id: one.value for one in ir_measures.iter_calc([nDCG @ 10], self.judged.answers, found)}
        return np.array([of_query[query] for query in self.judged.queries])

    def _make_passages(self, cut: Cut) -> Passages:
        if cut.title:
            plain = self._passages(replace(cut, title=0.0))
            titles = [title for title, _ in self.judged.documents.values()]
            added = self._embedder.embed_passages(titles) * np.array([[bool(one)] for one in titles])
            mixed = plain.vectors + cut.title * added[plain.document]
            return Passages(plain.texts, plain.document, mixed / np.linalg.norm(mixed, axis=1, keepdims=True))
        chunking = self._settings.chunking.model_copy(update={"max_tokens": cut.tokens, "overlap_tokens": cut.overlap})
        splitter = pipeline.open_splitter(self._prepared, chunking)
        pieces = [
            (row, piece)
            for row, (title, text) in enumerate(self.judged.documents.values())
            for piece in [piece for piece in splitter.chunks(text) if piece] or [title]
        ]
        texts = [piece for _, piece in pieces]
        return Passages(texts, np.array([row for row, _ in pieces]), self._embedder.embed_passages(texts))

    def _make_scores(self, cut: Cut, titles: int) -> Numbers:
        """By words: (queries, passages). Inverse document frequencies are Qdrant's."""
        passages = self._passages(cut)
        names = [title for title, _ in self.judged.documents.values()]
        rows = [
            bm25.passage_vector(text, _LANGUAGE, names[row], title_weight=titles)
            for text, row in zip(passages.texts, passages.document, strict=True)
        ]
        words = {word: column for column, word in enumerate(sorted({word for one in rows for word in one.indices}))}
        ends = np.cumsum([0, *(len(one.indices) for one in rows)])
        columns = [words[word] for one in rows for word in one.indices]
        shape = len(rows), len(words)
        matrix = csr_matrix(([value for one in rows for value in one.values], columns, ends), shape=shape)
        often = np.bincount(columns, minlength=len(words))
        rarity = np.log((len(rows) - often + 0.5) / (often + 0.5) + 1)
        asked = np.zeros((len(self._queries), len(words)))
        for query, text in enumerate(self._queries):
            vector = bm25.query_vector(text, [_LANGUAGE])
            for word, value in zip(vector.indices, vector.values, strict=True):
                if word in words:
                    asked[query, words[word]] = value * rarity[words[word]]
        return np.asarray((matrix @ asked.T).T)


def _ranked(choice: Choice, words: Numbers, meaning: Numbers, passages: Passages) -> list[int]:
    """The documents, best first: `ray_app.store.fusion` on all scores."""
    by_words, by_meaning = (np.argsort(-some, kind="stable")[: choice.candidates] for some in (words, meaning))
    by_words = by_words[words[by_words] > 0]
    first = np.array(list(dict.fromkeys([*by_words.tolist(), *by_meaning.tolist()])))
    scores = choice.words * scale_of(words[by_words])(words[first])
    scores += (1 - choice.words) * scale_of(meaning[by_meaning])(meaning[first])
    order = np.argsort(-scores, kind="stable")
    best, rest = order[: choice.leaning], order[choice.leaning :]
    vectors = list(passages.vectors[first[best]])
    mixed = regularised(scores[best], vectors, lean=choice.lean, neighbours=choice.neighbours)
    leaned = np.argsort(-mixed, kind="stable")
    placed = zip(
        passages.document[first[np.concatenate([best[leaned], rest])]].tolist(),
        np.minimum.accumulate(np.concatenate([mixed[leaned], scores[rest]])).tolist(),
        strict=True,
    )
    of_document: dict[int, list[float]] = {}
    for document, score in placed:
        of_document.setdefault(document, []).append(score)
    total = {one: some[0] + choice.more * sum(some[1:3]) / 2 for one, some in of_document.items()}
    return sorted(total, key=lambda one: -total[one])[:_DEPTH]


def rows(collections: Sequence[Judged], choices: Sequence[Choice], settings: Settings) -> Iterator[tuple[str, ...]]:
    """The table, line by line."""
    prepared = prepare_model(settings)
    embedder = open_embedder(prepared, settings.embedding, threads=os.cpu_count() or 1)
    models = [Model(one, settings, prepared, embedder) for one in collections]
    yield ("", *(one.name for one in collections), "mean", "even", "odd")
    for choice in choices:
        found = [model.ndcg(choice) for model in models]
        halves = (float(np.mean([one[start::2].mean() for one in found])) for start in (0, 1))
        each = [float(one.mean()) for one in found]
        yield (choice.name, *(f"{one:.4f}" for one in (*each, np.mean(each), *halves)))


def main() -> None:
    """Prints a row for each choice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path, help="a collection, or a folder of such (the layout of BEIR)")
    parser.add_argument("--only", default="", help="choices whose name has this text, beside the first")
    arguments = parser.parse_args()
    collections = [read_collection(one) for one in find_collections(arguments.path)]
    choices = [one for one in CHOICES if one is CHOICES[0] or arguments.only in one.name]
    for name, *figures in rows(collections, choices, Settings()):
        print(f"{name:34}", *(f"{one:>10}" for one in figures), flush=True)


if __name__ == "__main__":
    main()
