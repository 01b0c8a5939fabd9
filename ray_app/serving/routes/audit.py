"""The audit log of the caller's tenant."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from ray_app.serving.services import WHOLE_TENANT, CallerOf, ServicesOf, requires
from ray_app.store.audit import AuditEntry, entries

router = APIRouter(prefix="/v1", tags=["access"])


class AuditEntryOut(BaseModel):
    """One change."""

    at: str
    who: str
    what: str = Field(description="A verb such as key.create.")
    which: str = Field(description="The id of what was changed.")
    request: str = Field(description="The id of the request; empty for a command.")
    detail: str


class AuditPage(BaseModel):
    """Entries, the latest first, and the cursor of the next page (null at the end)."""

    entries: list[AuditEntryOut]
    next: str | None


@router.get("/audit", dependencies=[requires("admin"), WHOLE_TENANT])
async def audit(
    services: ServicesOf,
    caller: CallerOf,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[UUID | None, Query(description="`next` of the page before.")] = None,
) -> AuditPage:
    """Who changed what, when, by which request. Entries are kept for auth.audit_days.

    For administrators from whom no source is hidden: entries name sources and documents.
    """
    found, following = await entries(
        services.store, caller.scope.tenant, limit=limit, cursor=str(cursor) if cursor else None
    )
    return AuditPage(entries=[_out(one) for one in found], next=following)


def _out(entry: AuditEntry) -> AuditEntryOut:
    return AuditEntryOut(**entry.model_dump(exclude={"tenant"}))
