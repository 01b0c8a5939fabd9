"""API keys, invitations and the audit log, over HTTP and on a real index."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ray_app.store.audit import AuditEntry, entries, write_entry
from ray_app.store.collections import REGISTRY
from ray_app.store.keys import list_keys, split_key
from ray_app.store.named_sources import NamedSource, save_source
from ray_app.store.points import iso, now
from ray_app.store.protocol import Point
from tests.serving.apps import api_over, problem, required

pytestmark = pytest.mark.anyio


async def made(api, admin, **body):
    response = await api.request("POST", "/v1/keys", admin, json={"name": "ada", **body})
    assert response.status_code == 201, response.text
    return response.json()


async def test_a_key_tells_whose_it_is_and_what_it_may(guarded):
    key = await made(guarded, await guarded.key("admin"), role="editor", groups=["board"])
    me = (await guarded.request("GET", "/v1/me", key["key"])).json()
    assert me == {
        "id": f"key:{key['id']}",
        "name": "ada",
        "kind": "key",
        "tenant": "default",
        "groups": ["board"],
        "role": "editor",
        "may": ["read", "upload", "label", "delete"],
    }


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer x", "Basic YTpi", "Bearer ray_1_2", "Bearer ray__"])
async def test_without_a_valid_key_there_is_nothing(guarded, authorization):
    response = await guarded.request("GET", "/v1/me", headers={"Authorization": authorization})
    assert problem(response, 401, "unauthenticated")["detail"]
    assert response.headers["www-authenticate"] == 'Bearer realm="ray-app"'


async def test_a_changed_secret_is_refused(guarded):
    key = await guarded.key()
    problem(await guarded.request("GET", "/v1/me", key[:-1] + ("0" if key[-1] != "0" else "1")), 401, "unauthenticated")


async def test_a_revoked_key_is_refused_with_the_next_request(guarded):
    admin = await guarded.key("admin")
    key = await made(guarded, admin)
    assert (await guarded.request("GET", "/v1/me", key["key"])).status_code == 200
    assert (await guarded.request("DELETE", f"/v1/keys/{key['id']}", admin)).status_code == 204
    problem(await guarded.request("GET", "/v1/me", key["key"]), 401, "unauthenticated")
    problem(await guarded.request("DELETE", f"/v1/keys/{key['id']}", admin), 404, "not-found")


async def test_an_expired_key_is_refused(guarded):
    key = await guarded.key(days=1)
    (record,) = await list_keys(guarded.store, "default")
    assert (await guarded.request("GET", "/v1/me", key)).status_code == 200
    (point,) = (await guarded.store.scroll(REGISTRY))[0]
    await guarded.store.set_payload(REGISTRY, [point.id], {"expires": record.created})
    problem(await guarded.request("GET", "/v1/me", key), 401, "unauthenticated")


async def test_the_index_holds_no_secret(guarded):
    admin = await guarded.key("admin")
    key = await made(guarded, admin)
    offer = (await guarded.request("POST", "/v1/invitations", admin, json={"name": "bo"})).json()
    kept = str((await guarded.store.scroll(REGISTRY))[0])
    for text in (key["key"], offer["token"]):
        assert text.rsplit("_", 1)[1] not in kept
    listed = (await guarded.request("GET", "/v1/keys", admin)).text
    assert "sha256" not in listed
    assert key["key"] not in listed


async def test_the_last_use_is_written_at_most_once_a_minute(guarded):
    key = await guarded.key()

    async def used():
        await guarded.request("GET", "/v1/me", key)
        return (await list_keys(guarded.store, "default"))[0].last_used

    assert await used() is not None
    (point,) = (await guarded.store.scroll(REGISTRY))[0]
    half_a_minute_ago = iso(time.time() - 30)
    await guarded.store.set_payload(REGISTRY, [point.id], {"last_used": half_a_minute_ago})
    assert await used() == half_a_minute_ago
    await guarded.store.set_payload(REGISTRY, [point.id], {"last_used": iso(time.time() - 90)})
    assert await used() > half_a_minute_ago


@pytest.mark.parametrize(("role", "status"), [("reader", 403), ("editor", 403), ("admin", 201)])
async def test_only_an_administrator_makes_keys(guarded, role, status):
    response = await guarded.request("POST", "/v1/keys", await guarded.key(role), json={"name": "x"})
    assert response.status_code == status
    if status == 403:
        assert "takes the role admin" in problem(response, 403, "forbidden")["detail"]


@pytest.mark.parametrize(
    ("groups", "body", "given"),
    [
        (None, {}, []),
        (None, {"role": "admin"}, None),
        (None, {"groups": None}, None),
        (("a", "b"), {"groups": ["b"]}, ["b"]),
        (("a", "b"), {"role": "admin"}, ["a", "b"]),
        (("a", "b"), {"groups": ["c"]}, 403),
        (("a", "b"), {"groups": None}, 403),
    ],
)
async def test_nobody_gives_groups_that_they_do_not_have(guarded, groups, body, given):
    admin = await guarded.key("admin", groups=groups)
    for path in ("/v1/keys", "/v1/invitations"):
        response = await guarded.request("POST", path, admin, json={"name": "x", **body})
        if given == 403:
            problem(response, 403, "forbidden")
        else:
            assert response.json()["groups"] == given


async def invitation(api, **body):
    admin = await api.key("admin")
    response = await api.request("POST", "/v1/invitations", admin, json={"name": "bo", "role": "editor", **body})
    assert response.status_code == 201, response.text
    return admin, response.json()


async def redeem(api, token):
    return await api.request("POST", "/v1/invitations/redeem", json={"token": token})


async def test_an_invitation_gives_one_key_once(guarded):
    admin, offer = await invitation(guarded, groups=["board"], days=7)
    assert offer["link"] == f"http://127.0.0.1:8000/invitation#{offer['token']}"
    got = await redeem(guarded, offer["token"])
    assert (got.status_code, got.headers["cache-control"]) == (201, "no-store")
    me = (await guarded.request("GET", "/v1/me", got.json()["key"])).json()
    assert (me["name"], me["role"], me["groups"]) == ("bo", "editor", ["board"])
    assert got.json()["expires"] > now()
    problem(await redeem(guarded, offer["token"]), 404, "not-found")
    assert (await guarded.request("GET", "/v1/invitations", admin)).json() == []


async def test_of_many_who_redeem_at_the_same_time_one_gets_the_key(guarded):
    _, offer = await invitation(guarded)
    answers = await asyncio.gather(*(redeem(guarded, offer["token"]) for _ in range(8)))
    assert sorted(one.status_code for one in answers) == [201] + [404] * 7
    assert sum(key.name == "bo" for key in await list_keys(guarded.store, "default")) == 1


async def test_a_withdrawn_or_expired_or_invented_invitation_gives_nothing(guarded):
    admin, offer = await invitation(guarded)
    problem(await redeem(guarded, offer["token"][:-2] + "zz"), 404, "not-found")
    problem(await redeem(guarded, "nonsense"), 404, "not-found")
    assert (await guarded.request("DELETE", f"/v1/invitations/{offer['id']}", admin)).status_code == 204
    problem(await redeem(guarded, offer["token"]), 404, "not-found")
    _, late = await invitation(guarded)
    found, _ = await guarded.store.scroll(REGISTRY)
    (point,) = [one for one in found if one.payload.get("id") == late["id"]]
    await guarded.store.upsert(REGISTRY, [Point(point.id, point.payload | {"expires": "2020-01-01T00:00:00Z"})])
    problem(await redeem(guarded, late["token"]), 404, "not-found")
    assert (await guarded.request("GET", "/v1/invitations", admin)).json() == []


async def test_the_page_behind_the_link_runs_its_own_script_only(guarded):
    page = await guarded.request("GET", "/invitation")
    assert page.status_code == 200
    assert "script-src 'sha256-" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"


async def test_the_audit_log_says_who_did_what_to_which_by_which_request(guarded):
    admin, offer = await invitation(guarded)
    key = await made(guarded, admin)
    await redeem(guarded, offer["token"])
    headers = {"X-Request-Id": "mine-1"}
    await guarded.request("DELETE", f"/v1/keys/{key['id']}", admin, headers=headers)
    log = (await guarded.request("GET", "/v1/audit", admin)).json()["entries"]
    assert [(one["what"], one["which"]) for one in log] == [
        ("key.revoke", key["id"]),
        ("invitation.redeem", offer["id"]),
        ("key.create", key["id"]),
        ("invitation.create", offer["id"]),
    ]
    assert log[0]["request"] == "mine-1"
    assert log[0]["who"] == f"key:{admin.split('_')[1]} (somebody)"
    assert log[1]["who"] == f"key:{offer['id']} (bo)"


async def test_the_audit_log_is_for_administrators_who_see_every_source(guarded):
    some, board = [await guarded.key("admin", groups=(group,)) for group in ("others", "board")]
    await save_source(guarded.store, NamedSource(name="b", tenant="default", uri="file:///b", groups=("board",)))
    problem(await guarded.request("GET", "/v1/audit", some), 403, "forbidden")
    assert (await guarded.request("GET", "/v1/audit", board)).status_code == 200


async def test_the_audit_log_is_paged_each_entry_once_also_while_it_grows(guarded):
    admin = await guarded.key("admin")

    def entry(which):
        return AuditEntry(tenant="default", who="w", what="test", which=which)

    for number in range(25):
        await write_entry(guarded.store, entry(str(number)), keep_days=1)
    await write_entry(guarded.store, entry("foreign").model_copy(update={"tenant": "u"}), keep_days=1)
    seen, cursor = [], None
    while True:
        params = {"limit": 10} | ({"cursor": cursor} if cursor else {})
        page = (await guarded.request("GET", "/v1/audit", admin, params=params)).json()
        seen += [one["which"] for one in page["entries"]]
        await write_entry(guarded.store, entry("later"), keep_days=1)
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [str(number) for number in reversed(range(25))]


async def test_old_entries_of_the_audit_log_go(guarded):
    for which in ("old", "new"):
        await write_entry(guarded.store, AuditEntry(tenant="t", who="w", what="x", which=which), keep_days=0)
    assert (await entries(guarded.store, "t", limit=10))[0] == []


async def test_in_open_mode_everyone_is_administrator_of_the_tenant(settings, embedder):
    async with api_over(settings, embedder) as api:
        me = (await api.request("GET", "/v1/me")).json()
        assert (me["kind"], me["role"], me["tenant"], me["groups"]) == ("open", "admin", "default", None)
        assert (await api.request("POST", "/v1/keys", json={"name": "first", "role": "admin"})).status_code == 201


async def test_a_key_made_before_works_when_authentication_is_switched_on(settings, embedder):
    async with api_over(settings, embedder) as api:
        key = (await api.request("POST", "/v1/keys", json={"name": "first", "role": "admin"})).json()["key"]
    async with api_over(required(settings), embedder) as api:
        assert (await api.request("GET", "/v1/me", key)).json()["role"] == "admin"


@given(st.text(max_size=60))
def test_only_a_key_is_taken_for_one(text):
    parts = split_key(text)
    assert parts is None or f"ray_{parts[0]}_{parts[1]}" == text
