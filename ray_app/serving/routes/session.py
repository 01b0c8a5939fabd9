"""Signing in and out of the web page."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from pydantic import Field

from ray_app.serving.bodies.me import Me, me_of
from ray_app.serving.problems import described
from ray_app.serving.schemas import Body
from ray_app.serving.services import ServicesOf
from ray_app.serving.session import COOKIE, check_site

router = APIRouter(prefix="/v1", tags=["access"])


class SessionBody(Body):
    """What signs somebody in."""

    key: str = Field(min_length=1, max_length=8000, description="An API key, or a token of the provider.")
    stay: bool = Field(False, description="Also after the browser was closed.")


@router.post("/session", status_code=201, responses=described(401, 403, 413, 429))
async def sign_in(body: SessionBody, request: Request, response: Response, services: ServicesOf) -> Me:
    """Keep a key in a cookie of this browser, which its scripts cannot read. Applications send it with each request."""
    public_url = services.settings.serving.public_url
    check_site(request.headers, public_url)
    caller = await services.auth.caller(f"Bearer {body.key}")
    if caller.kind != "open":
        days = services.settings.auth.session_days
        response.set_cookie(
            COOKIE,
            body.key,
            max_age=days * 86400 if body.stay else None,
            secure=urlsplit(public_url or str(request.url)).scheme == "https",
            httponly=True,
            samesite="strict",
        )
    response.headers["Cache-Control"] = "no-store"
    return me_of(caller)


@router.delete("/session", status_code=204, responses=described(403))
async def sign_out(request: Request, response: Response, services: ServicesOf) -> None:
    """Forget the key that this browser keeps. The key itself stays as it is."""
    check_site(request.headers, services.settings.serving.public_url)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
