"""What the default model was made of and how good it is, and its folder on disk."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import BaseModel, ValidationError

from ray_app.errors import ModelError
from ray_app.models.ner.model import Weights, load_weights

DEFAULT_FOLDER = Path(__file__).parent / "default"
WEIGHTS, MANIFEST = "weights.npz", "manifest.json"


class DataSet(BaseModel):
    """Texts that the model was trained or judged on; `sha256` is their file's, or that of generated texts."""

    name: str
    use: str
    texts: int
    sha256: str
    licence: str
    note: str = ""


class KindScore(BaseModel):
    """Exact spans of one kind: how many the set has, and how well they were found."""

    names: int
    precision: float
    recall: float
    f1: float


class SetScore(BaseModel):
    """How well names were found in one set that the model was not trained on.

    `kinds` counts every name that was found, `confident` those that the settings let through by default.
    `calibration_error` is the expected calibration error of the confidences.
    """

    kinds: dict[str, KindScore]
    confident: dict[str, KindScore]
    calibration_error: float


class NamesManifest(BaseModel):
    """`licence` is that of the weights: they are made from the data, and carry its terms."""

    version: str
    created: str
    licence: str
    attribution: list[str]
    weights_sha256: str
    seed: int
    data: list[DataSet]
    scores: dict[str, SetScore]
    libraries: dict[str, str]


def load_default(folder: Path) -> tuple[Weights, NamesManifest]:
    """Weights and manifest of a folder that training wrote. Raises ModelError where they do not belong together."""
    try:
        manifest = NamesManifest.model_validate_json((folder / MANIFEST).read_bytes())
        digest = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    except (OSError, ValidationError) as error:
        raise ModelError(f"{folder} holds no model of names ({error}); install ray-app again") from error
    if digest != manifest.weights_sha256:
        raise ModelError(f"{folder}: the weights are not those that the manifest describes; install ray-app again")
    return load_weights(folder / WEIGHTS), manifest
