"""The body of `GET /v1/me`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from ray_app.records import Role


class Me(BaseModel):
    """The caller, as the server knows them."""

    id: str
    name: str
    kind: Literal["open", "key", "user"] = Field(description="open: there is no authentication.")
    tenant: str
    groups: list[str] | None = Field(description="Whose sources are seen beside those for all; null: every source.")
    role: Role
    may: list[str]
