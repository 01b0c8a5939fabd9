"""Who the caller is, and what they may do."""

from __future__ import annotations

from fastapi import APIRouter

from ray_app.serving.bodies.me import Me
from ray_app.serving.caller import PERMISSIONS
from ray_app.serving.services import CallerOf

router = APIRouter(prefix="/v1", tags=["access"])


@router.get("/me")
async def me(caller: CallerOf) -> Me:
    """Who asks, and what they may do."""
    groups = caller.scope.groups
    return Me(
        id=caller.id,
        name=caller.name,
        kind=caller.kind,
        tenant=caller.scope.tenant,
        groups=None if groups is None else list(groups),
        role=caller.role,
        may=list(PERMISSIONS[caller.role]),
    )
