"""API keys and invitations of the caller's tenant."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ray_app.errors import ForbiddenError
from ray_app.serving.bodies.keys import GrantBody, InvitationBody, InvitationOut, KeyOut, NewInvitation, NewKey
from ray_app.serving.caller import Caller
from ray_app.serving.services import AuditOf, CallerOf, ServicesOf, requires
from ray_app.store.invitations import Invitation, invite, list_invitations, withdraw
from ray_app.store.keys import ApiKey, Grant, default_groups, list_keys, make_key, revoke_key, save_key

router = APIRouter(prefix="/v1", tags=["access"], dependencies=[requires("admin")])


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
