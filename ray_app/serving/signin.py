"""Signing in at the OpenID Connect provider: the authorization code flow with PKCE (RFC 7636), for the page."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

import httpx
import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import AsyncOAuth2Client

from ray_app.errors import AuthenticationError, IdentityProviderError
from ray_app.serving.jwks import discover
from ray_app.settings import OidcSettings
from ray_app.settings.service import secure_url

COOKIE = "ray_app_sign_in"
# Of a verifier; RFC 7636 wants 43 to 128.
_LETTERS = 64


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in on its way: what its browser keeps meanwhile, and nobody else knows."""

    state: str
    verifier: str
    back: str

    def write(self) -> str:
        """As the value of a cookie."""
        return urlencode({"state": self.state, "verifier": self.verifier, "back": self.back})


def read_begun(cookie: str) -> Begun:
    """What a browser kept. Raises AuthenticationError where that is none of ours."""
    kept = parse_qs(cookie)
    try:
        ((state,), (verifier,), (back,)) = kept["state"], kept["verifier"], kept["back"]
    except (KeyError, ValueError) as error:
        raise AuthenticationError("this browser began no sign-in, or began it too long ago") from error
    return Begun(state, verifier, back)


async def begin(settings: OidcSettings, redirect_uri: str, back: str) -> tuple[str, Begun]:
    """The provider's address to send the browser to. `back` is where it goes afterwards.

    Raises IdentityProviderError where the provider does not say where that is.
    """
    begun = Begun(generate_token(_LETTERS), generate_token(_LETTERS), back)
    endpoint = await _endpoint(settings, "authorization_endpoint")
    async with _client(settings, redirect_uri) as client:
        address, _ = client.create_authorization_url(endpoint, state=begun.state, code_verifier=begun.verifier)
    return str(address), begun


async def finish(settings: OidcSettings, redirect_uri: str, code: str, begun: Begun) -> list[str]:
    """The tokens that the provider gives for the code: the one for an API, then the one for the client itself.

    Raises AuthenticationError where it refuses, IdentityProviderError where it does not answer.
    """
    endpoint = await _endpoint(settings, "token_endpoint")
    try:
        async with _client(settings, redirect_uri) as client:
            given = await client.fetch_token(
                endpoint, grant_type="authorization_code", code=code, code_verifier=begun.verifier
            )
    except AuthlibBaseError as error:
        raise AuthenticationError(f"the provider refused: {error.error} {error.description or ''}".strip()) from error
    except (httpx2.HTTPError, ValueError) as error:
        raise IdentityProviderError(f"{endpoint} does not answer: {error!r}; try again") from error
    return [given[name] for name in ("access_token", "id_token") if given.get(name)]


def _client(settings: OidcSettings, redirect_uri: str) -> AsyncOAuth2Client:
    secret = settings.client_secret
    return AsyncOAuth2Client(
        settings.client_id,
        secret.get_secret_value() if secret else None,
        # A public client names itself in the body (RFC 6749, 3.2.1).
        token_endpoint_auth_method="client_secret_basic" if secret else "none",
        redirect_uri=redirect_uri,
        scope=settings.scope,
        code_challenge_method="S256",
        timeout=settings.timeout_s,
    )


async def _endpoint(settings: OidcSettings, name: str) -> str:
    assert settings.issuer is not None
    try:
        async with httpx.AsyncClient(timeout=settings.timeout_s) as client:
            return secure_url((await discover(client, settings.issuer))[name])
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise IdentityProviderError(f"{settings.issuer} does not say where to sign in: {error!r}; try again") from error
