"""Texts to vectors: the protocol, and the choice of what runs the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ray_app.models.prepared import Manifest, PreparedModel
from ray_app.settings import EmbeddingSettings

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Both methods give float32 of shape (texts, dimension), each row of length 1."""

    manifest: Manifest

    def embed_passages(self, texts: Sequence[str]) -> Vectors: ...

    def embed_queries(self, texts: Sequence[str]) -> Vectors: ...


def open_embedder(
    model: PreparedModel, settings: EmbeddingSettings, *, threads: int = 1, gpu: bool = False
) -> Embedder:
    """The model in this process: on `threads` of the CPU through ONNX, or on a GPU through torch.

    Both give the same vectors; ONNX loads in a fifth of a second, torch takes several.
    """
    if (settings.backend or ("torch" if gpu else "onnx")) == "torch":
        from ray_app.models.torch_embedder import TorchEmbedder

        return TorchEmbedder(model, settings, threads=threads, gpu=gpu)
    from ray_app.models.onnx_embedder import OnnxEmbedder

    return OnnxEmbedder(model, settings, threads=threads)
