"""What is said of an error (RFC 9457)."""

from __future__ import annotations

from pydantic import BaseModel, Field

# Begins every type; what follows is the stable code.
TYPE = "urn:ray-app:problem:"


class Problem(BaseModel):
    """A problem document."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str | None = Field(None, description="What the server's log calls this request.")
