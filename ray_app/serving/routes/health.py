"""Whether the server lives, and whether searches work."""

from __future__ import annotations

from fastapi import APIRouter

from ray_app.errors import IndexNotReadyError
from ray_app.serving.services import ServicesOf

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """200 while the process answers."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(services: ServicesOf) -> dict[str, str]:
    """200 when searches work, else 503 with what is missing."""
    if await services.store.fingerprint() is None:
        raise IndexNotReadyError("the index is not there yet")
    return {"status": "ready"}
