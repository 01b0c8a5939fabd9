"""Embeddings in OpenAI's form, so that clients written for it work."""

from __future__ import annotations

import base64

import numpy as np
from fastapi import APIRouter
from numpy.typing import NDArray

from ray_app.errors import NotFoundError
from ray_app.serving.limits import check_texts
from ray_app.serving.schemas import EmbeddingOut, EmbeddingsBody, EmbeddingsResult, Usage
from ray_app.serving.services import ServicesOf

router = APIRouter(prefix="/v1", tags=["models"])


@router.post("/embeddings")
async def embeddings(body: EmbeddingsBody, services: ServicesOf) -> EmbeddingsResult:
    """One vector of length 1 for each text; texts beyond the model's length are cut off."""
    if body.model not in (None, services.model_name):
        raise NotFoundError(f"model {body.model!r} is not served here: {services.model_name!r} is")
    texts = [body.input] if isinstance(body.input, str) else body.input
    check_texts(texts, services.settings.serving)
    vectors, tokens = await services.embed(texts)
    return EmbeddingsResult(
        data=[
            EmbeddingOut(index=i, embedding=_encoded(vector, body.encoding_format)) for i, vector in enumerate(vectors)
        ],
        model=services.model_name,
        usage=Usage(prompt_tokens=sum(tokens), total_tokens=sum(tokens)),
    )


def _encoded(vector: NDArray[np.float32], form: str) -> list[float] | str:
    if form == "float":
        return [float(value) for value in vector]
    return base64.b64encode(vector.astype("<f4").tobytes()).decode("ascii")
