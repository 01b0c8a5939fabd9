"""Errors as problem documents (RFC 9457): a stable `type`, what happened, and what to do. Never a stack trace."""

from __future__ import annotations

import traceback
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, WebSocket
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.status import WS_1008_POLICY_VIOLATION, WS_1011_INTERNAL_ERROR
from starlette.websockets import WebSocketState

from ray_app.errors import (
    AnswerError,
    AuthenticationError,
    ForbiddenError,
    IdentityProviderError,
    JobServerError,
    ModelError,
    NotFoundError,
    ParsingError,
    QueryError,
    RayAppError,
    RefusedError,
    StoreError,
    StoreTimeoutError,
    StoreUnavailableError,
    TooLargeError,
    TooManyRequestsError,
)
from ray_app.logs import get_logger
from ray_app.serving.bodies.problem import TYPE, Problem
from ray_app.serving.requestid import current_request

# How a language model that does not answer is told; 502 where it answers wrongly.
_OF_ANSWERS = {"answer-endpoint-busy": 503, "answer-timeout": 504}
# An owner that Ray starts again is back within seconds.
_RETRY_AFTER_S = "2"
_REFUSALS = {
    "conflict": 409,
    "gone": 410,
    "too-large": 413,
    "unsupported-media-type": 415,
    "range-not-satisfiable": 416,
}

log = get_logger(__name__)
# Innermost calls of a failure that are logged: enough to find the place.
_FRAMES = 8


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How the OpenAPI page shows that an endpoint may answer with these problems."""
    content = {"application/problem+json": {"schema": Problem.model_json_schema()}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


# What any endpoint may answer, and what those may that are not for everybody.
OF_ALL = described(400, 404, 413, 422, 429, 431, 503, 504)
OF_GUARDED = OF_ALL | described(401, 403)


def problem(status: int, kind: str, detail: str, **headers: str) -> JSONResponse:
    """The response for one problem; `kind` is the end of its type."""
    body = Problem(
        type=TYPE + kind,
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        request_id=current_request(),
    )
    return JSONResponse(
        body.model_dump(),
        status,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        media_type="application/problem+json",
    )


def describe(error: Exception) -> JSONResponse:
    """The problem that an exception of ours stands for."""
    match error:
        case QueryError():
            return problem(422, error.reason, str(error))
        case NotFoundError():
            return problem(404, "not-found", str(error))
        case RefusedError():
            return problem(_REFUSALS[error.reason], error.reason, str(error))
        case JobServerError():
            return problem(503, "no-job-server", str(error), Retry_After=_RETRY_AFTER_S)
        case AuthenticationError():
            return problem(401, "unauthenticated", str(error), WWW_Authenticate='Bearer realm="ray-app"')
        case ForbiddenError():
            return problem(403, "forbidden", str(error))
        case TooLargeError():
            status = 431 if error.part == "headers" else 413
            return problem(status, f"{error.part}-too-large", str(error))
        case TooManyRequestsError():
            return problem(429, "too-many-requests", str(error), Retry_After=str(error.retry_after_s))
        case IdentityProviderError():
            return problem(503, "identity-provider-away", str(error), Retry_After=_RETRY_AFTER_S)
        case ParsingError():
            return problem(422, error.reason.replace("_", "-"), str(error))
        case ClientDisconnect():  # nobody reads this
            return problem(400, "cut-off", "the request ended before its body did")
        case StoreTimeoutError():
            return problem(504, "index-timeout", str(error))
        case StoreUnavailableError():
            return problem(503, "index-unavailable", str(error), Retry_After=_RETRY_AFTER_S)
        case StoreError() | ModelError():
            return problem(503, "index-not-ready", str(error), Retry_After=_RETRY_AFTER_S)
        case AnswerError():
            return problem(_OF_ANSWERS.get(error.reason, 502), error.reason, str(error))
        case RayAppError():
            return problem(400, "invalid-request", str(error))
        case _:
            log.error("request failed", error=type(error).__name__, where=_where(error))
            return problem(500, "internal", "the server failed at this request; its log says why")


def _where(error: Exception) -> list[str]:
    """The calls that led to it, without its message: that may quote a document."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


async def refuse(websocket: WebSocket, answer: JSONResponse) -> None:
    """Answers a websocket's request with a problem, where the server can; else, and once it is open, closes it."""
    opened = websocket.application_state is WebSocketState.CONNECTED
    if not opened and "websocket.http.response" in websocket.scope.get("extensions", {}):
        await websocket.send_denial_response(answer)
    else:
        await websocket.close(WS_1011_INTERNAL_ERROR if opened else WS_1008_POLICY_VIOLATION)


def install(app: FastAPI) -> None:
    """Makes every error of the application a problem document."""

    @app.exception_handler(ClientDisconnect)
    @app.exception_handler(RayAppError)
    @app.exception_handler(Exception)
    async def ours(request: Request | WebSocket, error: Exception) -> JSONResponse | None:
        if isinstance(request, WebSocket):
            await refuse(request, describe(error))
            return None
        return describe(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first: dict[str, Any] = error.errors()[0]
        if first["type"] == "json_invalid":
            return problem(400, "malformed-json", f"the body is no JSON: {first['ctx']['error']}")
        where = ".".join(str(part) for part in first["loc"] if part != "body")
        return problem(422, "invalid-request", f"{where}: {first['msg']}" if where else first["msg"])

    @app.exception_handler(WebSocketRequestValidationError)
    async def invalid_websocket(websocket: WebSocket, error: WebSocketRequestValidationError) -> None:
        first: dict[str, Any] = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        await refuse(websocket, problem(422, "invalid-request", f"{where}: {first['msg']}"))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        if isinstance(error.__cause__, RayAppError):  # of ours, while the body was read
            return describe(error.__cause__)
        kinds = {404: "not-found", 405: "method-not-allowed"}
        return problem(
            error.status_code,
            kinds.get(error.status_code, "http"),
            f"{request.method} {request.url.path}: {error.detail}",
        )
