"""Classifier versions on disk: one folder each, and a small file that names the one in use."""

from __future__ import annotations

import json
from pathlib import Path

from ray_app.errors import ModelError
from ray_app.models.classifier import Classifier, TrainedClassifier, load, save
from ray_app.models.embedder import Embedder
from ray_app.models.zero_shot import ZeroShotClassifier
from ray_app.settings import Settings


def publish(classifier: TrainedClassifier, settings: Settings) -> Path:
    """Saves a new version and puts it into use; returns its folder."""
    root = _root(settings)
    folder = root / classifier.manifest.version
    save(classifier, folder)
    draft = root / "current.json.new"
    draft.write_text(json.dumps({"version": classifier.manifest.version}), encoding="utf-8")
    draft.replace(root / "current.json")
    return folder


def current_version(settings: Settings) -> str | None:
    """The version in use, None where none was trained. Raises ModelError where the pointer is damaged."""
    pointer = _root(settings) / "current.json"
    try:
        return str(json.loads(pointer.read_text(encoding="utf-8"))["version"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{pointer} is damaged; delete it and train again") from error


def open_classifier(settings: Settings, embedder: Embedder) -> Classifier:
    """The trained classifier in use, or the one by descriptions where there is none.

    Raises ModelError where the classifier is damaged or was trained on another embedding model's vectors.
    """
    version = current_version(settings)
    if version is None:
        return ZeroShotClassifier(embedder, settings.classification)
    classifier = load(_root(settings) / version)
    if classifier.manifest.embedding != embedder.manifest.fingerprint:
        raise ModelError(
            f"classifier {version} was trained with another embedding model than {embedder.manifest.name}; "
            "train it again"
        )
    return classifier


def _root(settings: Settings) -> Path:
    return settings.models_dir / "classifier"
