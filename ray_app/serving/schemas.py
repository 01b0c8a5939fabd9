"""The bodies of requests and responses, as the OpenAPI page shows them."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

_HALF = re.compile("[\ud800-\udfff]")


class Unicode(BaseModel):
    """A request's body whose texts are all Unicode. JSON can write halves of characters, which nothing can keep."""

    @model_validator(mode="before")
    @classmethod
    def _is_unicode(cls, given: Any) -> Any:
        left = [given]
        while left:
            match left.pop():
                case str() as text if _HALF.search(text):
                    raise PydanticCustomError("half_character", "a text has a lone surrogate, half of a character")
                case dict() as fields:
                    left += [*fields, *fields.values()]
                case list() as items:
                    left += items
        return given


class Body(Unicode):
    """A request's body: unknown fields are refused, so that a misspelling is noticed."""

    model_config = ConfigDict(extra="forbid")


class LabelOut(BaseModel):
    """A class with its probability; `method` is a classifier's version, "zero-shot" for untrained ones, or "stated" for
    what a person said.
    """

    label: str
    probability: float
    method: str
    sure: bool = Field(True, description="False where it is wrong too often at this probability: a suggestion.")


class ClassifyBody(Body):
    """Texts to classify."""

    texts: list[str] = Field(min_length=1)
    explain: bool = Field(False, description="Tell also which words moved the decision.")


class StepOut(BaseModel):
    """A step of a path, a/b of a/b/c, and the probability that the text belongs there."""

    label: str
    probability: float


class TermOut(BaseModel):
    """What a word adds to the label's score, or [meaning], [before reading], [other words]; they sum to the score."""

    term: str
    weight: float


class ClassifiedText(LabelOut):
    """The likeliest label of a text, and the others in falling order of probability."""

    path: list[StepOut] = Field([], description="The steps to it, where labels are paths.")
    alternatives: list[LabelOut]
    terms: list[TermOut] = Field([], description="Why, the weightiest first, where that was asked.")


class ClassifyResult(BaseModel):
    """One for each text."""

    results: list[ClassifiedText]


class EmbeddingsBody(Unicode):
    """OpenAI's form; fields of theirs that have no meaning here are left unread."""

    input: Annotated[list[str], Field(min_length=1)] | str
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
    outcome: Literal["queued", "processing", "indexed", "duplicate", "quarantined", "deleted"]
    parent: str | None = Field(None, description="The document that it lies in: an e-mail, an archive.")
    children: int = Field(0, description="How many files lie inside it.")
    stage: str | None = Field(None, description="Where it failed.")
    reason: str | None = Field(None, description="Why it failed: a stable code.")
    detail: str | None = Field(None, description="Why it failed, in words.")
    stale: bool = Field(False, description="It failed, but an older version of it is still found.")
    tags: list[str] = Field([], description="What an upload was marked with.")
    attempts: int | None = Field(None, description="How often the online worker has begun with it since it was queued.")
    queued: str | None = Field(None, description="When it was uploaded, or asked to be processed again.")
    begun: str | None = Field(None, description="When the online worker began with it.")
    finished: str | None = Field(None, description="When the online worker was done with it.")
    updated: str


class NearDuplicate(BaseModel):
    """Another document, and the estimated share of the wording that both have (0 to 1)."""

    id: str
    uri: str
    similarity: float


class PageLanguageOut(BaseModel):
    """The language of one page: ISO 639-1, empty where it is too unsure."""

    page: int
    language: str
    confidence: float


class PlaceOut(BaseModel):
    """One of the places where the same content lies."""

    document_id: str
    uri: str
    source: str


class DocumentDetail(DocumentOut):
    """A place with what is known of its content."""

    title: str | None = None
    media_type: str | None = None
    language: str | None = None
    language_confidence: float | None = None
    page_languages: list[PageLanguageOut] = Field([], description="Of each page, where there are several.")
    plain: bool = Field(False, description="Its source does not take its language: it has no labels and no entities.")
    date: str | None = None
    pages: int | None = None
    chunks: int | None = None
    has_text: bool | None = Field(None, description="False for a scan: it is found by its name only.")
    pages_not_read: str | None = Field(None, description="Scans and pictures that were left out, by page, and why.")
    labels: list[LabelOut] = []
    risk: Literal["none", "personal", "sensitive", "high"] | None = Field(None, description="Of its personal data.")
    kinds: list[str] = Field([], description="Kinds of what it mentions: person, email, dk.cpr...")
    near_duplicates: list[NearDuplicate] = []
    places: list[PlaceOut] = Field([], description="Where the same content lies, this document among them.")
    sha256: str | None = None


class PassageOut(BaseModel):
    """A passage as it is indexed; the span counts characters of the page's text."""

    ordinal: int
    page: int
    start: int
    end: int
    text: str
    confidence: float | None = Field(None, description="How sure the recognition of an image was.")


class TextPage(BaseModel):
    """Passages in order, and where the next page of them begins (null at the end)."""

    passages: list[PassageOut]
    next: int | None


class MarkedPassage(BaseModel):
    """A passage with the spans in it that match a query; `start` and `end` count characters of the page's text."""

    page: int
    start: int
    end: int
    passage: str
    highlights: list[tuple[int, int]]


class DocumentHits(BaseModel):
    """Passages in the order of the document."""

    hits: list[MarkedPassage]


class Accepted(BaseModel):
    """Documents that were stored and wait to be indexed."""

    documents: list[DocumentOut]


class DocumentPage(BaseModel):
    """Documents, and the cursor of the next page (null at the end)."""

    documents: list[DocumentOut]
    next: str | None
