"""The values that flow through ray-app: places, pages, passages, contents, outcomes and hits."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from ray_app.findings import Reason, WatchMatch, WordHit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


# When a document's passages get their vectors: in the same run, or in a backfill.
When = Literal["now", "later"]
# What a caller may do: read; also upload, label and delete; also look after keys, sources, jobs and the audit log.
Role = Literal["reader", "editor", "admin"]
_NAMESPACE = uuid.UUID("6f2f3c5e-7d2c-5d52-9a3e-2f1f0c7f3b11")
# Between a file's URI and the name of a file inside it.
INSIDE = "!/"


@dataclass(frozen=True, slots=True)
class FileRef:
    """One place where a document lies: what a listing knows without reading it.

    `path` is relative to the root that was listed, with `/` between its parts. `size` is in bytes, 0 where
    the place does not say; `modified` is in seconds since 1970, UTC, 0 where it does not say. A file inside
    another (an attachment, a member of an archive) has that one's URI as its `parent`.
    """

    uri: str
    path: str
    source: str
    tenant: str
    size: int
    modified: float
    etag: str = ""
    parent: str = ""

    @property
    def name(self) -> str:
        """The file's own name, without its folders."""
        return PurePosixPath(self.path).name

    @property
    def folder(self) -> str:
        """The folder below the source's root, "" at the root itself."""
        parent = str(PurePosixPath(self.path).parent)
        return "" if parent == "." else parent

    @property
    def version(self) -> str:
        """Changes when the file's size, time or etag does."""
        return f"{self.size}-{self.modified:.6f}-{self.etag}"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which files of a source are wanted; an empty one wants all.

    `include` and `exclude` are patterns as in .gitignore, matched against a file's path below the root.
    `types` are media types (`application/pdf`, `image/*`) or suffixes (`pdf`, `.pdf`), told by the name.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    max_bytes: int | None = None


EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of text; `number` counts from 1. A format without pages has one.

    `confidence` (0 to 1) is how sure the recognition of an image was, None where the text was there as text. A page
    of both has the confidence of what was recognised: it says nothing of the rest, which is certain.
    """

    number: int
    text: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Child:
    """A file inside a document: an attachment, or a member of an archive. `name` may begin with folders.

    Names are unique within a document. A file that could not be taken out has a `failure` and no `data`.
    """

    name: str
    data: bytes
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a parser found: text by page, what the file says of itself, and the files inside it.

    `date` is the document's own date as it says it, in ISO 8601, None where it has none. It may be of no calendar: the
    pipeline looks at that, for all parsers.
    """

    media_type: str
    pages: tuple[Page, ...]
    title: str = ""
    date: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    children: tuple[Child, ...] = ()

    @property
    def has_text(self) -> bool:
        return any(page.text.strip() for page in self.pages)


@dataclass(frozen=True, slots=True)
class Chunk:
    """One passage: `text` is exactly `page_text[start:end]` of page number `page`, and as sure as the page's."""

    ordinal: int
    text: str
    page: int
    start: int
    end: int
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class PageLanguage:
    """The language of one page: an ISO 639-1 code, "" where it is too unsure, and how sure it is (0 to 1)."""

    page: int
    language: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Label:
    """A class with its probability; `method` says who judged: a classifier's version or "zero-shot".

    One that is not `sure` is wrong too often at this probability: it is a suggestion.
    """

    label: str
    probability: float
    method: str
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Mention:
    """Where a text names a person, an organisation or a place, or writes an identifier out.

    `kind` is one of a closed list (`person`, `organisation`, `place`, `email`, `dk.cpr`...). `start` and `end` are its
    span in the text of page number `page`, in characters; `value` is its normal form, the same however it is written.
    `confidence` (0 to 1) is how sure the finder is, `found_by` names the rule or the model. `number` tells different
    values of a document apart where the index keeps them masked.
    """

    kind: str
    page: int
    start: int
    end: int
    value: str
    confidence: float
    found_by: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Content:
    """What lies at one or more places, known by its hash, with all that was found out about it.

    `vectors` has one row per chunk: float32, shape (chunks, dimension), unit length; None where they are
    left for later. `labels` are sorted, the most probable first. `children` counts the files inside.
    `pages_not_read` says which scanned pages, or pages with pictures, were left out, and why.
    `signature` and `bands` tell near-duplicates (`enrichment.duplicates`); they are empty where there is no text.
    `language` is "" where it is too unsure; words are stemmed for `stemming`, the likeliest one, all the same.
    `page_languages` has every page of a document of several. A `plain` one is indexed without labels and entities.
    `mentions`, high-risk `words` and `watched` people are in the order of the text; `risk` is what they amount to, ""
    where nobody looked; `searched_by` names the rules and the model that did. Of many mentions only the first may be
    kept: `mentions_found` counts all, and `kinds` has those of all.
    """

    sha256: str
    media_type: str
    title: str
    date: str
    page_count: int
    has_text: bool
    chunks: tuple[Chunk, ...]
    language: str = ""
    language_confidence: float = 0.0
    vectors: NDArray[np.float32] | None = None
    labels: tuple[Label, ...] = ()
    children: int = 0
    pages_not_read: str = ""
    signature: bytes = b""
    bands: tuple[int, ...] = ()
    stemming: str = ""
    page_languages: tuple[PageLanguage, ...] = ()
    plain: bool = False
    mentions: tuple[Mention, ...] = ()
    mentions_found: int = 0
    kinds: tuple[str, ...] = ()
    words: tuple[WordHit, ...] = ()
    watched: tuple[WatchMatch, ...] = ()
    risk: str = ""
    reasons: tuple[Reason, ...] = ()
    searched_by: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a document could not be indexed: the stage, a stable reason, and a detail for people.

    A `passing` one lies in the circumstances, not in the document: the next run tries again.
    """

    stage: str
    reason: str
    detail: str
    passing: bool = False


class Outcome(StrEnum):
    """What became of a document in a run; the last two are of documents that the online worker has yet to finish."""

    INDEXED = "indexed"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    DELETED = "deleted"
    QUEUED = "queued"
    PROCESSING = "processing"


@dataclass(frozen=True, slots=True)
class Document:
    """One document on its way through the pipeline, with the documents inside it.

    Exactly one of three is true of a finished one: it has `content`; it has a `failure`; or it has
    neither, and its content (`sha256`) is in the index already.
    """

    ref: FileRef
    sha256: str = ""
    content: Content | None = None
    failure: Failure | None = None
    children: tuple[Document, ...] = ()


def walk(documents: Iterable[Document]) -> Iterator[Document]:
    """The documents with all inside them, each after those inside it."""
    for document in documents:
        yield from walk(document.children)
        yield document


@dataclass(frozen=True, slots=True)
class Passage:
    """One passage of a hit. `start` and `end` are its span in the text of its page.

    `highlights` are spans of matching words within `text`, `sentence` is the one closest in meaning to the query,
    None where it was not looked for. All count characters (Unicode code points).
    """

    id: str
    text: str
    page: int
    start: int
    end: int
    score: float
    highlights: tuple[tuple[int, int], ...] = ()
    sentence: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A hit's place in one list that the answer was made of: `rank` counts passages from 1."""

    score: float
    rank: int


@dataclass(frozen=True, slots=True)
class Shares:
    """What a passage's merged score is the sum of; `neighbours` is what passages like it add, or take away."""

    words: float
    meaning: float
    neighbours: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a hit's score was made of: None where its best passage is not among a list's candidates.

    `shares` of a merged score that is made of both scores; an engine's own fusion does not tell them.
    """

    words: Part | None
    meaning: Part | None
    fusion: str | None
    fused: float | None
    shares: Shares | None = None
    reranker: float | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One document that answers a query, with its best passages, the best one first.

    `places` are the URIs of documents with this content that the caller may see, 100 at most; `document_id`, `uri` and
    `source` are the first's. `content` is the content's id, which is not for callers. Words are stemmed for `stemming`,
    also where `language` is too unsure to be told.
    """

    content: str
    document_id: str
    uri: str
    source: str
    title: str
    score: float
    passages: tuple[Passage, ...]
    labels: tuple[Label, ...]
    language: str
    stemming: str
    media_type: str
    date: str
    places: tuple[str, ...]
    explanation: Explanation | None = None


def child_ref(parent: FileRef, child: Child) -> FileRef:
    """The place of a file inside a document: `<its URI>!/<name>`. Names are distinct in one document, and harmless."""
    return FileRef(
        uri=f"{parent.uri}{INSIDE}{child.name}",
        path=f"{parent.path}/{child.name}",
        source=parent.source,
        tenant=parent.tenant,
        size=len(child.data),
        modified=parent.modified,
        etag=parent.etag,
        parent=parent.uri,
    )


def document_id(tenant: str, source: str, uri: str) -> str:
    """The id of a place."""
    return str(uuid.uuid5(_NAMESPACE, f"document\n{tenant}\n{source}\n{uri}"))


def content_id(tenant: str, sha256: str) -> str:
    """The id of one distinct content of a tenant."""
    return str(uuid.uuid5(_NAMESPACE, f"content\n{tenant}\n{sha256}"))


def chunk_id(tenant: str, sha256: str, pipeline: str, ordinal: int) -> str:
    """The id of one passage of a content, as one version of the pipeline cut it."""
    return str(uuid.uuid5(_NAMESPACE, f"chunk\n{tenant}\n{sha256}\n{pipeline}\n{ordinal}"))


def record_id(kind: str, key: str) -> str:
    """The id of a small record in the registry."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}\n{key}"))
