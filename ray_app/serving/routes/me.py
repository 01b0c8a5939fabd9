"""Who the caller is, and what they may do."""

from __future__ import annotations

from fastapi import APIRouter

from ray_app.serving.bodies.me import Me, me_of
from ray_app.serving.services import CallerOf

router = APIRouter(prefix="/v1", tags=["access"])


@router.get("/me")
async def me(caller: CallerOf) -> Me:
    """Who asks, and what they may do."""
    return me_of(caller)
