"""The body of `GET /v1/me`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from ray_app.records import Role
from ray_app.serving.caller import PERMISSIONS, Caller


class Me(BaseModel):
    """The caller, as the server knows them."""

    id: str
    name: str
    kind: Literal["open", "key", "user"] = Field(description="open: there is no authentication.")
    tenant: str
    groups: list[str] | None = Field(description="Whose sources are seen beside those for all; null: every source.")
    role: Role
    may: list[str]


def me_of(caller: Caller) -> Me:
    """The caller as the API shows them."""
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
