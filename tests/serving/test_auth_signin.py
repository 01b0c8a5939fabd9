"""Signing in at a provider: what a browser is sent through, with its cookies, against a provider on this machine."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from ray_app.settings import OidcSettings, ServingSettings
from tests.serving.apps import HERE, api_over, problem, required

pytestmark = pytest.mark.anyio

BEGIN = "/v1/session/provider"
KEPT = "ray_app_key"


@pytest.fixture
def world(settings, embedder, provider):
    """An API whose people sign in at the provider."""

    @asynccontextmanager
    async def opened(*, serving=None, **oidc):
        chosen = {"issuer": provider.url, "audience": "ray-app", "client_id": "page", "refetch_s": 0, **oidc}
        guarded = required(settings, oidc=OidcSettings(**chosen))
        async with api_over(guarded.model_copy(update={"serving": serving or ServingSettings()}), embedder) as api:
            yield api

    return opened


@asynccontextmanager
async def another_browser(api):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api.app), base_url=HERE) as client:
        yield replace(api, client=client)


async def there(api, back="/?q=lease"):
    """To the provider, and as far as it sends the browser back: the address of the callback."""
    begun = await api.request("GET", BEGIN, params={"back": back})
    assert begun.status_code == 303, begun.text
    async with httpx.AsyncClient() as browser:
        return (await browser.get(begun.headers["location"])).headers["location"]


async def and_back(api, back="/?q=lease"):
    return await api.request("GET", await there(api, back))


def refused(response):
    assert response.status_code == 303
    assert KEPT not in response.headers.get("set-cookie", "")
    where = urlsplit(response.headers["location"])
    assert where.path == "/sign-in"
    (reason,) = parse_qs(where.query)["refused"]
    return reason


async def test_who_comes_back_from_the_provider_is_signed_in_and_where_they_were(world):
    async with world() as api:
        arrived = await and_back(api)
        assert (arrived.status_code, arrived.headers["location"]) == (303, "/?q=lease")
        kept = next(one for one in arrived.headers.get_list("set-cookie") if one.startswith(KEPT))
        assert "httponly" in kept.lower()
        assert "samesite=strict" in kept.lower()
        assert (await api.request("GET", "/v1/me")).json()["id"] == "user:u1"


async def test_the_sign_in_view_is_told_where_to_lead_people(world, provider, settings, embedder):
    async with world() as api:
        assert (await api.request("GET", "/v1/session")).json() == {"provider": urlsplit(provider.url).netloc}
    async with world(client_id=None) as api:
        assert (await api.request("GET", "/v1/session")).json() == {"provider": None}
        problem(await api.request("GET", BEGIN), 404, "not-found")
        problem(await api.request("GET", "/v1/session/callback"), 404, "not-found")


async def test_a_client_with_a_secret_shows_it(world, provider):
    provider.secret = "open sesame"
    async with world(client_secret="open sesame") as api:
        assert (await and_back(api)).headers["location"] == "/?q=lease"
    async with world(client_secret="another") as api:
        assert refused(await and_back(api)) == "refused"


async def test_the_token_for_this_api_is_taken_whichever_it_is(world, provider):
    provider.tokens = {"access_token": "opaque", "id_token": provider.token(sub="u2")}
    async with world() as api:
        await and_back(api)
        assert (await api.request("GET", "/v1/me")).json()["id"] == "user:u2"


@pytest.mark.parametrize(
    ("tokens", "reason"),
    [
        ({"access_token": {"aud": "another"}}, "refused"),
        ({"access_token": {"roles": ["guest"]}}, "no-access"),
        ({"access_token": {"groups": ["x" * 4000]}}, "refused"),
        ({"refresh_token": {}}, "refused"),
    ],
)
async def test_a_token_that_gives_nobody_access_signs_nobody_in(world, provider, tokens, reason):
    provider.tokens = {name: provider.token(**claims) for name, claims in tokens.items()}
    async with world() as api:
        assert refused(await and_back(api)) == reason


async def test_who_is_refused_at_the_provider_is_told_so_and_can_try_again(world, provider):
    provider.refusal = "access_denied"
    async with world() as api:
        answer = await and_back(api)
        assert refused(answer) == "refused"
        assert parse_qs(urlsplit(answer.headers["location"]).query)["next"] == ["/?q=lease"]
        provider.refusal = None
        assert (await and_back(api)).headers["location"] == "/?q=lease"


async def test_a_provider_that_is_away_is_told_of(world, provider):
    async with world() as api:
        address = await there(api)
        provider.status = 503
        assert refused(await api.request("GET", address)) == "away"
        assert refused(await api.request("GET", BEGIN)) == "away"


async def test_a_link_that_somebody_else_made_signs_nobody_in(world):
    """Another's code would make the victim work in the attacker's name."""
    async with world() as api, another_browser(api) as victim:
        address = await there(api)
        assert refused(await victim.request("GET", address)) == "refused"  # began nothing
        await there(victim)
        assert refused(await victim.request("GET", address)) == "refused"  # began another


async def test_a_code_is_good_once(world):
    async with world() as api:
        begun = await api.request("GET", BEGIN)
        kept = begun.headers["set-cookie"].split(";")[0]
        async with httpx.AsyncClient() as browser:
            address = (await browser.get(begun.headers["location"])).headers["location"]
        first, second = [await api.request("GET", address, headers={"Cookie": kept}) for _ in range(2)]
        assert first.headers["location"] == "/"
        assert refused(second) == "refused"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", ""]
)
async def test_the_way_back_is_of_this_page_only(world, elsewhere):
    async with world() as api:
        assert (await and_back(api, elsewhere)).headers["location"] == "/"


async def test_behind_a_proxy_the_provider_leads_back_to_the_public_address(world):
    async with world(serving=ServingSettings(public_url="https://search.example.org")) as api:
        begun = await api.request("GET", BEGIN)
        (back,) = parse_qs(urlsplit(begun.headers["location"]).query)["redirect_uri"]
        assert back == "https://search.example.org/v1/session/callback"
        assert "secure" in begun.headers["set-cookie"].lower()
