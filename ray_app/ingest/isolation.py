"""A stage over many documents, of which those at fault alone are lost."""

from __future__ import annotations

from collections.abc import Callable

from ray_app.logs import get_logger
from ray_app.records import Document, Failure

_log = get_logger(__name__)


def isolated(stage: str, work: Callable[[list[Document]], list[Document]], documents: list[Document]) -> list[Document]:
    """All documents at once; where that fails, one by one, so that only those at fault are lost."""
    try:
        return work(documents)
    except Exception as error:  # a model may raise anything at an odd text
        tell_one_by_one(stage, len(documents), error)
        return [_alone(stage, work, document) for document in documents]


def tell_one_by_one(stage: str, documents: int, error: Exception) -> None:
    """Into the log: it is slow, so that a model that fails at every block must not go unseen."""
    # Not what the error says: that may quote a document.
    _log.warning("block failed, now one by one", stage=stage, documents=documents, error=type(error).__name__)


def _alone(stage: str, work: Callable[[list[Document]], list[Document]], document: Document) -> Document:
    try:
        return work([document])[0]
    except Exception as error:  # it is recorded with the document
        failure = Failure(stage, "error", f"{type(error).__name__}: {error}"[:500])
        return Document(document.ref, document.sha256, failure=failure)
