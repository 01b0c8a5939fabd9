"""Answers that tell of an error, as the errors that the server raised."""

from __future__ import annotations

import httpx
from pydantic import ValidationError

from ray_app.errors import (
    AuthenticationError,
    ForbiddenError,
    IdentityProviderError,
    IndexNotReadyError,
    JobServerError,
    NotFoundError,
    QueryError,
    RayAppError,
    RefusedError,
    ServerError,
    TooLargeError,
    TooManyRequestsError,
)
from ray_app.serving.bodies.problem import TYPE, Problem

# Of 503: which part of the server is away.
_AWAY: dict[str, type[RayAppError]] = {
    "no-job-server": JobServerError,
    "identity-provider-away": IdentityProviderError,
    "index-not-ready": IndexNotReadyError,
}
# A server that gives no time to wait.
_RETRY_AFTER_S = 1


def error_of(response: httpx.Response) -> RayAppError:
    """The error that a whole, read response with an error's status tells of."""
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:  # of a proxy, or of no server of ours
        return ServerError(f"the server at {response.request.url} answers {response.status_code}, with no reason")
    return from_problem(problem, retry_after=response.headers.get("retry-after", ""))


def from_problem(problem: Problem, *, retry_after: str = "") -> RayAppError:
    """The error with the server's own words, its type and the request's id."""
    error = _error(problem, retry_after)
    error.type, error.request_id = problem.type, problem.request_id
    return error


def _error(problem: Problem, retry_after: str) -> RayAppError:
    kind, detail = problem.type.removeprefix(TYPE), problem.detail
    match problem.status:
        case 400:
            return RayAppError(detail)
        case 401:
            return AuthenticationError(f"{detail}; the commands read the key from the variable RAY_APP_API_KEY")
        case 403:
            return ForbiddenError(detail)
        case 404:
            return NotFoundError(detail)
        case 413 | 431:
            return TooLargeError(detail, kind.removesuffix("-too-large"))
        case 422:
            return QueryError(kind, detail)
        case 429:
            return TooManyRequestsError(detail, int(retry_after) if retry_after.isdigit() else _RETRY_AFTER_S)
        case 503 if kind in _AWAY:
            return _AWAY[kind](detail)
        case status if status < 500:
            return RefusedError(kind, detail)
        case _:
            return ServerError(detail)
