"""Finds out who asks: by API key, by a token of the OpenID Connect provider, or anybody where the API is open."""

from __future__ import annotations

from fastapi.security.utils import get_authorization_scheme_param

from ray_app.errors import AuthenticationError
from ray_app.serving.caller import Caller, anybody
from ray_app.serving.oidc import Oidc, open_oidc
from ray_app.settings import Settings
from ray_app.store.keys import find_key, split_key
from ray_app.store.protocol import Store
from ray_app.store.scope import Scope

_HOW = "send `Authorization: Bearer <key>` with an API key (ray-app keys create)"


class Authenticator:
    """Tells callers by the Authorization header of their requests."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._oidc: Oidc | None = open_oidc(settings)

    @property
    def is_open(self) -> bool:
        """Whether everyone is let in."""
        return self._settings.auth.mode == "open"

    async def caller(self, authorization: str) -> Caller:
        """Who has these credentials. Raises AuthenticationError, ForbiddenError or IdentityProviderError.

        A key is looked up for each request, so that a revoked one is refused at once, by every replica.
        """
        if self.is_open:
            return anybody(self._settings)
        scheme, credentials = get_authorization_scheme_param(authorization)
        if scheme.lower() != "bearer" or not credentials:
            raise AuthenticationError(f"this needs authentication: {_HOW}")
        if split_key(credentials):
            return await self._by_key(credentials)
        if self._oidc is None:
            raise AuthenticationError(f"this is no API key: {_HOW}")
        return await self._oidc.caller(credentials)

    async def _by_key(self, text: str) -> Caller:
        key = await find_key(self._store, text, key_use_s=self._settings.auth.key_use_s)
        if key is None:
            raise AuthenticationError("this API key was revoked, has expired, or never was: ask for a new one")
        return Caller(f"key:{key.id}", key.name, "key", Scope(key.tenant, key.groups), key.role)
