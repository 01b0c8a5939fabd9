"""The reranking deployment: a cross-encoder that reads a query together with each text."""

from __future__ import annotations

import asyncio

import numpy as np
from ray import serve

from ray_app.errors import ModelError
from ray_app.settings import Settings

# Searches in one batch: each brings its own thirty texts.
_MOST_SEARCHES = 8


class Reranking:
    """One copy of the model that `search.reranker` names."""

    def __init__(self, settings: Settings) -> None:
        from sentence_transformers import CrossEncoder

        name = settings.search.reranker or ""
        try:
            self._model = CrossEncoder(name)
        except Exception as error:  # whatever the library and the hub's client raise, there is no model
            raise ModelError(
                f"the reranker {name} is neither a folder nor given by the model hub ({type(error).__name__}): "
                "name a sentence-transformers cross-encoder in search.reranker"
            ) from error
        self._batched.set_batch_wait_timeout_s(settings.serving.batch_wait_s)  # type: ignore[attr-defined]

    async def rerank(self, query: str, texts: list[str]) -> list[float]:
        """How well each text answers the query; more is better."""
        return await self._batched((query, texts))

    @serve.batch(max_batch_size=_MOST_SEARCHES)
    async def _batched(self, searches: list[tuple[str, list[str]]]) -> list[list[float]]:
        pairs = [(query, text) for query, texts in searches for text in texts]
        scores = await asyncio.to_thread(self._model.predict, pairs, show_progress_bar=False)
        ends = np.cumsum([len(texts) for _, texts in searches])[:-1]
        return [part.tolist() for part in np.split(np.asarray(scores, np.float64), ends)]
