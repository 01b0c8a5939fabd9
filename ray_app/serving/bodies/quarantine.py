"""What is said of documents that could not be indexed."""

from __future__ import annotations

from pydantic import BaseModel, Field


class ReasonCount(BaseModel):
    """How many documents failed at a stage for a reason, and what a person can do about it."""

    stage: str
    reason: str = Field(description="A stable code: `GET /v1/documents?outcome=quarantined&reason=` lists them.")
    documents: int
    advice: str


class QuarantineFigures(BaseModel):
    """Documents in quarantine, counted by stage and reason, the most frequent first."""

    documents: int
    reasons: list[ReasonCount]
