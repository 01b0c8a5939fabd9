"""The bodies of `POST /v1/answer`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from ray_app.serving.schemas import Body


class AnswerBody(Body):
    """What is asked."""

    question: str = Field(description="A question, in any language.")
    filters: dict[str, Any] = Field(
        default_factory=dict, description="As a search's: answer from these documents only."
    )


class CitationOut(BaseModel):
    """Where a sentence is supported: a span of characters on a page. `number` is the passage's in `passages`."""

    number: int
    document_id: str
    uri: str
    page: int
    start: int
    end: int


class SentenceOut(BaseModel):
    """One sentence of the answer. Without a valid citation it is not supported."""

    text: str
    citations: list[CitationOut]
    supported: bool


class NumberedPassage(BaseModel):
    """A passage that the answer was made from."""

    number: int
    document_id: str
    uri: str
    title: str
    page: int
    start: int
    end: int
    passage: str


class AnswerResult(BaseModel):
    """The whole answer. `by` is `extract` for the documents' own sentences, else the language model's name."""

    supported: bool = Field(description="False where the documents do not answer; `answer` then says so.")
    answer: str
    by: str
    sentences: list[SentenceOut]
    passages: list[NumberedPassage]
    timings: dict[str, float] = Field(description="Milliseconds by step.")
