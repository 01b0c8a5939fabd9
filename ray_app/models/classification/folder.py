"""A classifier as a folder: weights, what counts its words, what it learnt from, what it says of itself, and a report.

The weights are a plain array that is mapped into memory: processes of one machine share one copy of it, and only what
texts need is read. A row of it is one term's weights for all labels, so that a text touches few pages.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from ray_app.errors import ModelError
from ray_app.models.classification.classifier import TrainedClassifier
from ray_app.models.classification.features import Features, block_of
from ray_app.models.classification.learnt import Hashes, save_learnt
from ray_app.models.classification.linear import Linear
from ray_app.models.classification.manifest import ClassifierManifest

_WEIGHTS = "weights.npy"
_PARTS = "model.skops"
_MANIFEST = "manifest.json"
REPORT = "report.html"
_OWN = "languages"


def save(classifier: TrainedClassifier, folder: Path, *, report: str = "", learnt: Hashes | None = None) -> None:
    """Writes a new folder; the manifest last, so that a folder with one is whole."""
    import skops.io  # takes two seconds

    folder.mkdir(parents=True)
    for language, own in classifier.own.items():
        save(own, folder / _OWN / language)
    np.save(folder / _WEIGHTS, np.ascontiguousarray(classifier.linear.weights), allow_pickle=False)
    parts = {
        "blocks": [
            # No term has a line's end in it. One text is read in a moment; a mapping of as many numbers takes minutes.
            {"name": block.name, "terms": "\n".join(block.terms), "worth": block.weighting.idf_}
            for block in classifier.features.blocks
        ],
        "dimension": classifier.features.dimension,
        "intercept": classifier.linear.intercept,
    }
    skops.io.dump(parts, folder / _PARTS, compression=zipfile.ZIP_DEFLATED)
    if learnt is not None:
        save_learnt(learnt, folder)
    if report:
        (folder / REPORT).write_text(report, encoding="utf-8")
    (folder / _MANIFEST).write_text(classifier.manifest.model_dump_json(indent=2), encoding="utf-8")


def load_manifest(folder: Path) -> ClassifierManifest:
    """Raises ModelError where the folder has no whole one."""
    try:
        return ClassifierManifest.model_validate_json((folder / _MANIFEST).read_bytes())
    except (OSError, ValidationError) as error:
        raise _unreadable(folder, error) from error


def load(folder: Path) -> TrainedClassifier:
    """Reads a folder that `save` wrote. Raises ModelError where it is damaged, or holds foreign types."""
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    manifest = load_manifest(folder)
    try:
        parts = skops.io.load(folder / _PARTS)  # refuses every type outside skops' list of harmless ones
        weights = np.load(folder / _WEIGHTS, mmap_mode="r", allow_pickle=False)
        features, intercept = _features(parts), np.asarray(parts["intercept"], np.float64)
    except (OSError, ValueError, KeyError, TypeError, UntrustedTypesFoundException, zipfile.BadZipFile) as error:
        raise _unreadable(folder, error) from error
    columns = sum(len(fork.labels) for fork in manifest.forks)
    if weights.shape != (features.size, columns) or intercept.shape != (columns,) or weights.dtype != np.float32:
        raise _unreadable(folder, ValueError(f"its weights have the shape {weights.shape}"))
    own = {language: load(folder / _OWN / language) for language in manifest.own}
    return TrainedClassifier(features, Linear(weights, intercept), manifest, own)


def _features(parts: Any) -> Features:
    blocks = [block_of(one["name"], one["terms"].split("\n"), one["worth"]) for one in parts["blocks"]]
    return Features(tuple(blocks), int(parts["dimension"]))


def _unreadable(folder: Path, error: Exception) -> ModelError:
    return ModelError(f"{folder} holds no readable classifier ({error}); train it again")
