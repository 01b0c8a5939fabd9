"""Figures of an index."""

from __future__ import annotations

from pydantic import BaseModel, Field

# The name of a value, and how many there are of it.
Counts = dict[str, int]


class DocumentFigures(BaseModel):
    """Places by what became of them, where they came from, and how large they are."""

    total: int
    by_outcome: Counts
    by_source: Counts
    by_size: Counts = Field(description="Classes of size; those that were written before there were any are left out.")


class ContentFigures(BaseModel):
    """Distinct contents: what lies at several places counts once. `by_label` goes by the most probable label."""

    total: int
    by_label: Counts
    by_language: Counts
    by_media_type: Counts


class QueueFigures(BaseModel):
    """What is yet to be done: documents that runs at work have listed and not finished; contents without vectors."""

    documents: int
    uploads: int = Field(description="Documents that wait for the online worker, or that it is at work on.")
    vectors: int
    runs: list[str] = Field(description="The runs at work, by their signs of life.")


class IndexFigures(BaseModel):
    """The tenant's points in each collection. `disk_bytes` is the whole index's: for the server's own tenant."""

    points: Counts
    disk_bytes: int | None = Field(None, description="Null on a Qdrant server, which knows its own.")
    model: str = Field(description="The embedding model.")
    fingerprint: str | None = Field(description="Of the embedding model whose vectors the index holds.")
    layout: dict[str, str] = Field(
        {},
        description="What stands behind each collection's name: a folder of an embedded index, or what a Qdrant "
        "server's alias leads to. For the server's own tenant.",
    )


class Stats(BaseModel):
    """What the caller may see of the index, in numbers. `queue` and `index` are for administrators."""

    documents: DocumentFigures
    contents: ContentFigures
    queue: QueueFigures | None = None
    index: IndexFigures | None = None
