"""A browser that has signed in: its key is a cookie that no script can read."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from ray_app.errors import ForbiddenError

COOKIE = "ray_app_key"


def signed_in(headers: Headers, public_url: str | None) -> str:
    """What stands for the Authorization header, "" without the cookie. Raises as `check_site` does."""
    key = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
    if not key:
        return ""
    check_site(headers, public_url)
    return f"Bearer {key}"


def check_site(headers: Headers, public_url: str | None) -> None:
    """Raises ForbiddenError for what a page of another site sends.

    SameSite keeps browsers from sending the cookie with it, but for pages of a sibling domain; and none but this page
    shall sign somebody in or out. `public_url` is where people reach the API, which behind a proxy is not the Host.
    """
    origin = headers.get("origin")
    if origin is None:
        return
    ours = {headers.get("host", ""), urlsplit(public_url or "").netloc} - {""}
    if urlsplit(origin).netloc not in ours:
        raise ForbiddenError(f"{origin} is another site than this API: send an Authorization header instead")
