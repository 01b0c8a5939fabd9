"""Callers by the tokens of an OpenID Connect provider: signature, issuer, audience and times, then claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import ClaimError, ExpiredTokenError, InvalidKeyIdError, JoseError
from joserfc.jwt import JWTClaimsRegistry

from ray_app.errors import AuthenticationError, ConfigurationError, ForbiddenError
from ray_app.records import Role
from ray_app.serving.caller import Caller, highest
from ray_app.serving.jwks import ProviderKeys
from ray_app.settings import OidcSettings, Settings
from ray_app.store.keys import default_groups
from ray_app.store.scope import Scope


def open_oidc(settings: Settings) -> Oidc | None:
    """None where no provider is set. Raises ConfigurationError where a setting is missing."""
    oidc = settings.auth.oidc
    if oidc.issuer is None:
        return None
    if oidc.audience is None:
        raise ConfigurationError(
            "auth.oidc.audience is not set: name what tokens for this API are meant for, or tokens that the provider "
            "gives for any other service would be accepted"
        )
    return Oidc(oidc, settings.tenant, oidc.issuer, oidc.audience)


class Oidc:
    """Reads the tokens of one provider."""

    def __init__(self, settings: OidcSettings, tenant: str, issuer: str, audience: str) -> None:
        self._settings = settings
        self._tenant = tenant
        self._keys = ProviderKeys(settings, issuer)
        self._claims = JWTClaimsRegistry(
            leeway=settings.leeway_s,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        )

    async def caller(self, token: str) -> Caller:
        """Who has this token.

        Raises AuthenticationError where it is not valid, ForbiddenError where its claims give no access here,
        IdentityProviderError where the provider's keys cannot be had.
        """
        claims = await self._verified(token)
        try:
            self._claims.validate(claims)
        except ExpiredTokenError as error:
            raise AuthenticationError("the token has expired: get a new one") from error
        except ClaimError as error:
            wrong = "is not valid yet" if error.claim in ("nbf", "iat") else "is not for this API"
            raise AuthenticationError(f"the token {wrong}: {error.description}") from error
        return self._mapped(claims)

    async def _verified(self, token: str) -> dict[str, Any]:
        """The claims. A key that is not known is asked for once: providers change theirs."""
        try:
            try:
                return jwt.decode(token, await self._keys.current(), self._settings.algorithms).claims
            except InvalidKeyIdError:
                return jwt.decode(token, await self._keys.renewed(), self._settings.algorithms).claims
        except (JoseError, ValueError) as error:
            raise AuthenticationError(f"the token is not valid: {_said(error)}") from error

    def _mapped(self, claims: Mapping[str, Any]) -> Caller:
        settings = self._settings
        role = self._role(claims)
        groups = _texts(claims, settings.groups_claim)
        tenant = self._tenant if settings.tenant_claim is None else _text(claims, settings.tenant_claim)
        subject = _text(claims, "sub")
        name = _value(claims, settings.name_claim)
        scope = Scope(tenant, default_groups(role) if groups is None else groups)
        return Caller(f"user:{subject}", name if isinstance(name, str) and name else subject, "user", scope, role)

    def _role(self, claims: Mapping[str, Any]) -> Role:
        settings = self._settings
        named = _texts(claims, settings.roles_claim) or ()
        role = highest({settings.roles[name] for name in named if name in settings.roles}) or settings.default_role
        if role is None:
            raise ForbiddenError(
                f"the token's claim {settings.roles_claim!r} names none of the roles {', '.join(settings.roles)} "
                "(settings auth.oidc.roles_claim, roles, default_role)"
            )
        return role


def _said(error: Exception) -> str:
    return error.description or error.error if isinstance(error, JoseError) else "it is no JWT"


def _value(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, or by names of objects within each other with dots between."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = _value(claims, name)
    if not isinstance(value, str) or not value:
        raise ForbiddenError(f"the token has no text in the claim {name!r}, which this API needs (settings auth.oidc)")
    return value


def _texts(claims: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    """One text or several; None where the claim is not there."""
    value = _value(claims, name)
    if value is None:
        return None
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise ForbiddenError(f"the token's claim {name!r} is neither a text nor a list of texts (settings auth.oidc)")
    return tuple(values)
