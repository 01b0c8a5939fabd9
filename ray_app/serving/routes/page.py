"""The web page's document, at the address of each of its views."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from ray_app.serving.page import POLICY, VIEWS, document

router = APIRouter()

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


async def page(request: Request) -> HTMLResponse:
    """The same document for every view, but for the modules that it names: its script reads the address."""
    return HTMLResponse(document(request.scope["route"].path), headers=_HEADERS)


for _view in VIEWS:
    router.add_api_route(_view, page, methods=["GET", "HEAD"], include_in_schema=False)


@router.get("/{mistyped}", include_in_schema=False)
async def nowhere(request: Request) -> HTMLResponse:
    """For a browser the page that says that nothing is here; for others, as anywhere, a problem."""
    if "text/html" not in request.headers.get("accept", ""):
        raise HTTPException(404)
    return HTMLResponse(document(), 404, headers=_HEADERS)
