"""Download of what a document was made of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import PurePosixPath
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from ray_app.errors import RefusedError
from ray_app.serving.lookup import content_of, find_document
from ray_app.serving.original import Original, find_original
from ray_app.serving.problems import describe, described
from ray_app.serving.ranges import has_already, wanted_range
from ray_app.serving.services import IndexOf, ServicesOf

router = APIRouter(prefix="/v1", tags=["documents"], responses=described(410, 416))

# Sent at a time: what one reader who is slow holds in memory.
_PIECE = 1 << 20


@router.head("/documents/{document_id}/original", include_in_schema=False)
@router.get("/documents/{document_id}/original", response_class=StreamingResponse)
async def original(document_id: str, request: Request, index: IndexOf, services: ServicesOf) -> Response:
    """The file itself, whole or in part (`Range`); always as a download, never as a page of this server."""
    place = await find_document(index, document_id)
    content = await content_of(index, place)
    found = await find_original(services.settings, services.store, place)
    headers = {
        "ETag": f'"{found.sha256}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",  # who may see it can change: ask each time, by the ETag
        "Content-Disposition": disposition(PurePosixPath(place.payload["path"]).name),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    if has_already(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    try:
        part = wanted_range(_applicable_range(request, headers["ETag"]), found.size)
    except RefusedError as error:
        refused = describe(error)
        refused.headers["Content-Range"] = f"bytes */{found.size}"
        return refused
    start, end = part or (0, found.size)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size}"
    headers["Content-Length"] = str(end - start)
    media_type = (content or {}).get("media_type") or "application/octet-stream"
    status = 206 if part else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=media_type)
    return StreamingResponse(_pieces(found, start, end), status, headers=headers, media_type=media_type)


def disposition(name: str) -> str:
    """A download under this name, whatever it holds (RFC 6266): plain for old readers, in UTF-8 for others."""
    plain = "".join(
        letter if letter.isascii() and letter.isprintable() and letter not in '"\\%;' else "_" for letter in name
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _applicable_range(request: Request, etag: str) -> str | None:
    """None where the reader has a part of another version."""
    condition = request.headers.get("if-range")
    return request.headers.get("range") if condition in (None, etag) else None


async def _pieces(found: Original, start: int, end: int) -> AsyncIterator[bytes]:
    for at in range(start, end, _PIECE):
        yield await asyncio.to_thread(found.read, at, min(at + _PIECE, end))
