"""The id of a request: the client's own or a new one, in every log line, problem document and answer."""

from __future__ import annotations

import re
import uuid

from structlog.contextvars import bound_contextvars, get_contextvars

HEADER = "X-Request-Id"
# Letters that no log and no header takes for anything else.
_VALID = re.compile(r"[A-Za-z0-9._~:-]{1,100}")

# While the block runs, the log lines of this request carry its id.
request_bound = bound_contextvars


def request_id(sent: str) -> str:
    """The id that the client sent where it is one, else a new one."""
    return sent if _VALID.fullmatch(sent) else uuid.uuid4().hex


def current_request() -> str | None:
    """The id of the request that is being answered."""
    return get_contextvars().get("request")
