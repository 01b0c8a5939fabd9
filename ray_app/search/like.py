"""More like this: what a document or a text is about, as one vector."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ray_app.errors import NotFoundError, QueryError
from ray_app.models.embedder import Embedder
from ray_app.search.sentences import sentence_spans
from ray_app.store.collections import CHUNKS, CONTENTS, DOCUMENTS
from ray_app.store.points import chunk_ids, is_id
from ray_app.store.protocol import Reader

# Characters of a piece that is embedded alone, about what the default model reads; and how many pieces are.
_PIECE = 1000
_MOST_PIECES = 32
# Passages of a document whose mean is taken: the beginning of a very long one.
_MOST_PASSAGES = 256
# What the ids of a content's passages are made of.
_NAMES = ("sha256", "pipeline", "chunks", "tenant")


@dataclass(frozen=True, slots=True)
class Like:
    """What the hits shall be like: a document by its id, or a text. One of the two."""

    document_id: str | None = None
    text: str | None = None


async def vector_of_document(store: Reader, document: str) -> tuple[NDArray[np.float32], str]:
    """The mean of its passages' vectors, of length 1, and the id of its content.

    Raises NotFoundError where the caller sees no such document, QueryError where it has no vectors (yet).
    """
    found = await store.retrieve(DOCUMENTS, [document], fields=["content"]) if is_id(document) else []
    if not found:
        raise NotFoundError(f"no document has the id {document!r}")
    identity = found[0].payload.get("content")
    contents = await store.retrieve(CONTENTS, [identity] if identity else [], fields=_NAMES)
    ids = [one for content in contents for one in chunk_ids(content.payload, content.payload["tenant"])]
    vectors = await store.vectors(CHUNKS, ids[:_MOST_PASSAGES])
    if not vectors:
        raise QueryError("no-vectors", f"document {document} has no text that was embedded: nothing is like it")
    return _mean(np.stack(list(vectors.values()))), str(identity)


async def vector_of_text(embedder: Embedder, text: str) -> NDArray[np.float32]:
    """The mean of the vectors of its pieces, of length 1."""
    return _mean(await asyncio.to_thread(embedder.embed_passages, _pieces(text)))


def _mean(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    mean = vectors.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)


def _pieces(text: str) -> list[str]:
    """Sentences put together as long as they fit."""
    pieces = [""]
    for start, end in sentence_spans(text, ""):
        sentence = text[start:end]
        if pieces[-1] and len(pieces[-1]) + len(sentence) > _PIECE:
            pieces.append("")
        pieces[-1] = f"{pieces[-1]} {sentence}".strip()
    return pieces[:_MOST_PIECES] if pieces[0] else [text]
