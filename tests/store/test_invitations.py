"""An invitation gives one key at most, on every engine."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from ray_app.errors import NotFoundError
from ray_app.store.audit import AuditEntry, entries, write_entry
from ray_app.store.collections import REGISTRY
from ray_app.store.invitations import _key_of, invite, list_invitations, redeem
from ray_app.store.keys import Grant, find_key, list_keys
from ray_app.store.protocol import Point

pytestmark = pytest.mark.anyio

GRANT = Grant(tenant="t", name="bo", role="reader")


async def attempt(store, token):
    try:
        return (await redeem(store, token))[1]
    except NotFoundError:
        return None


async def test_redeemed_at_the_same_time_it_gives_one_key(store):
    _, token = await invite(store, GRANT, created_by="c", hours=1, key_days=None)
    given = await asyncio.gather(*(attempt(store, token) for _ in range(5)))
    (key,) = [one for one in given if one]
    assert await find_key(store, key, key_use_s=60) is not None
    assert len(await list_keys(store, "t")) == 1


async def test_an_open_one_is_listed_however_many_have_ended(store):
    await invite(store, GRANT, created_by="c", hours=1, key_days=None)
    (record,) = (await store.scroll(REGISTRY))[0]
    ended = record.payload | {"expires": "2020-01-01T00:00:00Z"}
    ids = [str(uuid.UUID(int=number)) for number in range(1100)]  # before the open one
    await store.upsert(REGISTRY, [Point(identity, ended | {"id": identity}) for identity in ids])
    assert [one.id for one in await list_invitations(store, "t")] == [record.payload["id"]]


async def test_who_redeems_again_after_a_crash_gets_the_same_key(store):
    """What two replicas of a server engine would do at the same time, too."""
    invitation, token = await invite(store, GRANT, created_by="c", hours=1, key_days=None)
    first = _key_of(invitation, token.rsplit("_", 1)[1])
    assert (await redeem(store, token))[1] == first[1]


async def test_the_log_has_the_latest_first_and_loses_the_old(store):
    entry = AuditEntry(tenant="t", who="w", what="x", which="1")
    await write_entry(store, entry, keep_days=1)
    await write_entry(store, entry.model_copy(update={"which": "2"}), keep_days=1)
    found, _ = await entries(store, "t", limit=10)
    assert [one.which for one in found] == ["2", "1"]
    await write_entry(store, entry, keep_days=0)
    assert await entries(store, "t", limit=10) == ([], None)
