"""The bodies of labels that people give, and of what is to be labelled next."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from ray_app.serving.schemas import Body, ClassifiedText, DocumentOut, LabelOut

_Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class LabelsBody(Body):
    """What a document is, as a person says."""

    labels: list[_Label] = Field(min_length=1, max_length=20, description="Usually one; `a/b/c` for a path of labels.")


class LabelsOut(BaseModel):
    """A document's labels: those that people stated (`method` is `stated`) before those that a classifier judged."""

    document_id: str
    labels: list[LabelOut]
    judged: ClassifiedText | None = Field(None, description="How the classifier judges the text now, where asked.")


class StatedOut(BaseModel):
    """What somebody said that a document is. No labels: what was said before was withdrawn."""

    at: str
    who: str
    labels: list[str]
    before: list[str] = Field(description="What the index said until then.")


class HistoryOut(BaseModel):
    """How a document came to be what the index says of it. `labelled` has the latest first."""

    document_id: str
    indexed: str | None = Field(description="When its content was last indexed; null while it is not.")
    run: str | None = Field(description="The run that did it.")
    labelled: list[StatedOut]


class LabelCount(BaseModel):
    """A label, how many distinct documents have it, and of how many people said so."""

    label: str
    documents: int
    stated: int


class LabelCounts(BaseModel):
    """All labels in use, the most frequent first."""

    labels: list[LabelCount]


class ToReview(BaseModel):
    """A document that nobody has labelled. `value` (0 to 1) says how much a label of it would teach."""

    document: DocumentOut
    title: str
    labels: list[LabelOut]
    value: float


class ReviewQueue(BaseModel):
    """The documents to label next, the most instructive first."""

    documents: list[ToReview]
