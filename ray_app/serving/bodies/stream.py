"""How the schema shows a stream of server-sent events: each event is an object."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
SSE: dict[str, Any] = {
    "schema": {
        "type": "object",
        "properties": {"event": _TEXT, "id": _TEXT, "data": {**_TEXT, "description": "JSON."}},
    }
}
