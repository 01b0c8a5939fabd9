"""Documents and contents as points: which fields the index keeps of them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import PurePosixPath
from uuid import UUID

from ray_app.records import INSIDE, Content, Document, FileRef, Label, Outcome, chunk_id, content_id, document_id
from ray_app.store import bm25
from ray_app.store.personal import found_fields, personal_fields
from ray_app.store.protocol import Payload, Point
from ray_app.store.vocabulary import frequent_words

# What `pending` says of a content whose vectors are left for later.
EMBEDDING = "embedding"
# Sizes of files that are counted together: name, and the bytes from which on they are larger.
SIZE_CLASSES = {"under 10 kB": 10_000, "under 100 kB": 100_000, "under 1 MB": 1_000_000, "under 10 MB": 10_000_000}
LARGEST = "10 MB and more"
# What a label that a person stated gives as its method.
STATED = "stated"
# Labels kept of a content: the likely ones; a classifier may know a hundred.
_LABELS = 5


def document_payload(document: Document, *, outcome: Outcome, run: str, pipeline: str) -> Payload:
    """A place and what became of it; the caller adds its content or its failure."""
    ref = document.ref
    payload: Payload = {
        "tenant": ref.tenant,
        "source": ref.source,
        "uri": ref.uri,
        "path": ref.path,
        "folder": ref.folder,
        "folders": ancestors(ref.folder),
        "ancestors": [ref.uri, *_uris_above(ref.uri)],
        "size": ref.size,
        "size_class": size_class(ref.size),
        "modified": iso(ref.modified),
        "version": ref.version,
        "outcome": outcome.value,
        "run": run,
        "pipeline": pipeline,
        "updated": now(),
    }
    if ref.parent:
        payload["parent"] = document_id(ref.tenant, ref.source, ref.parent)
    if document.children:
        payload["children"] = len(document.children)
    return payload


def content_points(
    content: Content,
    *,
    tenant: str,
    sources: Iterable[str],
    folders: Iterable[str],
    run: str,
    pipeline: str,
) -> tuple[Point, list[Point]]:
    """The point of a content and those of its passages."""
    shared: Payload = {
        "tenant": tenant,
        "sources": sorted(sources),
        "folders": sorted(folders),
        "media_type": content.media_type,
        "date": content.date,
        "pages": content.page_count,
        "pipeline": pipeline,
        **found_fields(content),
    }
    if content.language:
        shared["language"] = content.language
    if content.labels:
        shared["label"] = [content.labels[0].label]
    # A passage is also found by the words of its document's title.
    stemming = content.stemming or content.language
    vectors = [bm25.passage_vector(chunk.text, stemming, content.title) for chunk in content.chunks]
    identity = content_id(tenant, content.sha256)
    near: Payload = {}
    if content.signature:
        near = {"bands": list(content.bands), "signature": base64.b64encode(content.signature).decode()}
    whole = Point(
        identity,
        {
            **shared,
            **near,
            "sha256": content.sha256,
            "title": content.title,
            "language_confidence": content.language_confidence,
            "stemming": stemming,
            "page_languages": [asdict(one) for one in content.page_languages],
            "plain": content.plain,
            "has_text": content.has_text,
            "chunks": len(content.chunks),
            "children": content.children,
            "pages_not_read": content.pages_not_read,
            **judged_fields(content.labels),
            **personal_fields(content),
            "terms": sorted({index for vector in vectors for index in vector.indices}),
            "words": frequent_words(content.title, (chunk.text for chunk in content.chunks), stemming),
            **({"pending": [EMBEDDING]} if content.vectors is None else {}),
            "run": run,
            "updated": now(),
        },
    )
    passages = [
        Point(
            chunk_id(tenant, content.sha256, pipeline, chunk.ordinal),
            {**shared, **_present(asdict(chunk)), "content": identity},
            content.vectors[row].tolist() if content.vectors is not None else None,
            vectors[row],
        )
        for row, chunk in enumerate(content.chunks)
    ]
    return whole, passages


def _present(fields: Payload) -> Payload:
    return {name: value for name, value in fields.items() if value is not None}


def chunk_ids(content: Payload, tenant: str) -> list[str]:
    """The ids of a stored content's passages."""
    return [chunk_id(tenant, content["sha256"], content["pipeline"], ordinal) for ordinal in range(content["chunks"])]


def judged_fields(labels: Sequence[Label]) -> Payload:
    """What the index keeps of a classifier's labels, the most probable first.

    `doubt` orders contents by how much a person's label would teach: 1000 where the two likeliest labels are as likely.
    """
    kept = [asdict(label) for label in labels[:_LABELS]]
    if not kept:
        return {"labels": []}
    margin = kept[0]["probability"] - (kept[1]["probability"] if len(kept) > 1 else 0.0)
    doubt = round(1000 * (1 - margin))
    return {"labels": kept, **label_fields(kept, ()), "doubt": doubt, "judged_by": kept[0]["method"]}


def label_fields(judged: Sequence[Payload], stated: Sequence[str]) -> Payload:
    """What a content is found by: the labels that people stated, else the likeliest of those that were judged."""
    return {"label": list(stated) or [one["label"] for one in judged[:1]], "stated": list(stated)}


def labels(content: Payload) -> tuple[Label, ...]:
    """A stored content's labels: what people stated, then what was judged, the most probable first."""
    stated = content.get("stated") or []
    judged = [Label(**label) for label in content.get("labels", ())]
    certain = [Label(label, 1.0, STATED) for label in stated]
    return (*certain, *(label for label in judged if label.label not in stated))


def place_id(ref: FileRef) -> str:
    """The id of the point of a place."""
    return document_id(ref.tenant, ref.source, ref.uri)


def is_id(text: str) -> bool:
    """Whether the text can be a point's id at all."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def ancestors(folder: str) -> list[str]:
    """A folder with all that contain it: `a/b` gives `a` and `a/b`, so that a filter on `a` finds both."""
    parts = PurePosixPath(folder).parts
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]


def size_class(size: int) -> str:
    """The first of `SIZE_CLASSES` that a file of so many bytes fits in; "unknown" where its place does not say."""
    if not size:
        return "unknown"
    return next((name for name, below in SIZE_CLASSES.items() if size < below), LARGEST)


def stemming_of(content: Payload) -> str:
    """The language by which a content's words are stemmed; in an index of an earlier release its own."""
    return str(content.get("stemming") or content.get("language", ""))


def iso(seconds: float) -> str:
    """A time in seconds since 1970 as ISO 8601 in UTC. One outside the years 1 to 9999 counts as unknown: as 0.

    Files and messages may claim any: `31 Dec 9999 23:59 -0100` is in the year 10000.
    """
    try:
        time = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        time = datetime.fromtimestamp(0, UTC)
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")


def iso_ms(seconds: float) -> str:
    """As `iso`, with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def id_counting_down(seconds: float, noise: int) -> str:
    """An id for a point of this time (since 1970): later ones are smaller, so that a store gives the latest first.

    `noise` (64 bits) tells those of the same microsecond apart.
    """
    return str(UUID(int=((1 << 64) - 1 - int(seconds * 1e6) << 64) | noise))


def now() -> str:
    """The time in ISO 8601, UTC."""
    return iso(datetime.now(UTC).timestamp())


def _uris_above(uri: str) -> list[str]:
    """The folders above it; above a file inside another, that file too."""
    scheme, _, path = uri.partition("://")
    folders = [f"{scheme}://{parent}" for parent in PurePosixPath(path).parents]
    return folders + [uri[:at] for at in range(len(uri)) if uri.startswith(INSIDE, at)]
