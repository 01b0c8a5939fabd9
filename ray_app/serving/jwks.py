"""The public keys of an OpenID Connect provider: fetched, believed for a while, asked for anew when one is unknown."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from ray_app.errors import IdentityProviderError
from ray_app.settings import OidcSettings
from ray_app.settings.service import secure_url

_DISCOVERY = "/.well-known/openid-configuration"


class ProviderKeys:
    """The keys of one provider. Many requests at a time wait for the same answer."""

    def __init__(self, settings: OidcSettings, issuer: str) -> None:
        self._settings = settings
        self._issuer = issuer
        self._fetching = asyncio.Lock()
        self._keys: KeySet | None = None
        self._failure: str | None = None
        self._fetched = self._tried = float("-inf")

    async def current(self) -> KeySet:
        """The keys as they were lately. Raises IdentityProviderError where there are none to be had.

        Where the provider does not answer, keys that were fetched before stay good: it is away, not untrue.
        """
        if self._keys is None or time.monotonic() - self._fetched > self._settings.keys_s:
            try:
                return await self.renewed()
            except IdentityProviderError:
                if self._keys is None:
                    raise
        return self._keys

    async def renewed(self) -> KeySet:
        """The keys as they are now, or what came of it when they were asked for less than `refetch_s` ago.

        Raises IdentityProviderError.
        """
        asked = time.monotonic()
        async with self._fetching:  # whoever waited here takes what the one before has got
            if asked - self._tried > self._settings.refetch_s:
                self._tried = time.monotonic()
                await self._fetch_and_keep()
            if self._failure:
                raise IdentityProviderError(self._failure)
            assert self._keys is not None
            return self._keys

    async def _fetch_and_keep(self) -> None:
        try:
            self._keys = await self._fetch()
            self._fetched, self._failure = time.monotonic(), None
        except IdentityProviderError as error:
            self._failure = str(error)

    async def _fetch(self) -> KeySet:
        try:
            async with httpx.AsyncClient(timeout=self._settings.timeout_s) as client:
                return KeySet.import_key_set(await _json(client, self._settings.jwks_url or await self._found(client)))
        except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
            raise IdentityProviderError(
                f"the keys of {self._issuer} cannot be fetched, so its tokens cannot be checked: {error!r}; try again"
            ) from error

    async def _found(self, client: httpx.AsyncClient) -> str:
        return secure_url((await discover(client, self._issuer))["jwks_uri"])


async def discover(client: httpx.AsyncClient, issuer: str) -> dict[str, Any]:
    """The issuer's discovery document. Raises httpx.HTTPError, or ValueError where it is another's."""
    about = await _json(client, issuer.rstrip("/") + _DISCOVERY)
    if about["issuer"] != issuer:
        raise ValueError(f"its discovery document is of {about['issuer']!r}")
    return dict(about)


async def _json(client: httpx.AsyncClient, url: str) -> Any:
    response = await client.get(url, headers={"Accept": "application/json"})
    return response.raise_for_status().json()
