"""Passages that may answer a question, numbered, as an answer cites them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ray_app.records import Hit, Passage


@dataclass(frozen=True, slots=True)
class Evidence:
    """One numbered passage (from 1) of a document."""

    number: int
    hit: Hit
    passage: Passage


@dataclass(frozen=True, slots=True)
class Citation:
    """A span of a document that supports a sentence: `start` and `end` count characters of the page."""

    number: int
    document_id: str
    uri: str
    page: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer; it is supported where it has a citation."""

    text: str
    citations: tuple[Citation, ...] = ()

    @property
    def supported(self) -> bool:
        return bool(self.citations)


def number(hits: Sequence[Hit]) -> list[Evidence]:
    """All passages of the hits, the best document's first."""
    pairs = [(hit, passage) for hit in hits for passage in hit.passages]
    return [Evidence(count, hit, passage) for count, (hit, passage) in enumerate(pairs, 1)]


def cite(evidence: Evidence, span: tuple[int, int] | None = None) -> Citation:
    """The passage, or a span within it."""
    passage = evidence.passage
    start, end = span or (0, passage.end - passage.start)
    return Citation(
        evidence.number,
        evidence.hit.document_id,
        evidence.hit.uri,
        passage.page,
        passage.start + start,
        passage.start + end,
    )


def to_json(evidence: Evidence) -> dict[str, Any]:
    """As the HTTP API describes it (`serving/bodies/answer.py`)."""
    hit, passage = evidence.hit, evidence.passage
    return {
        "number": evidence.number,
        "document_id": hit.document_id,
        "uri": hit.uri,
        "title": hit.title,
        "page": passage.page,
        "start": passage.start,
        "end": passage.end,
        "passage": passage.text,
    }
