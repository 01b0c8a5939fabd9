"""Labelled folders to training examples, through the same pipeline that documents go through."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ray_app import pipeline, sources
from ray_app.errors import ConfigurationError
from ray_app.models.embedder import open_embedder
from ray_app.models.prepared import PreparedModel
from ray_app.models.training import Examples
from ray_app.parsing.sandbox import Sandbox
from ray_app.records import Failure, FileRef
from ray_app.settings import Settings


class Labelled(NamedTuple):
    """Examples, and the documents that could not be read, with the reason."""

    examples: Examples
    failures: list[tuple[FileRef, Failure]]


def read_folders(folder: str, settings: Settings, model: PreparedModel, *, threads: int) -> Labelled:
    """Each file's label is the first folder that it lies in."""
    refs = [ref for ref in _files(folder, settings) if ref.folder]
    if not refs:
        raise ConfigurationError(f"{folder} holds no folders with files: a file's label is the folder it lies in")
    return _read({ref: ref.path.split("/", 1)[0] for ref in refs}, settings, model, threads=threads)


def read_labels_file(folder: str, labels: Path, settings: Settings, model: PreparedModel, *, threads: int) -> Labelled:
    """A CSV file with the columns `file` (its path in the folder) and `label`. Raises ConfigurationError."""
    try:
        with labels.open(encoding="utf-8", newline="") as stream:
            wanted = {row["file"]: row["label"] for row in csv.DictReader(stream)}
    except (OSError, KeyError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{labels} must be a CSV file with the columns file and label ({error!r})") from error
    found = {ref.path: ref for ref in _files(folder, settings)}
    missing = sorted(set(wanted) - set(found))
    if missing:
        raise ConfigurationError(
            f"{labels} names {len(missing)} files that {folder} does not hold, such as {missing[0]}"
        )
    return _read({found[path]: label for path, label in wanted.items()}, settings, model, threads=threads)


def _files(folder: str, settings: Settings) -> Iterator[FileRef]:
    places = settings.sources
    root, name = sources.root_of(folder, places), sources.default_name(folder, places)
    return sources.list_files(root, name, settings.tenant, settings=places)


def _read(labels: Mapping[FileRef, str], settings: Settings, model: PreparedModel, *, threads: int) -> Labelled:
    splitter = pipeline.open_splitter(model, settings.chunking)
    with Sandbox(settings.parsing) as sandbox:
        files = [pipeline.fetch(ref, settings.parsing.max_file_mb << 20, settings.sources) for ref in labels]
        documents = pipeline.extract(files, lambda _: (), sandbox, splitter, depth=0)
    readable = [document for document in documents if document.content and document.content.has_text]
    if not readable:
        raise ConfigurationError("none of the labelled files could be read as text")
    alone = [replace(document, children=()) for document in readable]  # what lies inside has no label of its own
    embedded = pipeline.embed(alone, open_embedder(model, settings.embedding, threads=threads))
    contents = [document.content for document in embedded if document.content]
    examples = Examples(
        texts=[pipeline.text_of(content.chunks) for content in contents],
        vectors=np.stack(
            [pipeline.mean_vector(content.vectors) for content in contents if content.vectors is not None]
        ),
        labels=np.array([labels[document.ref] for document in embedded]),
    )
    return Labelled(examples, [(document.ref, document.failure) for document in documents if document.failure])
