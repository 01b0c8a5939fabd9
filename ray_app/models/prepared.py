"""An embedding model made ready for use, once per machine, in a folder named by its weights' hash.

The folder holds `model.onnx` (tokens to unit vectors, pooling included; not where torch runs the model),
`tokenizer.json` and `manifest.json`. Nothing then needs torch, which takes seconds to import.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from pydantic import BaseModel, ValidationError
from tokenizers import Tokenizer

from ray_app.errors import ModelError
from ray_app.models.weights import Weights, find_weights
from ray_app.settings import Settings

# Bump when the export changes: older folders are then left alone and a new one is made.
_FORMAT = 2


class Manifest(BaseModel):
    """What one must know of a model to use it.

    `max_tokens` counts the special ones too. `parity` is the largest difference between a component of
    torch's and of ONNX's vectors, None without ONNX.
    """

    name: str
    sha256: str
    dimension: int
    max_tokens: int
    special_tokens: int
    query_prompt: str
    passage_prompt: str
    parity: float | None

    @property
    def fingerprint(self) -> str:
        """Names the vector space: equal ones hold comparable vectors."""
        return hashlib.sha256(f"{self.sha256}-{self.max_tokens}-{self.passage_prompt}".encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class PreparedModel:
    """The folder, its manifest, and where the original weights are."""

    folder: Path
    manifest: Manifest
    weights: Weights

    def tokenizer(self) -> Tokenizer:
        """The model's own tokenizer, without truncation or padding."""
        tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer


def prepare_model(settings: Settings) -> PreparedModel:
    """The configured model, exported first where that was not done yet (about 10 s, needs torch).

    Raises ModelError where the weights are missing or wrong, or where ONNX and torch disagree.
    """
    weights = find_weights(settings.embedding)
    with_onnx = settings.embedding.backend != "torch"
    name = f"{weights.sha256[:16]}-{_FORMAT}" + ("" if with_onnx else "-torch")
    folder = settings.models_dir / "embedding" / name
    if not (folder / "manifest.json").is_file():
        from ray_app.models.export import export  # heavy: torch

        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if not (folder / "manifest.json").is_file():
                export(weights, folder, with_onnx=with_onnx)
    try:
        manifest = Manifest.model_validate_json((folder / "manifest.json").read_bytes())
    except (OSError, ValidationError) as error:
        raise ModelError(f"{folder} is damaged; delete it, it will be made again") from error
    return PreparedModel(folder, manifest, weights)
