"""A browser that has signed in: its key is a cookie that no script can read."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from ray_app.errors import ForbiddenError

COOKIE = "ray_app_key"


def signed_in(headers: Headers) -> str:
    """What stands for the Authorization header, "" without the cookie.

    Raises ForbiddenError where a page of another site sends it: SameSite keeps browsers from it, but for pages of a
    sibling domain.
    """
    key = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
    if not key:
        return ""
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("host", ""):
        raise ForbiddenError(f"{origin} is another site than this API: send an Authorization header instead")
    return f"Bearer {key}"
