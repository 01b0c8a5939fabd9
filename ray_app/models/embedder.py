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


def query_embedder(model: PreparedModel, settings: EmbeddingSettings, *, threads: int = 1) -> Embedder:
    """What answers soonest for one text: ONNX, or torch where the settings say so."""
    if settings.query_backend == "torch":
        return bulk_embedder(model, settings, threads=threads)
    from ray_app.models.onnx_embedder import OnnxEmbedder

    return OnnxEmbedder(model, threads=threads)


def bulk_embedder(model: PreparedModel, settings: EmbeddingSettings, *, threads: int) -> Embedder:
    """What does most per second: sentence-transformers on torch, also on a GPU."""
    from ray_app.models.torch_embedder import TorchEmbedder

    return TorchEmbedder(model, settings, threads=threads)
