"""The endpoints of labels, classifiers and personal data as functions that describe a request; see `calls.py`."""

from __future__ import annotations

from collections.abc import Sequence

from ray_app.client.call import Call, Request, delete, get, path_of, post, reader
from ray_app.serving.bodies.labels import HistoryOut, LabelCounts, LabelsOut, ReviewQueue
from ray_app.serving.bodies.models import InUse, Models
from ray_app.serving.bodies.privacy import (
    ErasureProof,
    Namings,
    People,
    PersonalData,
    PersonBody,
    PersonOut,
    PrivacyReport,
    RedactedText,
)
from ray_app.serving.bodies.similar import DuplicateGroups, KeyPhrases


def document_labels(identity: str, *, explain: bool = False) -> Call[LabelsOut]:
    """A document's labels; with `explain` also what moved the classifier's decision. Raises NotFoundError."""
    return get(path_of("documents", identity, "labels"), LabelsOut, explain=explain)


def label_document(identity: str, labels: Sequence[str]) -> Call[LabelsOut]:
    """Says what a document is: no run or classifier overwrites it. Raises NotFoundError."""
    path = path_of("documents", identity, "labels")
    return Call(Request("PUT", path, json={"labels": list(labels)}), reader(LabelsOut))


def unlabel_document(identity: str) -> Call[LabelsOut]:
    """Withdraws what people said of a document. Raises NotFoundError."""
    return Call(Request("DELETE", path_of("documents", identity, "labels")), reader(LabelsOut))


def document_history(identity: str) -> Call[HistoryOut]:
    """When a document was indexed, and who labelled it when. Raises NotFoundError."""
    return get(path_of("documents", identity, "history"), HistoryOut)


def labels() -> Call[LabelCounts]:
    """All labels in use."""
    return get("/v1/labels", LabelCounts)


def review_queue(*, limit: int = 20, source: str | None = None) -> Call[ReviewQueue]:
    """The documents whose label would teach the classifier most."""
    return get("/v1/review", ReviewQueue, limit=limit, source=source)


def models() -> Call[Models]:
    """The versions of the classifier. This and all of models is for administrators."""
    return get("/v1/models", Models)


def promote_model(version: str) -> Call[InUse]:
    """Puts a version into use. Raises NotFoundError."""
    return post(path_of("models", version, "promote"), InUse)


def rollback_model() -> Call[InUse]:
    """Puts the version that was in use before into use again. Raises RefusedError where there was none."""
    return post("/v1/models/rollback", InUse)


def key_phrases(identity: str, *, limit: int = 10) -> Call[KeyPhrases]:
    """What a document is about. Raises NotFoundError."""
    return get(path_of("documents", identity, "key-phrases"), KeyPhrases, limit=limit)


def duplicates(*, limit: int = 20, cursor: str | None = None) -> Call[DuplicateGroups]:
    """Groups of documents that say nearly the same."""
    return get("/v1/duplicates", DuplicateGroups, limit=limit, cursor=cursor)


def personal_data(identity: str) -> Call[PersonalData]:
    """What personal data a document holds, and how great a risk that is. Raises NotFoundError."""
    return get(path_of("documents", identity, "entities"), PersonalData)


def redacted(identity: str, *, start: int = 0, limit: int = 100) -> Call[RedactedText]:
    """A document's text without personal data. Raises NotFoundError."""
    return get(path_of("documents", identity, "redacted"), RedactedText, start=start, limit=limit)


def privacy_report() -> Call[PrivacyReport]:
    """Where personal data is, of what one may see."""
    return get("/v1/privacy/report", PrivacyReport)


def watch_list() -> Call[People]:
    """The people who are looked for. This and what follows is for administrators who see every source."""
    return get("/v1/watch", People)


def watch(person: PersonBody) -> Call[PersonOut]:
    """Looks for somebody from now on, and in what is indexed."""
    return post("/v1/watch", PersonOut, person.model_dump())


def unwatch(identity: str) -> Call[None]:
    """Takes somebody off the watch list. Raises NotFoundError."""
    return delete(path_of("watch", identity))


def documents_naming(identity: str, *, limit: int = 100, cursor: str | None = None) -> Call[Namings]:
    """The documents that name somebody on the watch list. Raises NotFoundError."""
    return get(path_of("watch", identity, "documents"), Namings, limit=limit, cursor=cursor)


def erase_with_proof(identities: Sequence[str], reason: str) -> Call[ErasureProof]:
    """Erases documents at once, and says what went and what is left. Raises NotFoundError before anything goes."""
    return post("/v1/privacy/erasures", ErasureProof, {"document_ids": list(identities), "reason": reason})
