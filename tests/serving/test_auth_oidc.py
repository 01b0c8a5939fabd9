"""Tokens of an OpenID Connect provider: a real one's keys, served over HTTP on this machine."""

from __future__ import annotations

import asyncio
import hmac
from base64 import urlsafe_b64encode

import pytest
from joserfc.jwk import ECKey, KeySet

from ray_app.errors import ConfigurationError
from ray_app.serving.oidc import open_oidc
from ray_app.settings import AuthSettings, OidcSettings, Settings
from tests.serving.apps import api_over, problem, required
from tests.serving.providers import KEYS, Provider

pytestmark = pytest.mark.anyio


@pytest.fixture
async def make_api(settings, embedder, provider):
    opened = []

    async def make(**oidc):
        chosen = {"issuer": provider.url, "audience": "ray-app", "refetch_s": 0, **oidc}
        context = api_over(required(settings, oidc=OidcSettings(**chosen)), embedder)
        opened.append(context)
        return await context.__aenter__()

    yield make
    for context in opened:
        await context.__aexit__(None, None, None)


async def me(api, token):
    response = await api.request("GET", "/v1/me", token)
    assert response.status_code == 200, response.text
    return response.json()


async def test_claims_become_tenant_groups_and_role(make_api, provider):
    api = await make_api(tenant_claim="org", roles_claim="realm_access.roles", roles={"boss": "admin", "dev": "reader"})
    token = provider.token(org="north", realm_access={"roles": ["dev", "boss", "other"]}, preferred_username="ada")
    assert await me(api, token) == {
        "id": "user:u1",
        "name": "ada",
        "kind": "user",
        "tenant": "north",
        "groups": ["board"],
        "role": "admin",
        "may": ["read", "upload", "label", "delete", "keys", "jobs", "sources", "audit"],
    }


async def test_without_groups_a_person_sees_what_is_open_to_the_tenant(make_api, provider):
    api = await make_api()
    found = await me(api, provider.token(groups=None))
    assert (found["tenant"], found["groups"], found["name"]) == ("default", [], "u1")
    assert (await me(api, provider.token(groups=None, roles="admin")))["groups"] is None


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"exp": 1}, "expired"),
        ({"exp": None}, "exp"),
        ({"nbf": 4_000_000_000}, "not valid yet"),
        ({"aud": "another"}, "aud"),
        ({"aud": None}, "aud"),
        ({"iss": "https://evil.example"}, "iss"),
        ({"iss": None}, "iss"),
        ({"sub": None}, "sub"),
    ],
)
async def test_a_token_that_is_old_or_for_others_is_refused(make_api, provider, claims, said):
    response = await (await make_api()).request("GET", "/v1/me", provider.token(**claims))
    assert said in problem(response, 401, "unauthenticated")["detail"]


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"roles": ["guest"]}, "names none of the roles reader, editor, admin"),
        ({"roles": None}, "names none of the roles"),
        ({"roles": {"a": 1}}, "neither a text nor a list"),
        ({"groups": [1]}, "neither a text nor a list"),
        ({"org": None}, "no text in the claim 'org'"),
        ({"org": ""}, "no text in the claim 'org'"),
    ],
)
async def test_a_token_whose_claims_give_no_access_is_told_what_is_missing(make_api, provider, claims, said):
    api = await make_api(tenant_claim="org")
    response = await api.request("GET", "/v1/me", provider.token(**{"org": "north", **claims}))
    assert said in problem(response, 403, "forbidden")["detail"]


def signed_with_what_is_public(payload):
    """The provider's public key, taken for a shared secret."""
    header = urlsafe_b64encode(b'{"alg":"HS256","kid":"first"}').decode().rstrip("=")
    public = KEYS["first"].as_pem(private=False)
    signature = hmac.digest(public, f"{header}.{payload}".encode(), "sha256")
    return f"{header}.{payload}.{urlsafe_b64encode(signature).decode().rstrip('=')}"


async def test_signatures_that_anybody_can_make_are_refused(make_api, provider):
    api = await make_api()
    header, payload, _ = provider.token().split(".")
    confused = signed_with_what_is_public(payload)
    unsigned = "eyJhbGciOiJub25lIn0." + payload + "."
    others = provider.token(signer=KEYS["second"])
    for token in (confused, unsigned, others, f"{header}.{payload}.", f"{header}.{payload}.AAAA", "a.b.c", "æøå"):
        headers = {"Authorization": f"Bearer {token}".encode()}
        problem(await api.request("GET", "/v1/me", headers=headers), 401, "unauthenticated")


@pytest.mark.parametrize(("algorithms", "status"), [(("RS256", "ES256"), 200), (("RS256",), 401)])
async def test_an_algorithm_that_is_not_chosen_is_refused(make_api, provider, algorithms, status):
    curve = ECKey.generate_key("P-256", {"kid": "curve"})
    provider.keys = KeySet([KEYS["first"], curve])
    token = provider.token("curve", alg="ES256", signer=curve)
    api = await make_api(algorithms=algorithms)
    assert (await api.request("GET", "/v1/me", token)).status_code == status


async def test_a_changed_key_is_asked_for_and_the_old_one_is_refused(make_api, provider):
    api = await make_api(refetch_s=0)
    await me(api, provider.token())
    provider.keys = KeySet([KEYS["second"]])
    await me(api, provider.token("second"))
    assert provider.asked == 2
    problem(await api.request("GET", "/v1/me", provider.token("first")), 401, "unauthenticated")


async def test_made_up_key_names_do_not_flood_the_provider(make_api, provider):
    api = await make_api(refetch_s=60)
    tokens = [provider.token(f"k{number}", signer=KEYS["second"]) for number in range(10)]
    answers = await asyncio.gather(*(api.request("GET", "/v1/me", token) for token in tokens))
    assert {one.status_code for one in answers} == {401}
    assert provider.asked == 1


async def test_keys_that_cannot_be_fetched_are_the_servers_trouble_not_the_callers(make_api, provider):
    api = await make_api(refetch_s=60)
    provider.status = 500
    response = await api.request("GET", "/v1/me", provider.token())
    assert "keys of http://127.0.0.1" in problem(response, 503, "identity-provider-away")["detail"]
    assert response.headers["retry-after"]
    problem(await api.request("GET", "/v1/me", provider.token()), 503, "identity-provider-away")


async def test_known_keys_stay_good_while_the_provider_is_away_and_unknown_ones_wait_for_it(make_api, provider):
    api = await make_api(keys_s=0.001)
    await me(api, provider.token())
    provider.status = 503
    await me(api, provider.token())
    problem(await api.request("GET", "/v1/me", provider.token("second")), 503, "identity-provider-away")


async def test_nobody_answers_at_the_providers_address(settings, embedder):
    oidc = OidcSettings(issuer="http://127.0.0.1:9", audience="ray-app", timeout_s=0.5)
    async with api_over(required(settings, oidc=oidc), embedder) as api:
        token = Provider(url="http://127.0.0.1:9").token()
        problem(await api.request("GET", "/v1/me", token), 503, "identity-provider-away")


async def test_api_keys_work_beside_tokens(make_api, provider):
    api = await make_api()
    assert (await me(api, await api.key()))["kind"] == "key"


def test_a_provider_without_an_audience_is_refused():
    settings = Settings(auth=AuthSettings(mode="required", oidc=OidcSettings(issuer="https://id.example.org")))
    with pytest.raises(ConfigurationError, match="audience"):
        open_oidc(settings)


@pytest.mark.parametrize("url", ["http://id.example.org", "ftp://id.example.org", "id.example.org"])
def test_keys_are_fetched_over_https_only(url):
    with pytest.raises(ValueError, match="https"):
        OidcSettings(issuer=url)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512"])
def test_signatures_by_a_shared_secret_cannot_be_chosen(algorithm):
    with pytest.raises(ValueError, match="algorithms"):
        OidcSettings(algorithms=(algorithm,))
