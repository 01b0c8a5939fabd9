"""The collections of an index, and which fields of theirs can be filtered, counted or sorted by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

# `words` are keywords that are also found by how they begin, `text` is found by its words and phrases.
FieldType = Literal["keyword", "words", "integer", "datetime", "text"]

DOCUMENTS = "documents"
CONTENTS = "contents"
CHUNKS = "chunks"
ANNOTATIONS = "annotations"
REGISTRY = "registry"

# The kind of the registry's points that are the event log (`events.py`).
EVENT = "event"

# Names of the two vectors of a passage.
DENSE = "dense"
SPARSE = "words"


@dataclass(frozen=True, slots=True)
class Collection:
    """One kind of point. Only passages have vectors."""

    name: str
    fields: dict[str, FieldType] = field(default_factory=dict)
    has_vectors: bool = False


_SEARCHED: dict[str, FieldType] = {
    "tenant": "keyword",
    "sources": "keyword",  # of all places of the content
    "folders": "keyword",  # the places' folders with all that contain them
    "language": "keyword",
    "media_type": "keyword",
    "label": "keyword",
    "date": "datetime",
    "pages": "integer",
    "risk": "keyword",  # of its personal data
    "kinds": "keyword",  # of what it mentions
}

COLLECTIONS: dict[str, Collection] = {
    DOCUMENTS: Collection(
        DOCUMENTS,
        {
            "tenant": "keyword",
            "source": "keyword",
            "ancestors": "keyword",  # URIs of all folders above it: what lies below a root
            "folders": "keyword",
            "content": "keyword",
            "parent": "keyword",  # the document that it lies in
            "outcome": "keyword",
            "size_class": "keyword",
            "stage": "keyword",
            "reason": "keyword",
            "run": "keyword",
            "sweep": "keyword",
            "original": "keyword",  # of uploads: the hash of the copy that is kept for this place
            "tags": "keyword",
            "updated": "datetime",
        },
    ),
    # `stemming` is the language whose stems its words were given, also where that is too unsure to be told.
    # `terms` are the BM25 indices of all words of a content: they let facets count every document that
    # matches a query's words, without reading passages. `words` are the most frequent ones as they are written, to
    # suggest queries from. Those with a common one of the `bands` say nearly the same.
    # `people` are the ids of those on the watch list whom it names.
    # `stated` are the labels that people gave, `doubt` is how unsure the classifier was (0 to 1000). `judged_by` names
    # the classifier, `searched_by` the rules and the model that looked for entities.
    CONTENTS: Collection(
        CONTENTS,
        {
            **_SEARCHED,
            "stemming": "keyword",
            "terms": "integer",
            "words": "words",
            "bands": "integer",
            "pending": "keyword",
            "stated": "keyword",
            "people": "keyword",
            "doubt": "integer",
            "judged_by": "keyword",
            "searched_by": "keyword",
        },
    ),
    CHUNKS: Collection(
        CHUNKS, {**_SEARCHED, "content": "keyword", "pipeline": "keyword", "text": "text"}, has_vectors=True
    ),
    ANNOTATIONS: Collection(ANNOTATIONS, {"tenant": "keyword", "content": "keyword", "kind": "keyword"}),
    REGISTRY: Collection(
        REGISTRY,
        {
            "kind": "keyword",
            "tenant": "keyword",
            "started": "datetime",
            "submission": "keyword",  # of runs that are jobs
            "state": "keyword",  # of runs, and of people on the watch list: whether the index has followed a change
            "due": "datetime",  # of entries in the queue of the online worker
            "document": "keyword",  # of those entries, and of events
            "source": "keyword",  # of leases and of events
            # The rest is of events: what is asked for, what may be seen, and their order.
            "topic": "keyword",
            "own": "keyword",
            "sequence": "integer",
        },
    ),
}
