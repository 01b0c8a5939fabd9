"""The pipeline, stage by stage: plain functions from documents to documents.

    fetch → (leave out known contents) → extract → enrich → embed → classify → write

Ray Data (`ingest/`), training and the HTTP API call these same functions. A document that fails in a stage
carries its failure past the later ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from semantic_text_splitter import TextSplitter

from ray_app import sources
from ray_app.enrichment.chunking import CHUNKING_VERSION, chunk, make_splitter, name_chunk, pages_of
from ray_app.enrichment.duplicates import bands, signature
from ray_app.enrichment.entities import NameFinder
from ray_app.enrichment.entities import find as find_entities
from ray_app.enrichment.identifiers import IDENTIFIERS_VERSION, find_identifiers
from ray_app.enrichment.language import SAMPLE_CHARS, detect, detect_pages, name_of
from ray_app.enrichment.privacy.masking import kept_value
from ray_app.enrichment.privacy.matcher import Matcher
from ray_app.enrichment.privacy.risk import assess
from ray_app.enrichment.privacy.words import find_words
from ray_app.errors import ConfigurationError, ParsingError, SourceError
from ray_app.models.classification.classifier import Classifier
from ray_app.models.embedder import Embedder
from ray_app.models.prepared import PreparedModel
from ray_app.parsing import PARSING_VERSION
from ray_app.parsing.budget import Budget
from ray_app.parsing.sandbox import Sandbox
from ray_app.records import (
    Child,
    Chunk,
    Content,
    Document,
    Failure,
    FileRef,
    Mention,
    Page,
    Parsed,
    child_ref,
    walk,
)
from ray_app.settings import ChunkingSettings, LanguageSettings, PrivacySettings, Settings, SourceSettings
from ray_app.sources import originals
from ray_app.store.bm25 import BM25_VERSION
from ray_app.store.dates import in_utc
from ray_app.store.points import iso
from ray_app.timing import timed


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file's bytes and their hash, or why there are none."""

    ref: FileRef
    data: bytes = b""
    sha256: str = ""
    failure: Failure | None = None


# Which of the files' contents the index holds already: each with its tenant and its SHA-256, since what one tenant
# has is nothing to another.
Known = Callable[[Sequence[Fetched]], Collection[tuple[str, str]]]
_TOO_DEEP = Failure("parse", "nested_too_deep", "files in files in files (setting parsing.max_depth)")


@dataclass(frozen=True, slots=True)
class Enricher:
    """What `enrich` works with. `allowed` has the languages that a source takes, where it does not take all.

    Without `names`, no model looks for persons, organisations and places; without `watched`, nobody for watched people.
    `version` names the rules and the model that look for entities.
    """

    languages: LanguageSettings
    privacy: PrivacySettings
    allowed: Mapping[str, Collection[str]]
    names: NameFinder | None = None
    watched: Matcher | None = None
    version: str = IDENTIFIERS_VERSION


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
    find_identifiers("warm", 1)


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


def hashes_of(files: Sequence[Fetched]) -> set[tuple[str, str]]:
    """What to ask of the index about the files: the tenant and the SHA-256 of each that was read."""
    return {(file.ref.tenant, file.sha256) for file in files if file.sha256}


def extract(
    files: Sequence[Fetched], known: Known, sandbox: Sandbox, splitter: TextSplitter, *, depth: int, children_mb: int
) -> list[Document]:
    """Parses the files, but those that failed and those whose content is known; cuts them and finds their language.

    What lies inside them (attachments, members of archives) becomes their children, down to `depth` files deep, as long
    as all that lies inside one of the files takes at most `children_mb`. What goes beyond fails as `archive_bomb`.
    """
    with timed("lookup"):
        skip = set(known(files))
    work = _Extraction(known, sandbox, splitter, skip)
    return [_extract_whole(file, work, depth, Budget(children_mb)) for file in files]


@dataclass(frozen=True, slots=True)
class _Extraction:
    """What all files of a batch are extracted with; `skip` grows by what was read."""

    known: Known
    sandbox: Sandbox
    splitter: TextSplitter
    skip: set[tuple[str, str]]


def _extract_whole(file: Fetched, work: _Extraction, depth: int, budget: Budget) -> Document:
    """The document with all inside it, before the next one is begun: never more than the budget is held at a time."""
    if budget.spent:
        return Document(file.ref, file.sha256, failure=file.failure or budget.spent)
    document, parts = _extract_one(file, work, budget)
    if not parts:
        if document.content:
            work.skip.add((file.ref.tenant, file.sha256))  # a copy of it in the same batch
        return document
    if not depth:
        return replace(document, children=tuple(Document(one.ref, one.sha256, failure=_TOO_DEEP) for one in parts))
    with timed("lookup"):
        work.skip.update(work.known(parts))
    return replace(document, children=tuple(_extract_whole(part, work, depth - 1, budget) for part in parts))


def enrich(documents: Sequence[Document], enricher: Enricher) -> list[Document]:
    """Adds what is found in the text of the documents, and of those inside them, and turns away foreign languages."""
    welcome = [_by_language(one, enricher) for one in documents]
    return _with_contents(welcome, iter(find_personal(_contents(welcome), enricher)))


def _by_language(document: Document, enricher: Enricher) -> Document:
    document = replace(document, children=tuple(_by_language(one, enricher) for one in document.children))
    content = document.content
    if not content or not content.has_text:
        return document
    settings = enricher.languages
    pages = pages_of(content.chunks)
    with timed("language"):
        of_pages = detect_pages(pages, min_confidence=settings.min_confidence) if len(pages) > 1 else ()
    sure = content.language_confidence >= settings.min_confidence
    content = replace(content, language=content.language if sure else "", page_languages=of_pages)
    takes = enricher.allowed.get(document.ref.source, ())
    if content.language and takes and content.language not in takes:
        if settings.not_allowed == "quarantine":
            return replace(document, content=None, failure=_foreign(content, document.ref.source, takes))
        return replace(document, content=replace(content, plain=True))
    return replace(document, content=content)


def find_personal(contents: Sequence[Content], enricher: Enricher) -> list[Content]:
    """Adds the personal data that each names, and how great a risk that is; what is to be kept plain stays as it is."""
    pages = [pages_of(one.chunks) if one.has_text and not one.plain else () for one in contents]
    with timed("entities"):
        mentions = iter(find_entities([page for some in pages for page in some], enricher.names))
    return [
        _with_personal(one, some, [each for _ in some for each in next(mentions)], enricher) if some else one
        for one, some in zip(contents, pages, strict=True)
    ]


def _with_personal(content: Content, pages: Sequence[Page], mentions: Sequence[Mention], enricher: Enricher) -> Content:
    with timed("privacy"):
        own = enricher.privacy.words_dir
        words = [hit for page in pages for hit in find_words(page.text, page.number, content.language, own=own)]
        watched = enricher.watched.find_in(pages) if enricher.watched else []
    found = replace(
        content,
        mentions=tuple(mentions),
        mentions_found=len(mentions),
        kinds=tuple(sorted({mention.kind for mention in mentions})),
        words=tuple(words),
        watched=tuple(watched),
        searched_by=enricher.version,
    )
    return assessed(found, enricher.privacy)


def assessed(content: Content, settings: PrivacySettings) -> Content:
    """With its risk, by all that is known of it so far."""
    judged = assess(content.mentions, content.labels, content.words, content.watched, settings)
    return replace(content, risk=judged.risk.value, reasons=judged.reasons)


def for_keeping(documents: Sequence[Document], settings: PrivacySettings) -> list[Document]:
    """With as much of personal values as the index is to keep, and of very many mentions the first."""
    return _with_contents(documents, (kept(content, settings) for content in _contents(documents)))


def kept(content: Content, settings: PrivacySettings) -> Content:
    """The content with as much of its personal data as is to be kept; its risk is judged by all of it before.

    Different values stay different ones when they look the same: the risk is judged again when labels change.
    """
    most = settings.max_mentions
    numbers: dict[tuple[str, str], int] = {}
    mentions = [
        replace(
            one,
            value=kept_value(one.value, one.kind, settings),
            number=numbers.setdefault((one.kind, one.value), len(numbers)),
        )
        for one in content.mentions[:most]
    ]
    return replace(content, mentions=tuple(mentions), words=content.words[:most])


def _foreign(content: Content, source: str, takes: Collection[str]) -> Failure:
    detail = (
        f"its text is {name_of(content.language)} (confidence {content.language_confidence:.2f}); "
        f"the source {source} takes {', '.join(map(name_of, takes))}"
    )
    return Failure("language", "language_not_allowed", detail)


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


def classify(documents: Sequence[Document], classifier: Classifier, privacy: PrivacySettings) -> list[Document]:
    """Adds labels to the documents and to those inside them; what they say of the risk is told, too."""
    labelled = classify_contents(_contents(documents), classifier)
    return _with_contents(documents, (assessed(one, privacy) if one.labels else one for one in labelled))


def classify_contents(contents: Sequence[Content], classifier: Classifier) -> list[Content]:
    """Adds labels where there is text: a name alone says too little."""
    judged = [content for content in contents if _is_judged(content)]
    if not judged:
        return list(contents)
    labels = iter(
        classifier.classify(
            [text_of(content.chunks) for content in judged],
            np.stack([mean_vector(content.vectors) for content in judged if content.vectors is not None]),
            [content.title for content in judged],
            [content.language for content in judged],
        )
    )
    return [replace(content, labels=next(labels)) if _is_judged(content) else content for content in contents]


def _is_judged(content: Content) -> bool:
    return content.has_text and not content.plain


def text_of(chunks: Sequence[Chunk]) -> str:
    """The text that classifiers read."""
    return "\n".join(piece.text for piece in chunks)


def mean_vector(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The meaning of a whole document: the mean of its passages' vectors (passages, dimension), of length 1."""
    mean = vectors.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)


def _extract_one(file: Fetched, work: _Extraction, budget: Budget) -> tuple[Document, list[Fetched]]:
    """The document, and the files inside it."""
    if file.failure or (file.ref.tenant, file.sha256) in work.skip:
        return Document(file.ref, file.sha256, failure=file.failure), []
    try:
        with timed("parse"):
            parsed = work.sandbox.parse(file.data, file.ref.path)
    except ParsingError as error:
        return Document(file.ref, file.sha256, failure=Failure("parse", error.reason, str(error))), []
    try:
        content = content_of(file, parsed, work.splitter)
    except Exception as error:  # a file may hold anything: the others of its batch are not at fault
        failure = Failure("parse", "parser_error", f"{type(error).__name__}: {error}"[:500])
        return Document(file.ref, file.sha256, failure=failure), []
    # A small office file or page may hold a large text.
    unfolded = sum(len(chunk.text) for chunk in content.chunks) - len(file.data)
    beyond = budget.take(unfolded) if file.ref.parent and unfolded > 0 else None
    if beyond:
        return Document(file.ref, file.sha256, failure=beyond), []
    inner = [_taken_out(child, child_ref(file.ref, child), budget) for child in parsed.children]
    return Document(file.ref, file.sha256, content=content), inner


def _taken_out(child: Child, ref: FileRef, budget: Budget) -> Fetched:
    failure = child.failure or budget.take(len(child.data))
    if failure:
        return Fetched(ref, failure=failure)
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
        date=in_utc(parsed.date or "") or iso(file.ref.modified),
        page_count=len(parsed.pages),
        has_text=parsed.has_text,
        chunks=chunks,
        language=language.language if language else "",
        stemming=language.language if language else "",
        language_confidence=language.confidence if language else 0.0,
        children=len(parsed.children),
        pages_not_read=parsed.metadata.get("pages_not_read", ""),
        signature=wording,
        bands=tuple(bands(wording)),
    )
