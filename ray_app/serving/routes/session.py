"""Signing in and out of the web page: with a key, or at the OpenID Connect provider."""

from __future__ import annotations

import hmac
from typing import Annotated, Literal
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Cookie, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from ray_app.errors import AuthenticationError, ForbiddenError, IdentityProviderError, NotFoundError
from ray_app.logs import get_logger
from ray_app.serving import signin
from ray_app.serving.bodies.me import Me, me_of
from ray_app.serving.caller import Caller
from ray_app.serving.problems import described
from ray_app.serving.schemas import Body
from ray_app.serving.services import Services, ServicesOf
from ray_app.serving.session import COOKIE, check_site
from ray_app.settings import OidcSettings

router = APIRouter(prefix="/v1", tags=["access"])
log = get_logger(__name__)

_CALLBACK = "/v1/session/callback"
# People type a second factor meanwhile.
_SIGN_IN_S = 600
# Browsers drop a cookie of more than 4096 bytes, with its name and attributes, without a word.
_MOST_LETTERS = 3900
_REFUSALS: dict[type[Exception], str] = {
    AuthenticationError: "refused",
    ForbiddenError: "no-access",
    IdentityProviderError: "away",
}


class SessionBody(Body):
    """What signs somebody in."""

    key: str = Field(min_length=1, max_length=_MOST_LETTERS, description="An API key, or a token of the provider.")
    stay: bool = Field(False, description="Also after the browser was closed.")


class WaysIn(BaseModel):
    """How people sign in."""

    provider: str | None = Field(description="The provider's host, where `GET /v1/session/provider` leads to it.")


@router.get("/session")
async def ways_in(services: ServicesOf) -> WaysIn:
    """How one signs in here. Needs no key."""
    issuer = services.settings.auth.oidc.issuer if _provider(services) else None
    return WaysIn(provider=urlsplit(issuer).netloc if issuer else None)


@router.post("/session", status_code=201, responses=described(401, 403, 413, 429))
async def sign_in(body: SessionBody, request: Request, response: Response, services: ServicesOf) -> Me:
    """Keep a key in a cookie of this browser, which its scripts cannot read. Applications send it with each request."""
    check_site(request.headers, services.settings.serving.public_url)
    caller = await services.auth.caller(f"Bearer {body.key}")
    if caller.kind != "open":
        days = services.settings.auth.session_days
        _keep(response, COOKIE, body.key, request, services, max_age=days * 86400 if body.stay else None)
    response.headers["Cache-Control"] = "no-store"
    return me_of(caller)


@router.delete("/session", status_code=204, responses=described(403))
async def sign_out(request: Request, response: Response, services: ServicesOf) -> None:
    """Forget the key that this browser keeps. The key itself stays as it is."""
    check_site(request.headers, services.settings.serving.public_url)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


@router.get("/session/provider", status_code=303, response_class=RedirectResponse)
async def to_provider(
    request: Request,
    services: ServicesOf,
    back: Annotated[str, Query(max_length=2000, description="Where the page goes on afterwards.")] = "/",
) -> RedirectResponse:
    """Leads a browser to the OpenID Connect provider, and from there back to the page, signed in."""
    oidc = _expected(services)
    try:
        address, begun = await signin.begin(oidc, _redirect_uri(request, services), _own(back))
    except IdentityProviderError as error:
        return _refused(error, back)
    response = RedirectResponse(address, status_code=303)
    # Lax: the provider's page leads back here, and a stricter one would not be sent then.
    _keep(response, signin.COOKIE, begun.write(), request, services, max_age=_SIGN_IN_S, samesite="lax")
    return response


@router.get("/session/callback", status_code=303, response_class=RedirectResponse)
async def from_provider(
    request: Request,
    services: ServicesOf,
    state: str = "",
    code: str = "",
    error: Annotated[str, Query(description="Why the provider refused.")] = "",
    kept: Annotated[str, Cookie(alias=signin.COOKIE)] = "",
) -> RedirectResponse:
    """Where the provider leads a browser back to: keeps its token as a cookie, and goes on to the page."""
    oidc = _expected(services)
    back = "/"
    try:
        begun = signin.read_begun(kept)
        back = _own(begun.back)
        if not hmac.compare_digest(begun.state.encode(), state.encode()):
            raise AuthenticationError("this is the answer to another sign-in")
        if not code:
            raise AuthenticationError(f"the provider refused: {error or 'it gave no code'}")
        tokens = await signin.finish(oidc, _redirect_uri(request, services), code, begun)
        token, caller = await _first_valid(tokens, services)
    except tuple(_REFUSALS) as refusal:
        return _refused(refusal, back)
    log.info("signed in", caller=caller.id)
    response = RedirectResponse(back, status_code=303)
    _keep(response, COOKIE, token, request, services, max_age=None)
    response.delete_cookie(signin.COOKIE, httponly=True, samesite="lax")
    return response


async def _first_valid(tokens: list[str], services: Services) -> tuple[str, Caller]:
    """The first that is for this API: providers that give the client a token for it give one for none else.

    Raises as `Authenticator.caller` does.
    """
    why: AuthenticationError | None = None
    for token in tokens:
        try:
            caller = await services.auth.caller(f"Bearer {token}")
        except AuthenticationError as error:
            why = why or error
        else:
            if len(token) > _MOST_LETTERS:
                raise AuthenticationError(
                    f"the token has {len(token)} letters, and a cookie holds {_MOST_LETTERS}: have the provider leave "
                    "out claims"
                )
            return token, caller
    raise why or AuthenticationError("the provider gave no token")


def _refused(error: Exception, back: str) -> RedirectResponse:
    """Back to the sign-in view, which has words for each reason; the log has the details."""
    log.warning("sign-in refused", error=str(error))
    return RedirectResponse(f"/sign-in?{urlencode({'refused': _REFUSALS[type(error)], 'next': _own(back)})}", 303)


def _provider(services: Services) -> OidcSettings | None:
    auth = services.settings.auth
    return auth.oidc if auth.mode == "required" and auth.oidc.issuer and auth.oidc.client_id else None


def _expected(services: Services) -> OidcSettings:
    provider = _provider(services)
    if provider is None:
        raise NotFoundError("people do not sign in through a provider here (settings auth.oidc.issuer and client_id)")
    return provider


def _origin(request: Request, services: Services) -> str:
    """Where people reach the API."""
    return (services.settings.serving.public_url or str(request.base_url)).rstrip("/")


def _redirect_uri(request: Request, services: Services) -> str:
    return _origin(request, services) + _CALLBACK


def _own(address: str) -> str:
    """The address, if it is of this page: no other site shall be able to have itself opened from here."""
    parts = urlsplit(address)
    own = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc
    return address if own else "/"


def _keep(
    response: Response, name: str, value: str, request: Request, services: Services, *, max_age: int | None,
    samesite: Literal["lax", "strict"] = "strict",
) -> None:  # fmt: skip
    """Keeps a value in the browser where no script reads it."""
    secure = urlsplit(_origin(request, services)).scheme == "https"
    response.set_cookie(name, value, max_age=max_age, secure=secure, httponly=True, samesite=samesite)
