"""Labelled documents and texts to training examples, through the same pipeline that documents go through."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ray_app import pipeline, sources
from ray_app.enrichment.chunking import chunk, name_chunk
from ray_app.enrichment.duplicates import signature
from ray_app.enrichment.grouping import near_duplicate_groups
from ray_app.enrichment.language import sure_language
from ray_app.errors import ConfigurationError
from ray_app.ingest.labels_file import read_labels
from ray_app.models.classification.examples import MIN_PER_LABEL, Examples, Kind
from ray_app.models.embedder import open_embedder
from ray_app.models.prepared import PreparedModel
from ray_app.parsing.sandbox import Sandbox
from ray_app.records import Content, Failure, FileRef, Page, content_id
from ray_app.settings import Settings
from ray_app.sources.confined import check_path
from ray_app.store import open_store
from ray_app.store.annotations import stated_contents
from ray_app.store.pending import read_contents, with_vectors

Labels = tuple[str, ...]
# Texts whose passages are embedded at a time.
_BLOCK = 256


class Labelled(NamedTuple):
    """Examples, and the documents that could not be read, with the reason. Of the index also the contents' ids."""

    examples: Examples
    failures: list[tuple[FileRef, Failure]]
    ids: list[str] = []  # noqa: RUF012  never changed


def read_folders(
    folder: str, settings: Settings, model: PreparedModel, *, threads: int, kind: Kind = "flat"
) -> Labelled:
    """Each file's label is the first folder that it lies in; with kind "hierarchy" all of them, a/b/c."""
    if kind == "multi":
        raise ConfigurationError("a file lies in one folder: several labels need a labels file")
    refs = [ref for ref in _files(folder, settings) if ref.folder]
    if not refs:
        raise ConfigurationError(f"{folder} holds no folders with files: a file's label is the folder it lies in")
    labels = {ref: (ref.folder if kind == "hierarchy" else ref.path.split("/", 1)[0],) for ref in refs}
    return _read(labels, settings, model, threads=threads, kind=kind)


def read_labels_file(
    folder: str | None, labels: Path, settings: Settings, model: PreparedModel, *, threads: int, kind: Kind = "flat"
) -> Labelled:
    """Documents below the folder, or texts, with their labels: see `labels_file`.

    Raises ConfigurationError, and SourceError where the folder or the file itself is not where sources may be.
    """
    check_path(labels.absolute(), settings.sources)
    rows = read_labels(labels, kind)
    if not rows[0].file:
        given = [row.labels for row in rows]
        return Labelled(of_texts([row.text for row in rows], given, settings, model, threads=threads, kind=kind), [])
    if not folder:
        raise ConfigurationError(f"{labels} names files: say with --documents in which folder they lie")
    wanted = {row.file: row.labels for row in rows}
    found = {ref.path: ref for ref in _files(folder, settings)}
    missing = sorted(set(wanted) - set(found))
    if missing:
        raise ConfigurationError(
            f"{labels} names {len(missing)} files that {folder} does not hold, such as {missing[0]}"
        )
    return _read({found[path]: some for path, some in wanted.items()}, settings, model, threads=threads, kind=kind)


def read_index(settings: Settings, *, kind: Kind = "flat", at_least: int = MIN_PER_LABEL) -> Labelled:
    """The contents of the index whose labels people stated; labels of fewer documents than `at_least` are left out.

    Contents with several labels are for kind "multi" alone. Raises ConfigurationError where there are none.
    """
    return asyncio.run(_read_index(settings, kind, at_least))


def together(some: Labelled, others: Labelled) -> Labelled:
    """Both, with those of the first left out that the second has too: what people stated comes second."""
    known = set(others.examples.texts)
    kept = [row for row, text in enumerate(some.examples.texts) if text not in known]
    one, other = some.examples.take(kept), others.examples
    signatures = [signature(text) for text in [*one.texts, *other.texts]]
    examples = Examples(
        texts=[*one.texts, *other.texts],
        vectors=np.concatenate([one.vectors, other.vectors]),
        labels=[*one.labels, *other.labels],
        titles=[*one.titles, *other.titles],
        names=[*one.names, *other.names],
        groups=np.array(near_duplicate_groups(signatures), np.intp),
        kind=one.kind,
        languages=[*one.languages, *other.languages],
    )
    return Labelled(examples, some.failures)


async def _read_index(settings: Settings, kind: Kind, at_least: int) -> Labelled:
    store, tenant = await open_store(settings), settings.tenant
    try:
        stated = await stated_contents(store, tenant)
        if kind != "multi":  # one who gives two labels must not keep the others' from being learnt
            stated = {identity: labels for identity, labels in stated.items() if len(labels) == 1}
        ids = sorted(stated)
        contents: list[Content] = []
        for start in range(0, len(ids), _BLOCK):
            read = await read_contents(store, tenant, ids[start : start + _BLOCK])
            contents += await with_vectors(store, tenant, [one for one in read if one.has_text])
    finally:
        await store.close()
    labels = {content.sha256: stated[content_id(tenant, content.sha256)] for content in contents}
    counted = Counter(label for some in labels.values() for label in some)
    rare = {label for label, count in counted.items() if count < at_least}
    contents = [content for content in contents if not rare & set(labels[content.sha256])]
    if not contents:
        raise ConfigurationError(
            f"no label was stated of {at_least} documents that can be read: people state them in the review queue "
            "(GET /v1/review, PUT /v1/documents/{id}/labels)"
        )
    given, names = [labels[content.sha256] for content in contents], [content.title for content in contents]
    examples = _examples(contents, given, names, kind)
    return Labelled(examples, [], [content_id(tenant, content.sha256) for content in contents])


def of_texts(
    texts: Sequence[str],
    labels: Sequence[Labels],
    settings: Settings,
    model: PreparedModel,
    *,
    threads: int,
    kind: Kind = "flat",
    say: Callable[[str], None] = lambda _: None,
) -> Examples:
    """Texts as they stand, judged as documents with these texts would be; their names are their rows."""
    by_language = settings.classification.language_documents is not None
    embedder = open_embedder(model, settings.embedding, threads=threads)
    splitter = pipeline.open_splitter(model, settings.chunking)
    vectors = []
    for start in range(0, len(texts), _BLOCK):
        say(f"{start} of {len(texts)} texts embedded")
        cut = [chunk((Page(1, text),), splitter) or name_chunk("-") for text in texts[start : start + _BLOCK]]
        of_passages = embedder.embed_passages([piece.text for pieces in cut for piece in pieces])
        ends = np.cumsum([len(pieces) for pieces in cut])
        vectors += [pipeline.mean_vector(part) for part in np.split(of_passages, ends[:-1])]
    return Examples(
        texts=texts,
        vectors=np.stack(vectors),
        labels=labels,
        titles=[""] * len(texts),
        names=[f"row {number}" for number in range(1, len(texts) + 1)],
        groups=np.array(near_duplicate_groups([signature(text) for text in texts]), np.intp),
        kind=kind,
        languages=[sure_language(text, settings.languages.min_confidence) for text in texts] if by_language else (),
    )


def _files(folder: str, settings: Settings) -> Iterator[FileRef]:
    places = settings.sources
    root, name = sources.root_of(folder, places), sources.default_name(folder, places)
    return sources.list_files(root, name, settings.tenant, settings=places)


def _read(
    labels: Mapping[FileRef, Labels], settings: Settings, model: PreparedModel, *, threads: int, kind: Kind
) -> Labelled:
    splitter = pipeline.open_splitter(model, settings.chunking)
    with Sandbox(settings.parsing) as sandbox:
        files = [pipeline.fetch(ref, settings.parsing.max_file_mb << 20, settings.sources) for ref in labels]
        most = settings.parsing.max_children_mb
        documents = pipeline.extract(files, lambda _: (), sandbox, splitter, depth=0, children_mb=most)
    readable = [document for document in documents if document.content and document.content.has_text]
    if not readable:
        raise ConfigurationError("none of the labelled files could be read as text")
    alone = [replace(document, children=()) for document in readable]  # what lies inside has no label of its own
    embedded = pipeline.embed(alone, open_embedder(model, settings.embedding, threads=threads))
    failures = [(document.ref, document.failure) for document in documents if document.failure]
    contents = [document.content for document in embedded if document.content]
    refs = [document.ref for document in embedded]
    return Labelled(_examples(contents, [labels[ref] for ref in refs], [ref.path for ref in refs], kind), failures)


def _examples(contents: Sequence[Content], labels: Sequence[Labels], names: Sequence[str], kind: Kind) -> Examples:
    return Examples(
        texts=[pipeline.text_of(content.chunks) for content in contents],
        vectors=np.stack(
            [pipeline.mean_vector(content.vectors) for content in contents if content.vectors is not None]
        ),
        labels=labels,
        titles=[content.title for content in contents],
        names=names,
        groups=np.array(near_duplicate_groups([content.signature for content in contents]), np.intp),
        kind=kind,
        languages=[content.language for content in contents],
    )
