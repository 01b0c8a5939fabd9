"""The pipeline, stage by stage: plain functions from documents to documents.

    fetch → (leave out known contents) → extract → embed → classify → write

Ray Data (`ingest/`), training and the HTTP API call these same functions. A document that fails in a stage
carries its failure past the later ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from semantic_text_splitter import TextSplitter

from ray_app import sources
from ray_app.enrichment.chunking import CHUNKING_VERSION, chunk, make_splitter, name_chunk
from ray_app.enrichment.language import SAMPLE_CHARS, detect
from ray_app.errors import ConfigurationError, ParsingError, SourceError
from ray_app.models.classifier import Classifier
from ray_app.models.embedder import Embedder
from ray_app.models.prepared import PreparedModel
from ray_app.parsing import PARSING_VERSION
from ray_app.parsing.sandbox import Sandbox
from ray_app.records import Chunk, Content, Document, Failure, FileRef, Parsed
from ray_app.settings import ChunkingSettings, SourceSettings
from ray_app.store.points import iso


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file's bytes and their hash, or why there are none."""

    ref: FileRef
    data: bytes = b""
    sha256: str = ""
    failure: Failure | None = None


def pipeline_version(model: PreparedModel, settings: ChunkingSettings) -> str:
    """Names what turns a file into passages and vectors: when it changes, files are indexed anew."""
    parts = (
        PARSING_VERSION,
        CHUNKING_VERSION,
        str(passage_tokens(model, settings)),
        str(settings.overlap_tokens),
        model.manifest.fingerprint,
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def passage_tokens(model: PreparedModel, settings: ChunkingSettings) -> int:
    """Most tokens of a passage, special ones left out. Raises ConfigurationError where the overlap eats them all."""
    most = model.manifest.max_tokens - model.manifest.special_tokens
    tokens = min(settings.max_tokens or most, most)
    if settings.overlap_tokens >= tokens:
        raise ConfigurationError(f"setting chunking.overlap_tokens must be below {tokens}, the passage's length")
    return tokens


def open_splitter(model: PreparedModel, settings: ChunkingSettings) -> TextSplitter:
    """What cuts pages into passages for this model."""
    return make_splitter(model.tokenizer(), passage_tokens(model, settings), settings.overlap_tokens)


def fetch(ref: FileRef, max_bytes: int, settings: SourceSettings = sources.DEFAULTS) -> Fetched:
    """Reads the file; a passing failure has been tried as often as the settings say."""
    try:
        data = sources.read(ref, max_bytes, settings)
    except SourceError as error:
        return Fetched(ref, failure=Failure("fetch", error.reason, str(error), passing=error.passing))
    return Fetched(ref, data, hashlib.sha256(data).hexdigest())


def extract(file: Fetched, known: Collection[str], sandbox: Sandbox, splitter: TextSplitter) -> Document:
    """Parses the file, unless it failed or its content (by hash) is `known`; cuts it and finds its language."""
    if file.failure or file.sha256 in known:
        return Document(file.ref, file.sha256, failure=file.failure)
    try:
        parsed = sandbox.parse(file.data, file.ref.path)
    except ParsingError as error:
        return Document(file.ref, file.sha256, failure=Failure("parse", error.reason, str(error)))
    return Document(file.ref, file.sha256, content=_content(file, parsed, splitter))


def embed(documents: Sequence[Document], embedder: Embedder) -> list[Document]:
    """Adds vectors. All passages go to the model at once: it sorts them by length, which wastes least."""
    texts = [piece.text for document in documents if document.content for piece in document.content.chunks]
    vectors = iter(embedder.embed_passages(texts))
    return [
        replace(
            document,
            content=replace(content, vectors=np.stack([next(vectors) for _ in content.chunks]).astype(np.float32)),
        )
        if (content := document.content)
        else document
        for document in documents
    ]


def classify(documents: Sequence[Document], classifier: Classifier) -> list[Document]:
    """Adds labels to documents with text: a name alone says too little."""
    contents = [document.content for document in documents if document.content and document.content.has_text]
    if not contents:
        return list(documents)
    labels = iter(
        classifier.classify(
            [text_of(content.chunks) for content in contents],
            np.stack([mean_vector(content.vectors) for content in contents if content.vectors is not None]),
        )
    )
    return [
        replace(document, content=replace(content, labels=next(labels)))
        if (content := document.content) and content.has_text
        else document
        for document in documents
    ]


def text_of(chunks: Sequence[Chunk]) -> str:
    """The text that classifiers read."""
    return "\n".join(piece.text for piece in chunks)


def mean_vector(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The meaning of a whole document: the mean of its passages' vectors (passages, dimension), of length 1."""
    mean = vectors.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)


def _content(file: Fetched, parsed: Parsed, splitter: TextSplitter) -> Content:
    chunks = chunk(parsed.pages, splitter) or name_chunk(parsed.title)
    language = detect(" ".join(page.text for page in parsed.pages)[: 2 * SAMPLE_CHARS]) if parsed.has_text else None
    return Content(
        sha256=file.sha256,
        media_type=parsed.media_type,
        title=parsed.title,
        date=parsed.date or iso(file.ref.modified),
        page_count=len(parsed.pages),
        has_text=parsed.has_text,
        chunks=chunks,
        language=language.language if language else "",
        language_confidence=language.confidence if language else 0.0,
    )
