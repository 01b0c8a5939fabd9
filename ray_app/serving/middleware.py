"""What every request passes before its endpoint: an id, limits of size, who asks, how often, and where it came to.

The body is read after all this, so that nobody unknown makes the server read megabytes.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from ray_app.errors import ForbiddenError
from ray_app.serving.address import is_loopback
from ray_app.serving.caller import Caller
from ray_app.serving.limits import CountedBody, check_headers
from ray_app.serving.page import is_page
from ray_app.serving.problems import describe, refuse
from ray_app.serving.ratelimit import Rate
from ray_app.serving.requestid import HEADER, request_bound, request_id
from ray_app.serving.services import Services
from ray_app.serving.session import signed_in
from ray_app.serving.streams import authorization
from ray_app.settings import Settings

# What anybody may have: it tells nothing of what is in the index. All else needs a caller.
PUBLIC = frozenset(
    (
        *("/healthz", "/readyz"),
        *("/docs", "/docs/oauth2-redirect", "/redoc", "/openapi.json"),
        *("/invitation", "/v1/invitations/redeem"),
        *("/v1/session", "/v1/session/provider", "/v1/session/callback"),
    )
)


_BEGINS = ("http.response.start", "websocket.http.response.start", "websocket.accept")


class Gate:
    """Lets a request through to the application, or answers it with a problem document."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        identity = request_id(Headers(scope=scope).get(HEADER, ""))
        with request_bound(request=identity):
            await self._answer(scope, receive, _Answer(send, scope, identity))

    async def _answer(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        try:
            check_headers(scope["headers"], self._settings.serving)
            await _admit(scope, self._settings)
            counted = CountedBody(receive, scope, self._settings) if scope["type"] == "http" else receive
            await self._app(scope, counted, answer)
        except Exception as error:
            if answer.begun:  # too late to say it
                raise
            if scope["type"] == "websocket":
                await refuse(WebSocket(scope, receive, answer), describe(error))
            else:
                await describe(error)(scope, receive, answer)


class _Answer:
    """Sends an answer with the request's id and what is left of the caller's rate."""

    def __init__(self, send: Send, scope: Scope, identity: str) -> None:
        self._send = send
        self._scope = scope
        self._identity = identity
        self.begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] in _BEGINS:
            self.begun = True
            message.setdefault("headers", [])
            headers = MutableHeaders(scope=message)
            headers[HEADER] = self._identity
            rate: Rate | None = self._scope.get("state", {}).get("rate")
            headers.update(rate.headers() if rate else {})
        await self._send(message)


async def _admit(scope: Scope, settings: Settings) -> None:
    """Notes the caller, by what credentials, and the rate in the request's state.

    Raises as `Authenticator.caller` and `Rates.hit` do.
    """
    headers = Headers(scope=scope)
    scope["state"] = state = dict(scope.get("state", {}))  # of this request alone, whatever the server hands in
    if settings.auth.mode == "open":
        _check_site(headers)
    services: Services | None = getattr(scope["app"].state, "services", None)
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    if path in PUBLIC or is_page(path):
        if services and (scope.get("method") == "POST" or path.startswith("/v1/session/")):
            state["rate"] = await services.rates.hit(_address(scope))
        return
    assert services is not None, "the application has not started"
    sent = authorization(scope, headers.get("authorization", ""))
    state["credentials"] = sent or signed_in(headers, settings.serving.public_url)
    caller: Caller = await services.auth.caller(state["credentials"])
    state["caller"] = caller
    if caller.kind != "open":
        state["rate"] = await services.rates.hit(caller.id)


def _check_site(headers: Headers) -> None:
    """Raises ForbiddenError for what a page of another site sends in a browser on this machine.

    Such a page names itself as the origin, or has had its own name lead here (DNS rebinding).
    """
    host, origin = headers.get("host", ""), headers.get("origin")
    for named in (host, urlsplit(origin).netloc) if origin is not None else (host,):
        if not is_loopback(named):
            raise ForbiddenError(
                f"without authentication this API is for this machine only, and {named or origin!r} is not: use "
                "http://127.0.0.1, or set auth.mode to required"
            )


def _address(scope: Scope) -> str:
    client: tuple[str, int] | None = scope.get("client")
    return f"address:{client[0]}" if client else "address:unknown"
