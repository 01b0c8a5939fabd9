"""Invitations: what an administrator offers by a link, and who has the link may redeem for one key.

A store can write and read, but not compare and set. So that an invitation still gives one key at most, the key is not
drawn when it is redeemed: it follows from the link's secret and a random number on record (HMAC-SHA256), and two who
redeem at the same time come to the same key. The number is removed with the invitation; without it the link is worth
nothing. Within one process (the owner of an embedded index) redemptions also wait for each other, and the second is
refused. On a server engine two replicas may both tell that one key to two who redeem the same link at the same moment.
"""

from __future__ import annotations

import asyncio
import hmac
from datetime import timedelta
from weakref import WeakKeyDictionary

from ray_app.errors import NotFoundError
from ray_app.records import record_id
from ray_app.store.collections import REGISTRY
from ray_app.store.keys import (
    ApiKey,
    Grant,
    ends_after,
    has_ended,
    hashed,
    key_text,
    matches,
    new_id,
    new_secret,
    save_key,
)
from ray_app.store.paging import scroll_all
from ray_app.store.points import now
from ray_app.store.protocol import AnyOf, Filter, Point, Reader, Store

_KIND = "invitation"
_PREFIX = "invite"

_redeeming: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


class Invitation(Grant):
    """An offer of a key. `number` is the half of the future key that the link does not have."""

    id: str
    sha256: str
    number: str
    created: str
    created_by: str
    expires: str
    key_days: int | None = None


async def invite(
    store: Store, grant: Grant, *, created_by: str, hours: int, key_days: int | None
) -> tuple[Invitation, str]:
    """Puts an invitation on record; returns it with its token, which is shown once and kept nowhere."""
    secret = new_secret()
    invitation = Invitation(
        **grant.model_dump(), id=new_id(), sha256=hashed(secret), number=new_secret(), created=now(),
        created_by=created_by, expires=ends_after(timedelta(hours=hours)), key_days=key_days,
    )  # fmt: skip
    payload = {"kind": _KIND, **invitation.model_dump(mode="json")}
    await store.upsert(REGISTRY, [Point(_id(invitation.id), payload)])
    return invitation, f"{_PREFIX}_{invitation.id}_{secret}"


async def redeem(store: Store, token: str) -> tuple[ApiKey, str]:
    """Turns an invitation into a key, once. Raises NotFoundError where it was, has expired, or never was."""
    prefix, _, rest = token.partition("_")
    identity, _, secret = rest.partition("_")
    made = await store.run(_redeem, identity, secret) if prefix == _PREFIX else None
    if made is None:
        raise NotFoundError("this invitation was redeemed, has expired or was withdrawn: ask for a new one")
    return made


async def _redeem(store: Store, identity: str, secret: str) -> tuple[ApiKey, str] | None:
    """Beside the index. The key is written first: after a crash in between, the link gives the same key again."""
    async with _redeeming.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        found = await store.retrieve(REGISTRY, [_id(identity)])
        if not found:
            return None
        invitation = Invitation.model_validate(found[0].payload)
        if not matches(secret, invitation.sha256) or has_ended(invitation.expires):
            return None
        key, text = _key_of(invitation, secret)
        await save_key(store, key)
        await store.delete(REGISTRY, [found[0].id])
        return key, text


def _key_of(invitation: Invitation, secret: str) -> tuple[ApiKey, str]:
    mine = hmac.digest(invitation.number.encode(), secret.encode(), "sha256").hex()
    expires = ends_after(timedelta(days=invitation.key_days)) if invitation.key_days else None
    grant = invitation.model_dump(include=set(Grant.model_fields))
    key = ApiKey(
        **grant, id=invitation.id, sha256=hashed(mine), created=now(), created_by=invitation.created_by, expires=expires
    )
    return key, key_text(key.id, mine)


async def list_invitations(store: Reader, tenant: str) -> list[Invitation]:
    """The open invitations of a tenant, the oldest first."""
    of_tenant = Filter([AnyOf("kind", [_KIND]), AnyOf("tenant", [tenant])])
    found = await scroll_all(store, REGISTRY, of_tenant)  # those that have ended are among them
    offers = [Invitation.model_validate(one.payload) for one in found]
    return sorted((one for one in offers if not has_ended(one.expires)), key=lambda one: (one.created, one.id))


async def withdraw(store: Store, tenant: str, identity: str) -> None:
    """Removes an invitation: its link gives nothing from then on. Raises NotFoundError."""
    found = await store.retrieve(REGISTRY, [_id(identity)])
    if not found or found[0].payload["tenant"] != tenant:
        raise NotFoundError(f"there is no invitation {identity!r}")
    await store.delete(REGISTRY, [found[0].id])


def _id(identity: str) -> str:
    return record_id(_KIND, identity)
