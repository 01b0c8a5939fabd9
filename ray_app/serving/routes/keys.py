"""API keys and invitations of the caller's tenant."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from ray_app.errors import ForbiddenError
from ray_app.records import Role
from ray_app.serving.caller import Caller
from ray_app.serving.schemas import Body
from ray_app.serving.services import AuditOf, CallerOf, ServicesOf, requires
from ray_app.store.invitations import Invitation, invite, list_invitations, withdraw
from ray_app.store.keys import ApiKey, Grant, Groups, Name, default_groups, list_keys, make_key, revoke_key, save_key

router = APIRouter(prefix="/v1", tags=["access"], dependencies=[requires("admin")])

Days = Annotated[int, Field(gt=0, le=36_500)]


class GrantBody(Body):
    """What somebody is given."""

    name: Name = Field(description="Whose it is, for people.")
    role: Role = "reader"
    groups: Groups = Field(
        None,
        description="Access groups. Left out: for an admin every source, for others those that are open to the tenant; "
        "null: every source.",
    )
    days: Days | None = Field(None, description="After how many days the key ends; left out: setting auth.key_days.")


class InvitationBody(GrantBody):
    """What whoever redeems the link is given."""

    hours: Annotated[int, Field(gt=0, le=8760)] | None = Field(
        None, description="How long the link can be redeemed; left out: setting auth.invitation_hours."
    )


class KeyOut(BaseModel):
    """A key on record. Times are ISO 8601, UTC; `groups` null is every source."""

    id: str
    name: str
    role: Role
    groups: list[str] | None
    created: str
    created_by: str
    expires: str | None
    last_used: str | None = Field(description="To within a minute (setting auth.key_use_s).")


class NewKey(KeyOut):
    """A key with its secret, which is shown this once."""

    key: str


class InvitationOut(BaseModel):
    """An open invitation."""

    id: str
    name: str
    role: Role
    groups: list[str] | None
    created: str
    created_by: str
    expires: str


class NewInvitation(InvitationOut):
    """An invitation with its link, which is shown this once."""

    link: str
    token: str


@router.post("/keys", status_code=201)
async def create_key(body: GrantBody, services: ServicesOf, caller: CallerOf, audit: AuditOf) -> NewKey:
    """Make a key in the caller's tenant. It is shown in this answer and never again."""
    days = body.days or services.settings.auth.key_days
    key, text = make_key(_grant(body, caller), created_by=caller.id, days=days)
    await save_key(services.store, key)
    await audit("key.create", key.id, f"{key.role} {key.name}")
    return NewKey(**_key(key).model_dump(), key=text)


@router.get("/keys")
async def keys(services: ServicesOf, caller: CallerOf) -> list[KeyOut]:
    """The keys of the caller's tenant, the oldest first."""
    return [_key(key) for key in await list_keys(services.store, caller.scope.tenant)]


@router.delete("/keys/{key_id}", status_code=204)
async def delete_key(key_id: str, services: ServicesOf, caller: CallerOf, audit: AuditOf) -> Response:
    """Revoke a key: it is refused from the next request on."""
    key = await revoke_key(services.store, caller.scope.tenant, key_id)
    await audit("key.revoke", key.id, f"{key.role} {key.name}")
    return Response(status_code=204)


@router.post("/invitations", status_code=201)
async def create_invitation(
    body: InvitationBody, request: Request, services: ServicesOf, caller: CallerOf, audit: AuditOf
) -> NewInvitation:
    """Make a link that gives its finder one key, once."""
    settings = services.settings
    invitation, token = await invite(
        services.store,
        _grant(body, caller),
        created_by=caller.id,
        hours=body.hours or settings.auth.invitation_hours,
        key_days=body.days or settings.auth.key_days,
    )
    await audit("invitation.create", invitation.id, f"{invitation.role} {invitation.name}")
    link = invitation_link(settings.serving.public_url or str(request.base_url), token)
    return NewInvitation(**_invitation(invitation).model_dump(), link=link, token=token)


@router.get("/invitations")
async def invitations(services: ServicesOf, caller: CallerOf) -> list[InvitationOut]:
    """The open invitations of the caller's tenant, the oldest first."""
    return [_invitation(one) for one in await list_invitations(services.store, caller.scope.tenant)]


@router.delete("/invitations/{invitation_id}", status_code=204)
async def delete_invitation(invitation_id: str, services: ServicesOf, caller: CallerOf, audit: AuditOf) -> Response:
    """Withdraw an invitation: its link gives nothing from now on."""
    await withdraw(services.store, caller.scope.tenant, invitation_id)
    await audit("invitation.withdraw", invitation_id)
    return Response(status_code=204)


def invitation_link(base: str, token: str) -> str:
    """The token stands behind the #, which browsers keep to themselves: it comes into no server's log."""
    return f"{base.rstrip('/')}/invitation#{token}"


def _grant(body: GrantBody, caller: Caller) -> Grant:
    """Raises ForbiddenError where somebody would give groups that they do not have."""
    groups = body.groups if "groups" in body.model_fields_set else default_groups(body.role)
    mine = caller.scope.groups
    if mine is not None and "groups" not in body.model_fields_set and groups is None:
        groups = mine
    if mine is not None and (groups is None or not set(groups) <= set(mine)):
        raise ForbiddenError(f"nobody gives more than they have: your groups are {', '.join(mine) or 'none'}")
    return Grant(tenant=caller.scope.tenant, name=body.name, role=body.role, groups=groups)


def _key(key: ApiKey) -> KeyOut:
    return KeyOut(**key.model_dump(include=set(KeyOut.model_fields)))


def _invitation(invitation: Invitation) -> InvitationOut:
    return InvitationOut(**invitation.model_dump(include=set(InvitationOut.model_fields)))
