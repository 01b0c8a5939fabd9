"""Embedding through sentence-transformers on torch: for GPUs, and for models that ONNX cannot express."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from sentence_transformers import SentenceTransformer

from ray_app.models.embedder import Vectors
from ray_app.models.prepared import PreparedModel
from ray_app.settings import EmbeddingSettings

# Texts in one pass, sorted by length: few on a CPU, to stay in its cache; many on a GPU, to fill it.
_CPU_BATCH = 8
_GPU_BATCH = 64


class TorchEmbedder:
    """The original weights in this process. Not safe for several threads."""

    def __init__(self, model: PreparedModel, settings: EmbeddingSettings, *, threads: int, gpu: bool) -> None:
        self.manifest = model.manifest
        device = settings.device or ("cuda" if gpu else "cpu")
        self._batch_size = settings.batch_size or (_CPU_BATCH if device == "cpu" else _GPU_BATCH)
        torch.set_num_threads(threads)
        self._model = SentenceTransformer(str(model.weights.folder), device=device, local_files_only=True).eval()

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, self.manifest.passage_prompt)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, self.manifest.query_prompt)

    def _embed(self, texts: Sequence[str], prompt: str) -> Vectors:
        vectors: Vectors = self._model.encode(
            list(texts),
            prompt=prompt,
            batch_size=self._batch_size,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return vectors
