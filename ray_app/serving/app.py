"""The Serve application: which deployments there are, how many replicas, and what each asks of Ray."""

# Without `from __future__ import annotations`: Serve looks at the type of build's argument itself.
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from ray import serve
from ray.serve import Application
from ray.serve.config import BackpressureConfig

from ray_app.serving.classification import Classification
from ray_app.serving.embedding import Embedding
from ray_app.serving.http import Http
from ray_app.serving.reranking import Reranking
from ray_app.settings import Settings

# Replicas on CPUs ask for little: they mostly wait, and an ingest beside them needs the processors.
_LIGHT: dict[str, Any] = {
    "ray_actor_options": {"num_cpus": 0.1},
    "logging_config": {"enable_access_log": False},  # costs a fifth of the requests per second
}
# A full queue is worked off in less.
_RETRY_AFTER_S = 1.0


class AppArgs(BaseModel):
    """Arguments of a Serve configuration: a settings file, or none for environment and defaults."""

    config: Path | None = None


def build(args: AppArgs) -> Application:
    """What a Serve configuration's `import_path` names."""
    return application(Settings.load(args.config))


def application(settings: Settings) -> Application:
    """HTTP in front of embedding, classification and, where one is named, a reranker."""
    deployment: Any = serve.deployment  # its types know the decorator's form only
    serving = settings.serving
    embedding = deployment(Embedding).options(name="embedding", **_LIGHT).bind(settings)
    classification = deployment(Classification).options(name="classification", **_LIGHT)
    http = deployment(serve.ingress()(Http)).options(
        name="http",
        num_replicas=serving.replicas,
        max_ongoing_requests=serving.max_ongoing_requests,
        max_queued_requests=serving.max_queued_requests,
        backpressure_config=BackpressureConfig(retry_after_s=_RETRY_AFTER_S),
        **_LIGHT,
    )
    reranking = None
    if settings.search.reranker:
        reranking = deployment(Reranking).options(name="reranking", **_LIGHT).bind(settings)
    return http.bind(settings, embedding, classification.bind(settings, embedding), reranking)
