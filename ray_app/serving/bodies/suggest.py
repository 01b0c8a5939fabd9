"""The body of `GET /v1/suggest`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class SuggestionOut(BaseModel):
    """A query that finds something."""

    text: str
    kind: Literal["word", "title"] = Field(description="The last word completed, or the title of a document.")
    documents: int = Field(description="In how many of the documents that were read for this it is.")


class Suggestions(BaseModel):
    """The most frequent first, titles last."""

    suggestions: list[SuggestionOut]
