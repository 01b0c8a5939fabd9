"""Invitations as their finder sees them: a page with a button, and what the button does."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from ray_app.records import Role
from ray_app.serving.caller import Caller
from ray_app.serving.problems import described
from ray_app.serving.schemas import Body
from ray_app.serving.services import Audit, ServicesOf
from ray_app.store.invitations import redeem as redeem_invitation
from ray_app.store.scope import Scope

router = APIRouter(tags=["access"])


class RedeemBody(Body):
    """The part of the link behind the #."""

    token: str = Field(max_length=500)


class Redeemed(BaseModel):
    """The key, which is shown this once."""

    key: str
    name: str
    role: Role
    tenant: str
    groups: list[str] | None
    expires: str | None


@router.post("/v1/invitations/redeem", status_code=201, responses=described(404, 413, 429))
async def redeem(body: RedeemBody, services: ServicesOf, response: Response) -> Redeemed:
    """Turn an invitation into a key, once; no credentials are needed."""
    key, text = await redeem_invitation(services.store, body.token)
    finder = Caller(f"key:{key.id}", key.name, "key", Scope(key.tenant, key.groups), key.role)
    await Audit(services, finder)("invitation.redeem", key.id, f"{key.role} {key.name}")
    response.headers["Cache-Control"] = "no-store"
    return Redeemed(key=text, **key.model_dump(include=set(Redeemed.model_fields)))


@router.get("/invitation", include_in_schema=False)
async def page() -> HTMLResponse:
    """A link in a mail is fetched by scanners: only the button redeems it."""
    text = files("ray_app.serving").joinpath("invitation.html").read_text(encoding="utf-8")
    return HTMLResponse(text, headers=_headers(text))


def _headers(text: str) -> dict[str, str]:
    """The page may run its own script and style and ask its own server, nothing else."""
    script, style = (_hash(text.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]) for tag in ("script", "style"))
    policy = f"default-src 'none'; script-src {script}; style-src {style}; connect-src 'self'; frame-ancestors 'none'"
    return {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
