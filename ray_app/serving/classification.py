"""The classification deployment: texts to labels, by the classifier of each tenant."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import numpy as np
from ray import serve
from ray.serve.handle import DeploymentHandle

from ray_app.enrichment.chunking import chunk
from ray_app.enrichment.language import sure_language
from ray_app.models.classification.classifier import Classifier, Judgement, judge
from ray_app.models.embedder import Vectors, open_embedder
from ray_app.models.prepared import prepare_model
from ray_app.models.registry import current_version, open_version
from ray_app.models.zero_shot import ZeroShotClassifier
from ray_app.pipeline import mean_vector, open_splitter, text_of
from ray_app.records import Page
from ray_app.settings import Settings

# Classifiers that one replica holds, those of the tenants that asked last: 50 MB each at most.
_MOST_CLASSIFIERS = 8


def classifier_id(settings: Settings, tenant: str) -> str:
    """Names the classifier that the tenant has in use, as replicas hold it: a newly trained one has another name."""
    return f"{current_version(settings.of_tenant(tenant)) or ''}@{tenant}"


class Classification:
    """Loads the classifiers that are asked for: Serve sends a tenant's texts to a replica that has theirs already."""

    def __init__(self, settings: Settings, embedding: DeploymentHandle[Any]) -> None:
        model = prepare_model(settings)
        self._settings = settings
        self._embedding = embedding
        self._splitter = open_splitter(model, settings.chunking)
        self._embedder = open_embedder(model, settings.embedding)

    async def classify(self, texts: list[str], titles: Sequence[str] = (), explain: bool = False) -> list[Judgement]:
        """Labels of each text, judged as a document with this text and title would be; `explain` adds why."""
        classifier = await self._loaded(serve.get_multiplexed_model_id())
        documents = [chunk([Page(1, text)], self._splitter) for text in texts]
        passages = [[piece.text for piece in chunks] or [""] for chunks in documents]
        vectors, _ = await self._embedding.embed.remote([text for some in passages for text in some])
        ends = np.cumsum([len(some) for some in passages])[:-1]
        means = np.stack([mean_vector(part) for part in np.split(vectors, ends)])
        read = [text_of(chunks) for chunks in documents]
        return await asyncio.to_thread(self._judge, classifier, read, means, titles, explain)

    def _judge(
        self, classifier: Classifier, texts: list[str], vectors: Vectors, titles: Sequence[str], explain: bool
    ) -> list[Judgement]:
        """Languages are found out, as an ingest does, where they matter: that takes longer than all the rest."""
        least = self._settings.languages.min_confidence
        languages = [sure_language(text, least) for text in texts] if classifier.languages else ()
        return judge(classifier, texts, vectors, titles, languages, explain=explain)

    @serve.multiplexed(max_num_models_per_replica=_MOST_CLASSIFIERS)  # type: ignore[untyped-decorator]
    async def _loaded(self, identity: str) -> Classifier:
        """The one that `classifier_id` names."""
        version, _, tenant = identity.partition("@")
        return await asyncio.to_thread(self._load, version, self._settings.of_tenant(tenant))

    def _load(self, version: str, settings: Settings) -> Classifier:
        if not version:
            return ZeroShotClassifier(self._embedder, settings.classification)
        return open_version(version, settings, self._embedder.manifest)
