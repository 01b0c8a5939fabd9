"""Retrieval on a judged collection, through the engine that people search with.

The documents go through the pipeline's own stages into an index of their own; each query is asked as a person would ask
it, with the defaults. Measures are those of trec_eval (nDCG of Järvelin & Kekäläinen 2002).
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

import ir_measures
from ir_measures import RR, R, nDCG

from ray_app import pipeline
from ray_app.evaluation.collections import Judged
from ray_app.models.embedder import Embedder, open_embedder
from ray_app.models.prepared import PreparedModel, prepare_model
from ray_app.records import Document, FileRef, Page, Parsed
from ray_app.search.request import Mode, SearchRequest
from ray_app.search.searcher import Searcher
from ray_app.settings import Settings
from ray_app.store.edge import EdgeStore
from ray_app.store.protocol import Store
from ray_app.store.scope import Scope
from ray_app.store.writer import write_documents

MODES: tuple[Mode, ...] = ("lexical", "dense", "hybrid")
MEASURES = {"ndcg@10": nDCG @ 10, "recall@100": R @ 100, "mrr": RR @ 100}

# Hits that are looked at, as deep as the deepest measure.
_DEPTH = 100
# Documents that are embedded and written at a time.
_BLOCK = 64

# By measure: by query.
PerQuery = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Retrieval:
    """The figures of one collection: by mode, by measure, by query."""

    collection: str
    figures: dict[Mode, PerQuery]

    def means(self) -> dict[Mode, dict[str, float]]:
        """Over the queries, by mode and measure."""
        return {mode: {name: fmean(of.values()) for name, of in found.items()} for mode, found in self.figures.items()}


def evaluate_retrieval(judged: Judged, settings: Settings, say: Callable[[str], None]) -> Retrieval:
    """Indexes the collection in a folder that is removed afterwards, and asks all its queries in each mode.

    `say` hears what is going on. Raises ModelError and StoreError.
    """
    model = prepare_model(settings)
    embedder = open_embedder(model, settings.embedding, threads=os.cpu_count() or 1)
    with TemporaryDirectory(prefix="ray-app-evaluation-") as folder:
        return asyncio.run(_evaluate(judged, settings, model, embedder, Path(folder), say))


async def _evaluate(
    judged: Judged,
    settings: Settings,
    model: PreparedModel,
    embedder: Embedder,
    folder: Path,
    say: Callable[[str], None],
) -> Retrieval:
    store = await EdgeStore.open(folder, settings.store)
    try:
        places = await _index(judged, store, settings, model, embedder, say)
        searcher = Searcher(store, embedder, settings)
        figures: dict[Mode, PerQuery] = {}
        for mode in MODES:
            say(f"{judged.name}: {len(judged.queries)} queries, {mode}")
            found = {
                query: await _ask(searcher, text, mode, places, settings) for query, text in judged.queries.items()
            }
            figures[mode] = _measure(judged.answers, found)
        return Retrieval(judged.name, figures)
    finally:
        await store.close()


async def _index(
    judged: Judged,
    store: Store,
    settings: Settings,
    model: PreparedModel,
    embedder: Embedder,
    say: Callable[[str], None],
) -> dict[str, str]:
    """Writes all documents; returns the id of the document at each place."""
    await store.ensure(fingerprint=model.manifest.fingerprint, dimension=model.manifest.dimension)
    splitter = pipeline.open_splitter(model, settings.chunking)
    version = pipeline.pipeline_version(model, settings.chunking)
    places = {}
    everything = list(judged.documents.items())
    for start in range(0, len(everything), _BLOCK):
        documents = []
        for identity, (title, text) in everything[start : start + _BLOCK]:
            uri = f"collection:///{judged.name}/{identity}"
            data = f"{title}\n{text}".encode()
            ref = FileRef(uri, identity, judged.name, settings.tenant, len(data), 0.0)
            file = pipeline.Fetched(ref, data, hashlib.sha256(data).hexdigest())
            parsed = Parsed("text/plain", (Page(1, text),), title)
            documents.append(Document(ref, file.sha256, pipeline.content_of(file, parsed, splitter)))
            places[uri] = identity
        await write_documents(store, pipeline.embed(documents, embedder), run="evaluation", pipeline=version)
        say(f"{judged.name}: {start + len(documents)}/{len(everything)} documents")
    await store.build_graph()
    return places


async def _ask(
    searcher: Searcher, text: str, mode: Mode, places: Mapping[str, str], settings: Settings
) -> dict[str, float]:
    """The documents found, scored by their rank: equal scores would be broken by trec_eval in an order of its own."""
    request = SearchRequest(query=unmarked(text), mode=mode, limit=min(_DEPTH, settings.search.max_limit), facets=())
    found = await searcher.find(request, Scope(settings.tenant))
    documents = [places[place] for hit in found.hits for place in hit.places]
    return {document: -float(rank) for rank, document in enumerate(documents)}


def unmarked(text: str) -> str:
    """Without the signs that mean something to our search: the collections' queries are plain text."""
    return " ".join(word.replace('"', " ").lstrip("+-") for word in text.split()).strip() or text


def _measure(answers: Mapping[str, Mapping[str, int]], found: Mapping[str, Mapping[str, float]]) -> PerQuery:
    figures: PerQuery = {name: {} for name in MEASURES}
    names = {measure: name for name, measure in MEASURES.items()}
    for one in ir_measures.iter_calc(list(MEASURES.values()), answers, found):
        figures[names[one.measure]][one.query_id] = one.value
    return figures
