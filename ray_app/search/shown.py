"""Hits as they are sent: with the words and the sentence to mark, ready for JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence, Set
from dataclasses import asdict, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ray_app.models.embedder import Embedder
from ray_app.records import Hit, Label, Passage
from ray_app.search.highlight import highlight
from ray_app.search.sentences import sentence_spans

# Not `asdict`, which copies each value of fifty labels.
_OF_LABEL = tuple(field.name for field in fields(Label))


def with_words(hits: Sequence[Hit], wanted: Set[int]) -> list[Hit]:
    """Marks the words whose BM25 indices are among the query's."""
    return [
        replace(
            hit,
            passages=tuple(replace(one, highlights=highlight(one.text, wanted, hit.stemming)) for one in hit.passages),
        )
        for hit in hits
    ]


async def with_sentences(
    hits: Sequence[Hit], query: NDArray[np.float32], embedder: Embedder, *, most: int
) -> list[Hit]:
    """Marks in each passage the sentence closest in meaning, in their order until `most` sentences were embedded."""
    spans = [[sentence_spans(one.text, hit.language) for one in hit.passages] for hit in hits]
    texts: list[str] = []
    for hit, of_hit in zip(hits, spans, strict=True):
        for passage, of_passage in zip(hit.passages, of_hit, strict=True):
            # A passage of one sentence needs no model.
            if len(of_passage) > 1 and len(texts) + len(of_passage) <= most:
                texts += [passage.text[start:end] for start, end in of_passage]
    vectors = await asyncio.to_thread(embedder.embed_passages, texts) if texts else np.zeros((0, len(query)))
    scores = iter((vectors @ query).tolist())
    left = len(texts)
    marked = []
    for hit, of_hit in zip(hits, spans, strict=True):
        passages: list[Passage] = []
        for passage, of_passage in zip(hit.passages, of_hit, strict=True):
            judged: list[float] = []
            if len(of_passage) > 1 and len(of_passage) <= left:
                judged = [next(scores) for _ in of_passage]
                left -= len(of_passage)
            passages.append(replace(passage, sentence=_best(of_passage, judged)))
        marked.append(replace(hit, passages=tuple(passages)))
    return marked


def _best(spans: Sequence[tuple[int, int]], scores: Sequence[float]) -> tuple[int, int] | None:
    if len(spans) == 1:
        return spans[0]
    return spans[int(np.argmax(scores))] if scores else None


def to_json(hits: Sequence[Hit], *, passages: int) -> list[dict[str, Any]]:
    """As the HTTP API describes them (`serving/schemas.py`)."""
    return [_hit(hit, passages) for hit in hits]


def _hit(hit: Hit, passages: int) -> dict[str, Any]:
    best = hit.passages[0]
    return {
        "document_id": hit.document_id,
        "uri": hit.uri,
        "source": hit.source,
        "title": hit.title,
        "score": hit.score,
        **_passage(best),
        "passages": [{**_passage(one), "score": one.score} for one in hit.passages] if passages > 1 else [],
        "labels": [{name: getattr(label, name) for name in _OF_LABEL} for label in hit.labels],
        "language": hit.language,
        "media_type": hit.media_type,
        "date": hit.date,
        "places": hit.places,
        "explain": asdict(hit.explanation) if hit.explanation else None,
    }


def _passage(passage: Passage) -> dict[str, Any]:
    return {
        "page": passage.page,
        "start": passage.start,
        "end": passage.end,
        "passage": passage.text,
        "highlights": passage.highlights,
        "sentence": passage.sentence,
    }
