"""The bodies of `POST /v1/search`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from ray_app.search.like import Like
from ray_app.search.page import Sort
from ray_app.search.request import COUNTABLE, FACETS, Mode, SearchRequest
from ray_app.serving.schemas import Body, LabelOut


class LikeBody(Body):
    """A document or a text. One of the two."""

    document_id: str | None = None
    text: str | None = None


class SearchBody(Body):
    """What to look for."""

    query: str = Field(
        "",
        description='Words, or a question, in any language. "A phrase in quotes" and +words must stand in a passage as '
        "they are, -words must not stand in the document. May be empty where `sort` is by date.",
    )
    like: LikeBody | None = Field(None, description="Instead of a query: more like this document, or like this text.")
    mode: Mode = Field(
        "hybrid", description="By words and meaning (hybrid), by meaning (dense), or by words (lexical)."
    )
    limit: int = Field(10, description="Most hits.")
    filters: dict[str, Any] = Field(
        default_factory=dict,
        description="source, folder, language, media_type, label: a value or a list of values; date: a day, or an "
        "object with gte, gt, lte, lt; pages: a number, or such an object. All must hold. and, or, not: lists of "
        "filters.",
        examples=[{"label": ["invoice", "letter"], "not": {"folder": "drafts"}, "date": {"gte": "2025-01-01"}}],
    )
    facets: list[str] = Field(
        list(FACETS),
        description=f"Fields whose values are counted, of {', '.join(COUNTABLE)} (by year, the latest first). A field "
        "that is filtered by is counted as if it were not, so that values can be added to it; folders are not.",
    )
    sort: Sort = Field("relevance", description="By relevance, or by the documents' dates.")
    cursor: str | None = Field(None, description="`next` of the page before, with the same search.")
    passages: int = Field(1, description="Most passages of each document; more than one are listed in `passages`.")
    explain: bool = Field(False, description="Tell what each score was made of.")
    min_score: float | None = Field(
        None, description="Leave out passages with a lower score in the last stage; scores depend on the mode."
    )
    diversity: float = Field(0.0, description="0: the most relevant hits. Up to 1: hits that differ from each other.")
    sentences: bool | None = Field(
        None, description="Mark the sentence closest in meaning to the query; null: as the server is set."
    )
    rerank: bool | None = Field(None, description="False: without the reranker, where the server has one.")

    def request(self) -> SearchRequest:
        """As the searcher takes it."""
        like = Like(self.like.document_id, self.like.text) if self.like else None
        given = {name: getattr(self, name) for name in type(self).model_fields if name not in ("like", "facets")}
        return SearchRequest(**given, facets=tuple(self.facets), like=like)


class PassageOut(BaseModel):
    """A passage. `start` and `end` count characters of the page; `highlights` and `sentence` lie within `passage`."""

    page: int
    start: int
    end: int
    passage: str
    highlights: list[tuple[int, int]]
    sentence: tuple[int, int] | None = Field(None, description="The sentence closest in meaning, where asked for.")


class ScoredPassage(PassageOut):
    """One of several passages of a document."""

    score: float


class PartOut(BaseModel):
    """A score and the rank, from 1, in one list of passages."""

    score: float
    rank: int


class SharesOut(BaseModel):
    """What a merged score is the sum of: words, meaning, and what passages like this one add or take away."""

    words: float
    meaning: float
    neighbours: float


class ExplanationOut(BaseModel):
    """What a score was made of: null where the best passage is not among a list's candidates."""

    words: PartOut | None
    meaning: PartOut | None
    fusion: Literal["scores", "dbsf", "rrf"] | None
    fused: float | None
    shares: SharesOut | None
    reranker: float | None


class HitOut(PassageOut):
    """A document with its best passage."""

    document_id: str
    uri: str
    source: str
    title: str
    score: float
    passages: list[ScoredPassage] = Field(description="The best passages, where more than one were asked for.")
    labels: list[LabelOut]
    language: str
    media_type: str
    date: str
    places: list[str]
    explain: ExplanationOut | None


class FacetValue(BaseModel):
    """A value and the number of documents that have it."""

    value: str
    count: int


class SearchResult(BaseModel):
    """The whole answer. `total` counts the documents that pass the filters and hold a word of the query."""

    stage: Literal["lexical", "hybrid", "dense", "filtered", "reranked"]
    hits: list[HitOut]
    facets: dict[str, list[FacetValue]]
    total: int
    next: str | None = Field(description="`cursor` of the next page; null at the end.")
    timings: dict[str, float] = Field(description="Milliseconds by step.")
