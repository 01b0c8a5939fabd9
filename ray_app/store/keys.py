"""API keys on record: whose they are and what they may, never the keys themselves.

A key is `ray_<id>_<secret>`. The registry keeps the SHA-256 of the secret: it is 256 random bits, which nobody can
guess however quick the hash; slow hashes are for passwords, which people choose.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ray_app.errors import NotFoundError
from ray_app.records import Role, record_id
from ray_app.store.collections import REGISTRY
from ray_app.store.points import now
from ray_app.store.protocol import AnyOf, Filter, Point, Reader, Store

_KIND = "key"
_PREFIX = "ray"
_PAGE = 256

Name = Annotated[str, Field(min_length=1, max_length=100)]
# Access groups; None is all of the tenant's sources, an empty tuple those that are open to the whole tenant.
Groups = tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] | None


class Grant(BaseModel):
    """What somebody is given: a role in a tenant, and the groups whose sources they see."""

    model_config = ConfigDict(frozen=True)

    tenant: str
    name: Name
    role: Role
    groups: Groups = ()


class ApiKey(Grant):
    """A key on record. Times are ISO 8601, UTC; `sha256` is of its secret."""

    id: str
    sha256: str
    created: str
    created_by: str
    expires: str | None = None
    last_used: str | None = None


def default_groups(role: Role) -> Groups:
    """The groups of whom nothing is said about: an administrator sees the whole tenant, others what is open to it."""
    return None if role == "admin" else ()


def new_secret() -> str:
    """256 random bits, as 64 hexadecimal digits."""
    return secrets.token_hex(32)


def new_id() -> str:
    """Names a key or an invitation; it is no secret."""
    return secrets.token_hex(8)


def key_text(identity: str, secret: str) -> str:
    """The key as its owner has it."""
    return f"{_PREFIX}_{identity}_{secret}"


def split_key(text: str) -> tuple[str, str] | None:
    """The id and the secret of a key; None where the text is no key."""
    prefix, _, rest = text.partition("_")
    identity, _, secret = rest.partition("_")
    return (identity, secret) if prefix == _PREFIX and identity and secret else None


def hashed(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def matches(secret: str, sha256: str) -> bool:
    """Compared in a time that tells nothing."""
    return hmac.compare_digest(hashed(secret), sha256)


def make_key(grant: Grant, *, created_by: str, days: int | None) -> tuple[ApiKey, str]:
    """A new key's record, and the key itself: it is shown once and kept nowhere."""
    identity, secret = new_id(), new_secret()
    expires = ends_after(timedelta(days=days)) if days else None
    key = ApiKey(
        **grant.model_dump(), id=identity, sha256=hashed(secret), created=now(), created_by=created_by, expires=expires
    )
    return key, key_text(identity, secret)


async def save_key(store: Store, key: ApiKey) -> None:
    """Writes the record; the key works from then on."""
    await store.upsert(REGISTRY, [Point(_id(key.id), {"kind": _KIND, **key.model_dump(mode="json")})])


async def find_key(store: Store, text: str, *, key_use_s: float) -> ApiKey | None:
    """The record of a valid key, None where it is unknown, revoked or expired: one trip to the index.

    When it was used is written where that was longer ago than `key_use_s` seconds.
    """
    parts = split_key(text)
    key = await store.run(_use, parts[0], hashed(parts[1]), key_use_s) if parts else None
    return key if key and not has_ended(key.expires) else None


async def _use(store: Store, identity: str, sha256: str, key_use_s: float) -> ApiKey | None:
    found = await store.retrieve(REGISTRY, [_id(identity)])
    if not found or not hmac.compare_digest(found[0].payload["sha256"], sha256):
        return None
    key = ApiKey.model_validate(found[0].payload)
    at = datetime.now(UTC)
    if not key.last_used or at - datetime.fromisoformat(key.last_used) > timedelta(seconds=key_use_s):
        await store.set_payload(REGISTRY, [found[0].id], {"last_used": now()})  # a key revoked meanwhile stays gone
    return key


async def list_keys(store: Reader, tenant: str) -> list[ApiKey]:
    """Every key of a tenant, the oldest first."""
    of_tenant = Filter([AnyOf("kind", [_KIND]), AnyOf("tenant", [tenant])])
    found, offset = await store.scroll(REGISTRY, filter=of_tenant, limit=_PAGE)
    while offset is not None:
        page, offset = await store.scroll(REGISTRY, filter=of_tenant, limit=_PAGE, offset=offset)
        found += page
    return sorted((ApiKey.model_validate(one.payload) for one in found), key=lambda key: (key.created, key.id))


async def revoke_key(store: Store, tenant: str, identity: str) -> ApiKey:
    """Removes the record: the key is refused from then on. Raises NotFoundError."""
    found = await store.retrieve(REGISTRY, [_id(identity)])
    if not found or found[0].payload["tenant"] != tenant:
        raise NotFoundError(f"there is no key {identity!r} (ray-app keys list)")
    await store.delete(REGISTRY, [found[0].id])
    return ApiKey.model_validate(found[0].payload)


def has_ended(expires: str | None) -> bool:
    """Whether the time has come; never, where there is none."""
    return expires is not None and datetime.fromisoformat(expires) <= datetime.now(UTC)


def ends_after(time: timedelta) -> str:
    """A time from now on, as ISO 8601, UTC."""
    return (datetime.now(UTC) + time).isoformat(timespec="seconds").replace("+00:00", "Z")


def _id(identity: str) -> str:
    return record_id(_KIND, identity)
