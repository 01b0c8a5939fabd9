"""Fixtures of the API in this process."""

from __future__ import annotations

import pytest

from ray_app.models.embedder import open_embedder
from ray_app.settings import EmbeddingSettings
from tests.serving.apps import api_over, required


@pytest.fixture(scope="module")
def embedder(model):
    return open_embedder(model, EmbeddingSettings())


@pytest.fixture
async def guarded(settings, embedder):
    """The API with authentication, over an empty index."""
    async with api_over(required(settings), embedder) as api:
        yield api
