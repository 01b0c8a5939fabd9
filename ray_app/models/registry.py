"""A tenant's classifier versions on disk: one folder each, and a small file that names the one in use."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

from ray_app.errors import ModelError
from ray_app.models.classification.classifier import Classifier, TrainedClassifier
from ray_app.models.classification.folder import load, load_manifest, save
from ray_app.models.classification.manifest import ClassifierManifest
from ray_app.models.classification.training import Trained
from ray_app.models.embedder import Embedder
from ray_app.models.prepared import Manifest
from ray_app.models.zero_shot import ZeroShotClassifier
from ray_app.settings import Settings

_POINTER = "current.json"


def publish(trained: Trained, settings: Settings) -> Path:
    """Saves a new version and puts it into use; returns its folder."""
    folder = save_version(trained, settings)
    promote(trained.classifier.manifest.version, settings)
    return folder


def save_version(trained: Trained, settings: Settings) -> Path:
    """Saves a new version, which is not in use; returns its folder."""
    folder = _root(settings) / trained.classifier.manifest.version
    save(trained.classifier, folder, report=trained.report, learnt=trained.learnt)
    return folder


def promote(version: str, settings: Settings) -> None:
    """Puts a version into use; the one before is remembered. Raises ModelError where there is no such version."""
    load_manifest(version_folder(version, settings))
    used = [one for one in _used(settings) if one != version]
    _write_used([*used, version], settings)


def rollback(settings: Settings) -> str:
    """Puts the version that was in use before into use again, and returns it. Raises ModelError where none was."""
    used = _used(settings)
    if len(used) < 2:
        raise ModelError("no other classifier was in use before this one")
    load_manifest(version_folder(used[-2], settings))
    _write_used(used[:-1], settings)
    return used[-2]


def versions(settings: Settings) -> dict[str, ClassifierManifest | None]:
    """The versions that there are, the oldest first; None stands for one that is damaged or of an older release."""
    return {name: _readable(_root(settings) / name) for name in _names(settings)}


def version_folder(version: str, settings: Settings) -> Path:
    """Where a version lies. Raises ModelError where there is none of this name."""
    if version not in _names(settings):
        raise ModelError(f"there is no classifier {version}: ray-app models list names those there are")
    return _root(settings) / version


def current_version(settings: Settings) -> str | None:
    """The version in use, None where none was trained. Raises ModelError where the pointer is damaged."""
    used = _used(settings)
    return used[-1] if used else None


def open_classifier(settings: Settings, embedder: Embedder) -> Classifier:
    """The trained classifier in use, or the one by descriptions where there is none.

    Raises ModelError where the classifier is damaged or was trained on another embedding model's vectors.
    """
    version = current_version(settings)
    if version is None:
        return ZeroShotClassifier(embedder, settings.classification)
    return open_version(version, settings, embedder.manifest)


def open_version(version: str, settings: Settings, embedding: Manifest) -> TrainedClassifier:
    """One version. Raises ModelError where it is damaged or was trained on another embedding model's vectors."""
    classifier = load(version_folder(version, settings))
    if classifier.manifest.embedding != embedding.fingerprint:
        raise ModelError(
            f"classifier {version} was trained with another embedding model than {embedding.name}; train it again"
        )
    return classifier


def _names(settings: Settings) -> list[str]:
    return sorted(path.parent.name for path in _root(settings).glob("*/manifest.json"))


def _readable(folder: Path) -> ClassifierManifest | None:
    try:
        return load_manifest(folder)
    except ModelError:
        return None


def _used(settings: Settings) -> list[str]:
    """The versions that were in use, the one in use last."""
    pointer = _root(settings) / _POINTER
    try:
        found = json.loads(pointer.read_text(encoding="utf-8"))
        return [*map(str, found.get("before", [])), str(found["version"])]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{pointer} is damaged; delete it and train again") from error


def _write_used(used: list[str], settings: Settings) -> None:
    """In one step: a reader sees the old file or the new one."""
    root = _root(settings)
    draft = root / f"{_POINTER}.new"
    draft.write_text(json.dumps({"version": used[-1], "before": used[:-1]}), encoding="utf-8")
    draft.replace(root / _POINTER)


def _root(settings: Settings) -> Path:
    """Each tenant's classifiers know their tenant's labels alone."""
    return settings.models_dir / "classifier" / quote(settings.tenant, safe="").replace(".", "%2E")
