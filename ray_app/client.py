"""Talks to a running server over HTTP."""

from __future__ import annotations

from typing import Any

import httpx

from ray_app.errors import AuthenticationError, QueryError, RayAppError

# A server that is there answers its health check at once; one that is busy gets a little longer.
_HEALTH_TIMEOUT_S = 2.0
_SEARCH_TIMEOUT_S = 60.0


def is_ready(url: str) -> bool:
    """Whether a server answers there and can search."""
    try:
        return httpx.get(f"{url}/readyz", timeout=_HEALTH_TIMEOUT_S).is_success
    except httpx.HTTPError:
        return False


def search(url: str, body: dict[str, Any], *, api_key: str | None = None) -> dict[str, Any]:
    """The answer to `POST /v1/search`. Raises RayAppError with the server's own words."""
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    try:
        response = httpx.post(f"{url}/v1/search", json=body, headers=headers, timeout=_SEARCH_TIMEOUT_S)
    except httpx.HTTPError as error:
        raise RayAppError(f"the server at {url} does not answer: {error}") from error
    answer: dict[str, Any] = response.json()
    if response.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
        raise QueryError(answer["type"].rsplit(":", 1)[-1], answer["detail"])
    if response.status_code == httpx.codes.UNAUTHORIZED:
        raise AuthenticationError(f"{answer['detail']}; give the key in the variable RAY_APP_API_KEY")
    if response.is_error:
        raise RayAppError(f"the server at {url} says: {answer['detail']}")
    return answer
