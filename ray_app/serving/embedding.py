"""The embedding deployment: texts of many requests in one batch through the model."""

from __future__ import annotations

import asyncio

import numpy as np
from ray import serve

from ray_app.models.embedder import Vectors, open_embedder
from ray_app.models.prepared import prepare_model
from ray_app.settings import Settings

# Requests in one batch: enough to keep the model busy, few enough that the first does not wait for long.
_MOST_REQUESTS = 32


class Embedding:
    """One copy of the model."""

    def __init__(self, settings: Settings) -> None:
        model = prepare_model(settings)
        self._embedder = open_embedder(model, settings.embedding)
        self._tokenizer = model.tokenizer()
        self._most_tokens = model.manifest.max_tokens
        self._batched.set_batch_wait_timeout_s(settings.serving.batch_wait_s)  # type: ignore[attr-defined]

    async def embed(self, texts: list[str]) -> tuple[Vectors, list[int]]:
        """Vectors (texts, dimension), and the number of tokens that were read of each text."""
        return await self._batched(texts)

    @serve.batch(max_batch_size=_MOST_REQUESTS)
    async def _batched(self, requests: list[list[str]]) -> list[tuple[Vectors, list[int]]]:
        texts = [text for request in requests for text in request]
        vectors, tokens = await asyncio.to_thread(self._run, texts)
        ends = np.cumsum([len(request) for request in requests]).tolist()
        starts = [0, *ends[:-1]]
        return [(vectors[start:end], tokens[start:end]) for start, end in zip(starts, ends, strict=True)]

    def _run(self, texts: list[str]) -> tuple[Vectors, list[int]]:
        encoded = self._tokenizer.encode_batch(texts)
        tokens = [min(len(one.ids), self._most_tokens) for one in encoded]
        return self._embedder.embed_passages(texts), tokens
