"""The bodies of requests and responses, as the OpenAPI page shows them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ray_app.search.request import FACETS, Mode


class Body(BaseModel):
    """A request's body: unknown fields are refused, so that a misspelling is noticed."""

    model_config = ConfigDict(extra="forbid")


class SearchBody(Body):
    """What to look for."""

    query: str = Field(description="Words, or a question, in any language.")
    mode: Mode = Field(
        "hybrid", description="By words and meaning (hybrid), by meaning (dense), or by words (lexical)."
    )
    limit: int = Field(10, description="Most hits.")
    filters: dict[str, Any] = Field(
        default_factory=dict,
        description="source, folder, language, media_type, label: a value or a list of values; "
        "date: a day, or an object with gte, gt, lte, lt.",
        examples=[{"label": ["invoice", "letter"], "date": {"gte": "2025-01-01"}}],
    )
    facets: list[str] = Field(list(FACETS), description="Fields whose values are counted.")


class LabelOut(BaseModel):
    """A class with its probability; `method` is a classifier's version, or "zero-shot" for untrained ones."""

    label: str
    probability: float
    method: str


class HitOut(BaseModel):
    """A document with its best passage. Spans count characters; `highlights` lie within `passage`."""

    document_id: str
    uri: str
    source: str
    title: str
    score: float
    page: int
    start: int
    end: int
    passage: str
    highlights: list[tuple[int, int]]
    labels: list[LabelOut]
    language: str
    media_type: str
    date: str
    places: list[str]


class FacetValue(BaseModel):
    """A value and the number of documents that have it."""

    value: str
    count: int


class SearchResult(BaseModel):
    """The whole answer. `total` counts the documents that pass the filters and hold a word of the query."""

    stage: Literal["lexical", "hybrid", "dense"]
    hits: list[HitOut]
    facets: dict[str, list[FacetValue]]
    total: int
    timings: dict[str, float] = Field(description="Milliseconds by step.")


class ClassifyBody(Body):
    """Texts to classify."""

    texts: list[str] = Field(min_length=1)


class ClassifyResult(BaseModel):
    """Labels of each text, the most probable first."""

    results: list[list[LabelOut]]


class EmbeddingsBody(BaseModel):
    """OpenAI's form; fields of theirs that have no meaning here are left unread."""

    input: str | list[str]
    model: str | None = None
    encoding_format: Literal["float", "base64"] = "float"


class EmbeddingOut(BaseModel):
    """One vector of length 1: numbers, or base64 of little-endian float32."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class Usage(BaseModel):
    """Tokens that were read."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingsResult(BaseModel):
    """OpenAI's form."""

    object: Literal["list"] = "list"
    data: list[EmbeddingOut]
    model: str
    usage: Usage


class DocumentOut(BaseModel):
    """A place in a source, and what became of it."""

    id: str
    uri: str
    source: str
    folder: str
    size: int
    modified: str
    outcome: Literal["indexed", "duplicate", "quarantined", "deleted"]
    parent: str | None = Field(None, description="The document that it lies in: an e-mail, an archive.")
    children: int = Field(0, description="How many files lie inside it.")
    stage: str | None = Field(None, description="Where it failed.")
    reason: str | None = Field(None, description="Why it failed: a stable code.")
    detail: str | None = Field(None, description="Why it failed, in words.")
    stale: bool = Field(False, description="It failed, but an older version of it is still found.")
    updated: str


class NearDuplicate(BaseModel):
    """Another document, and the estimated share of the wording that both have (0 to 1)."""

    id: str
    uri: str
    similarity: float


class DocumentDetail(DocumentOut):
    """A place with what is known of its content."""

    title: str | None = None
    media_type: str | None = None
    language: str | None = None
    language_confidence: float | None = None
    date: str | None = None
    pages: int | None = None
    chunks: int | None = None
    has_text: bool | None = Field(None, description="False for a scan: it is found by its name only.")
    pages_not_read: str | None = Field(None, description="Scans and pictures that were left out, by page, and why.")
    labels: list[LabelOut] = []
    near_duplicates: list[NearDuplicate] = []
    sha256: str | None = None


class DocumentPage(BaseModel):
    """Documents, and the cursor of the next page (null at the end)."""

    documents: list[DocumentOut]
    next: str | None
