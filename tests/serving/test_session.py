"""A browser that signed in: its cookie does what the key does, for this page only, and no longer than was asked."""

from __future__ import annotations

from http.cookies import SimpleCookie

import pytest

from ray_app.serving.session import COOKIE
from ray_app.settings import ServingSettings
from tests.serving.apps import HERE, api_over, problem, required

pytestmark = pytest.mark.anyio

UNKNOWN = "ray_" + "0" * 16 + "_" + "0" * 64


def sign_in(api, key, headers=None, **body):
    return api.request("POST", "/v1/session", json={"key": key, **body}, headers=headers or {})


def cookie(response):
    """The cookie that the answer sets."""
    return SimpleCookie(response.headers["set-cookie"])[COOKIE]


def kept(key):
    """The headers of a browser that has signed in."""
    return {"Cookie": f"{COOKIE}={key}"}


async def test_signing_in_says_who_one_is_and_sets_a_cookie_that_scripts_cannot_read(guarded):
    key = await guarded.key("editor", name="ada")
    response = await sign_in(guarded, key)
    assert response.status_code == 201
    assert (response.json()["name"], response.json()["role"]) == ("ada", "editor")
    assert response.headers["cache-control"] == "no-store"
    assert key not in response.text
    set_ = cookie(response)
    assert (set_.value, set_["httponly"], set_["samesite"], set_["path"]) == (key, True, "strict", "/")
    assert (set_["max-age"], set_["expires"], set_["domain"], set_["secure"]) == ("", "", "", "")


async def test_the_cookie_does_what_the_key_does(guarded):
    key = await guarded.key("reader", name="ada")
    answers = [
        await guarded.request("GET", "/v1/me", headers=headers)
        for headers in (kept(key), {"Authorization": f"Bearer {key}"})
    ]
    assert answers[0].json() == answers[1].json()
    problem(await guarded.request("GET", "/v1/keys", headers=kept(key)), 403, "forbidden")


async def test_who_stays_is_kept_for_so_many_days(settings, embedder):
    async with api_over(required(settings, session_days=7), embedder) as api:
        assert cookie(await sign_in(api, await api.key(), stay=True))["max-age"] == str(7 * 86400)


@pytest.mark.parametrize("key", [UNKNOWN, "nonsense", "a; b=c", "\r\nSet-Cookie: x=y"])
async def test_what_is_no_key_is_refused_and_not_kept(guarded, key):
    response = await sign_in(guarded, key)
    problem(response, 401, "unauthenticated")
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize("body", [{}, {"key": ""}, {"key": "x" * 8001}, {"key": 1}, {"key": "x", "more": 1}])
async def test_what_signs_nobody_in_is_refused(guarded, body):
    problem(await guarded.request("POST", "/v1/session", json=body), 422, "invalid-request")


@pytest.mark.parametrize(
    "origin", ["https://evil.example.com", "http://127.0.0.1:9", "http://sub.127.0.0.1:8000", "null"]
)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("GET", "/v1/me", None), ("POST", "/v1/session", {"key": "x"}), ("DELETE", "/v1/session", None)],
)
async def test_a_page_of_another_site_neither_uses_the_cookie_nor_changes_it(guarded, origin, method, path, body):
    key = await guarded.key()
    headers = {**kept(key), "Origin": origin}
    response = await guarded.request(method, path, headers=headers, json=body)
    problem(response, 403, "forbidden")
    assert "set-cookie" not in response.headers


async def test_this_page_names_itself_and_is_let_in(guarded):
    key = await guarded.key()
    assert (await guarded.request("GET", "/v1/me", headers={**kept(key), "Origin": HERE})).status_code == 200
    assert (await sign_in(guarded, key, headers={"Origin": HERE})).status_code == 201


async def test_behind_a_proxy_the_public_address_is_this_page_and_its_cookie_needs_tls(settings, embedder):
    public = required(settings).model_copy(update={"serving": ServingSettings(public_url="https://search.example.com")})
    async with api_over(public, embedder) as api:
        key = await api.key()
        origin = {"Origin": "https://search.example.com"}
        assert (await api.request("GET", "/v1/me", headers={**kept(key), **origin})).status_code == 200
        assert cookie(await sign_in(api, key, headers=origin))["secure"] is True


async def test_a_header_counts_more_than_the_cookie(guarded):
    one, other = await guarded.key(name="one"), await guarded.key(name="other")
    assert (await guarded.request("GET", "/v1/me", other, headers=kept(one))).json()["name"] == "other"
    problem(await guarded.request("GET", "/v1/me", UNKNOWN, headers=kept(one)), 401, "unauthenticated")
    foreign = {**kept(one), "Origin": "https://elsewhere.example.com"}
    assert (await guarded.request("GET", "/v1/me", other, headers=foreign)).json()["name"] == "other"


async def test_a_revoked_key_ends_what_the_cookie_may(guarded):
    admin, key = await guarded.key("admin"), await guarded.key(name="gone")
    listed = (await guarded.request("GET", "/v1/keys", admin)).json()
    (identity,) = (one["id"] for one in listed if one["name"] == "gone")
    assert (await guarded.request("DELETE", f"/v1/keys/{identity}", admin)).is_success
    problem(await guarded.request("GET", "/v1/me", headers=kept(key)), 401, "unauthenticated")


async def test_signing_out_takes_the_cookie_away_and_needs_no_key(guarded):
    response = await guarded.request("DELETE", "/v1/session", headers=kept(UNKNOWN))
    assert response.status_code == 204
    assert (cookie(response).value, cookie(response)["max-age"], cookie(response)["path"]) == ("", "0", "/")


async def test_without_authentication_there_is_nothing_to_keep(settings, embedder):
    async with api_over(settings, embedder) as api:
        response = await sign_in(api, "whatever")
        assert (response.status_code, response.json()["kind"]) == (201, "open")
        assert "set-cookie" not in response.headers


async def test_guessing_is_counted_by_the_address_that_it_comes_from(settings, embedder):
    async with api_over(required(settings, requests_per_minute=3), embedder) as api:
        statuses = [(await sign_in(api, UNKNOWN)).status_code for _ in range(4)]
    assert statuses == [401, 401, 401, 429]
