"""The classification deployment: texts to labels."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ray.serve.handle import DeploymentHandle

from ray_app.enrichment.chunking import chunk
from ray_app.models.classification.classifier import Judgement, judge
from ray_app.models.embedder import open_embedder
from ray_app.models.prepared import prepare_model
from ray_app.models.registry import current_version, open_classifier
from ray_app.pipeline import mean_vector, open_splitter, text_of
from ray_app.records import Page
from ray_app.settings import Settings


class Classification:
    """The classifier in use: a newly trained one is taken up with the next request."""

    def __init__(self, settings: Settings, embedding: DeploymentHandle[Any]) -> None:
        model = prepare_model(settings)
        self._settings = settings
        self._embedding = embedding
        self._splitter = open_splitter(model, settings.chunking)
        self._embedder = open_embedder(model, settings.embedding)
        self._version = current_version(settings)
        self._classifier = open_classifier(settings, self._embedder)

    async def classify(self, texts: list[str], explain: bool = False) -> list[Judgement]:
        """Labels of each text, judged as a document with this text would be; `explain` adds why."""
        documents = [chunk([Page(1, text)], self._splitter) for text in texts]
        passages = [[piece.text for piece in chunks] or [""] for chunks in documents]
        vectors, _ = await self._embedding.embed.remote([text for some in passages for text in some])
        ends = np.cumsum([len(some) for some in passages])[:-1]
        means = np.stack([mean_vector(part) for part in np.split(vectors, ends)])
        return await asyncio.to_thread(self._classify, [text_of(chunks) for chunks in documents], means, explain)

    def _classify(self, texts: list[str], vectors: NDArray[np.float32], explain: bool) -> list[Judgement]:
        version = current_version(self._settings)
        if version != self._version:
            self._classifier = open_classifier(self._settings, self._embedder)
            self._version = version
        return judge(self._classifier, texts, vectors, explain=explain)
