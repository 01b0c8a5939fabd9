"""A stage over many documents, of which those at fault alone are lost."""

from __future__ import annotations

from collections.abc import Callable

from ray_app.records import Document, Failure


def isolated(stage: str, work: Callable[[list[Document]], list[Document]], documents: list[Document]) -> list[Document]:
    """All documents at once; where that fails, one by one, so that only those at fault are lost."""
    try:
        return work(documents)
    except Exception:  # a model may raise anything at an odd text
        return [_alone(stage, work, document) for document in documents]


def _alone(stage: str, work: Callable[[list[Document]], list[Document]], document: Document) -> Document:
    try:
        return work([document])[0]
    except Exception as error:  # it is recorded with the document
        failure = Failure(stage, "error", f"{type(error).__name__}: {error}"[:500])
        return Document(document.ref, document.sha256, failure=failure)
