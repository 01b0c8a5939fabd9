"""The pipeline, stage by stage: plain functions from documents to documents.

    fetch → (leave out known contents) → extract → embed → classify → write

Ray Data (`ingest/`), training and the HTTP API call these same functions. A document that fails in a stage
carries its failure past the later ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from semantic_text_splitter import TextSplitter

from ray_app import sources
from ray_app.enrichment.chunking import CHUNKING_VERSION, chunk, make_splitter, name_chunk
from ray_app.enrichment.duplicates import bands, signature
from ray_app.enrichment.language import SAMPLE_CHARS, detect
from ray_app.errors import ConfigurationError, ParsingError, SourceError
from ray_app.models.classification.classifier import Classifier
from ray_app.models.embedder import Embedder
from ray_app.models.prepared import PreparedModel
from ray_app.parsing import PARSING_VERSION
from ray_app.parsing.sandbox import Sandbox
from ray_app.records import Child, Chunk, Content, Document, Failure, FileRef, Parsed, child_ref, walk
from ray_app.settings import ChunkingSettings, Settings, SourceSettings
from ray_app.sources import originals
from ray_app.store.bm25 import BM25_VERSION
from ray_app.store.points import iso
from ray_app.timing import timed


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file's bytes and their hash, or why there are none."""

    ref: FileRef
    data: bytes = b""
    sha256: str = ""
    failure: Failure | None = None


# Which of the files' contents (by SHA-256) the index holds already.
Known = Callable[[Sequence[Fetched]], Collection[str]]
_TOO_DEEP = Failure("parse", "nested_too_deep", "files in files in files (setting parsing.max_depth)")


def pipeline_version(model: PreparedModel, settings: ChunkingSettings) -> str:
    """Names what turns a file into passages and vectors: when it changes, files are indexed anew."""
    parts = (
        PARSING_VERSION,
        CHUNKING_VERSION,
        str(passage_tokens(model, settings)),
        str(settings.overlap_tokens),
        BM25_VERSION,
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


def warm_up() -> None:
    """Loads what `extract` loads at its first document: some seconds that belong to a worker's start."""
    detect("warm")
    signature("warm")


def fetch(ref: FileRef, max_bytes: int, settings: SourceSettings = sources.DEFAULTS) -> Fetched:
    """Reads the file; what may pass has been tried as often as the settings say, and is tried again by the next run."""
    try:
        with timed("fetch"):
            data = sources.read(ref, max_bytes, settings)
    except SourceError as error:
        may_pass = error.reason != "too_large"  # rights are given, servers come back
        return Fetched(ref, failure=Failure("fetch", error.reason, str(error), passing=may_pass))
    return Fetched(ref, data, hashlib.sha256(data).hexdigest())


def keep(file: Fetched, settings: Settings) -> Fetched:
    """Keeps a copy of the file's bytes; a file whose copy cannot be kept fails, and is tried again by the next run."""
    try:
        if not file.failure:
            originals.keep(settings, file.sha256, file.data)
    except SourceError as error:
        return Fetched(file.ref, failure=Failure("fetch", "original_not_kept", str(error), passing=True))
    return file


def extract(
    files: Sequence[Fetched], known: Known, sandbox: Sandbox, splitter: TextSplitter, *, depth: int
) -> list[Document]:
    """Parses the files, but those that failed and those whose content is known; cuts them and finds their language.

    What lies inside them (attachments, members of archives) becomes their children, down to `depth` files deep.
    """
    with timed("lookup"):
        skip = set(known(files))
    documents = []
    inner: list[list[Fetched]] = []
    for file in files:
        document, parts = _extract_one(file, skip, sandbox, splitter)
        if document.content and not parts:
            skip.add(file.sha256)  # a copy of it in the same batch
        documents.append(document)
        inner.append(parts)
    below = [part for parts in inner for part in parts]
    if not below:
        return documents
    if not depth:
        children = iter([Document(part.ref, part.sha256, failure=_TOO_DEEP) for part in below])
    else:
        children = iter(extract(below, known, sandbox, splitter, depth=depth - 1))
    return [
        replace(document, children=tuple(next(children) for _ in parts)) if parts else document
        for document, parts in zip(documents, inner, strict=True)
    ]


def embed(documents: Sequence[Document], embedder: Embedder) -> list[Document]:
    """Adds vectors to the documents and to those inside them."""
    return _with_contents(documents, iter(embed_contents(_contents(documents), embedder)))


def embed_contents(contents: Sequence[Content], embedder: Embedder) -> list[Content]:
    """Adds vectors. All passages go to the model at once: it sorts them by length, which wastes least."""
    vectors = iter(embedder.embed_passages([piece.text for content in contents for piece in content.chunks]))
    return [
        replace(content, vectors=np.stack([next(vectors) for _ in content.chunks]).astype(np.float32))
        for content in contents
    ]


def classify(documents: Sequence[Document], classifier: Classifier) -> list[Document]:
    """Adds labels to the documents and to those inside them."""
    return _with_contents(documents, iter(classify_contents(_contents(documents), classifier)))


def classify_contents(contents: Sequence[Content], classifier: Classifier) -> list[Content]:
    """Adds labels where there is text: a name alone says too little."""
    judged = [content for content in contents if content.has_text]
    if not judged:
        return list(contents)
    labels = iter(
        classifier.classify(
            [text_of(content.chunks) for content in judged],
            np.stack([mean_vector(content.vectors) for content in judged if content.vectors is not None]),
            [content.title for content in judged],
        )
    )
    return [replace(content, labels=next(labels)) if content.has_text else content for content in contents]


def text_of(chunks: Sequence[Chunk]) -> str:
    """The text that classifiers read."""
    return "\n".join(piece.text for piece in chunks)


def mean_vector(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The meaning of a whole document: the mean of its passages' vectors (passages, dimension), of length 1."""
    mean = vectors.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)


def _extract_one(
    file: Fetched, skip: Collection[str], sandbox: Sandbox, splitter: TextSplitter
) -> tuple[Document, list[Fetched]]:
    """The document, and the files inside it."""
    if file.failure or file.sha256 in skip:
        return Document(file.ref, file.sha256, failure=file.failure), []
    try:
        with timed("parse"):
            parsed = sandbox.parse(file.data, file.ref.path)
    except ParsingError as error:
        return Document(file.ref, file.sha256, failure=Failure("parse", error.reason, str(error))), []
    inner = [_taken_out(child, child_ref(file.ref, child)) for child in parsed.children]
    return Document(file.ref, file.sha256, content=content_of(file, parsed, splitter)), inner


def _taken_out(child: Child, ref: FileRef) -> Fetched:
    if child.failure:
        return Fetched(ref, failure=child.failure)
    return Fetched(ref, child.data, hashlib.sha256(child.data).hexdigest())


def _contents(documents: Sequence[Document]) -> list[Content]:
    return [document.content for document in walk(documents) if document.content]


def _with_contents(documents: Sequence[Document], contents: Iterator[Content]) -> list[Document]:
    """The documents with their contents replaced, in the order of `walk`."""
    return [
        replace(
            document,
            children=tuple(_with_contents(document.children, contents)),
            content=next(contents) if document.content else None,
        )
        for document in documents
    ]


def content_of(file: Fetched, parsed: Parsed, splitter: TextSplitter) -> Content:
    """What was parsed, cut into passages, with its language and what tells near-duplicates."""
    with timed("chunk"):
        chunks = chunk(parsed.pages, splitter) or name_chunk(parsed.title)
        wording = signature("\n".join(page.text for page in parsed.pages))
    sample = " ".join(page.text for page in parsed.pages)[: 2 * SAMPLE_CHARS]
    with timed("language"):
        language = detect(sample) if parsed.has_text else None
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
        children=len(parsed.children),
        pages_not_read=parsed.metadata.get("pages_not_read", ""),
        signature=wording,
        bands=tuple(bands(wording)),
    )
