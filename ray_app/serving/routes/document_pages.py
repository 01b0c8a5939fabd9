"""Pages as images, with the words that a search found."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from ray_app.enrichment.chunking import pages_of
from ray_app.errors import ConfigurationError, NotFoundError, ParsingError, RefusedError
from ray_app.parsing.drawing import Drawing, Hidden
from ray_app.records import Chunk
from ray_app.serving.lookup import content_of, find_document, matching, passages_of
from ray_app.serving.original import find_original
from ray_app.serving.personal import Part, spans_of
from ray_app.serving.problems import described
from ray_app.serving.ranges import has_already
from ray_app.serving.services import IndexOf, Services, ServicesOf
from ray_app.settings import PageSettings
from ray_app.store.points import chunk_ids
from ray_app.store.protocol import Payload
from ray_app.store.scope import ScopedReader

router = APIRouter(prefix="/v1", tags=["documents"], responses=described(409, 410, 415))

# In every ETag: raise it when the same page is drawn differently.
_DRAWING_VERSION = "1"


@router.get(
    "/documents/{document_id}/pages/{number}.png",
    response_class=Response,
    responses={200: {"content": {"image/png": {}, "image/webp": {}}}, 304: {"description": "Not changed."}},
)
async def page(
    document_id: str,
    number: Annotated[int, Path(ge=1)],
    request: Request,
    index: IndexOf,
    services: ServicesOf,
    q: Annotated[
        str, Query(max_length=1000, description="Words of this query are boxed, stemmed as in a search.")
    ] = "",
    start: Annotated[int | None, Query(ge=0, description="Box only from this character of the page's text ...")] = None,
    end: Annotated[int | None, Query(ge=0, description="... to before this one: a hit's `start` and `end`.")] = None,
    width: Annotated[int | None, Query(ge=1, description="Width in pixels.")] = None,
    redact: Annotated[bool, Query(description="Blacken personal data in the page's text, and box nothing.")] = False,
) -> Response:
    """A page of a PDF or an image, as PNG. Words of scanned pages are not boxed: their places are not known.

    A reader whose `Accept` names `image/webp`, as browsers' do, gets the same pixels as WebP: a third of the bytes.

    With `redact`, what `GET /v1/documents/{id}/redacted` takes out is black. A page that was read by text recognition
    is refused, and one on which no text was read: it may be a scan. Pictures on a page stay as they are: look at it
    before it leaves the house.
    """
    place = await find_document(index, document_id)
    content = await content_of(index, place)
    if content and number > content["pages"]:
        raise NotFoundError(f"document {document_id} has no page {number}: it has {content['pages']}")
    if redact:
        hidden = await _hidden(index, services, content, number)
        drawing = Drawing(page=number, width=_width(width, services.settings.pages), hidden=hidden)
    else:
        words = await _words(index, place.payload, content, number, q)
        drawing = Drawing(page=number, width=_width(width, services.settings.pages), words=words, start=start, end=end)
        drawing = drawing if words or not q else drawing.model_copy(update=_NOTHING)
    if "image/webp" in request.headers.get("accept", ""):
        drawing = drawing.model_copy(update={"format": "webp"})
    found = await find_original(services.settings, services.store, place)
    etag = _etag(found.sha256, drawing, q)
    headers = {"ETag": etag, **_HEADERS}
    if has_already(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    data = await asyncio.to_thread(found.read, 0, found.size)
    try:
        image = await services.drawer.draw(data, drawing)
    except ParsingError as error:
        if error.reason == "cannot_hide":
            raise RefusedError("conflict", f"page {number} of {document_id} cannot be redacted: {error}") from error
        if error.reason == "no_such_page":
            raise NotFoundError(f"document {document_id}: {error}") from error
        raise
    return Response(image, media_type="image/png" if image.startswith(_PNG) else "image/webp", headers=headers)


_HEADERS = {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff", "Vary": "Accept"}
_PNG = b"\x89PNG"
# A query none of whose words are on the page boxes nothing, also where a span is given.
_NOTHING: dict[str, int] = {"start": 0, "end": 0}


async def _hidden(index: ScopedReader, services: Services, content: Payload | None, number: int) -> tuple[Hidden, ...]:
    """The personal data of the page. Raises RefusedError where not all of its text has a place on it."""
    if not content:
        raise RefusedError("conflict", "the document is not indexed (yet): nobody knows what is to be hidden")
    chunks = await passages_of(index, chunk_ids(content, index.scope.tenant))
    pages = pages_of(chunks)
    text = next((page.text for page in pages if page.number == number), "")
    if not content.get("has_text") or any(one.confidence is not None for one in chunks if one.page == number):
        raise RefusedError("conflict", f"page {number} was read by text recognition: where its words are is not known")
    if not text:
        raise RefusedError("conflict", f"no text was read on page {number}: whether it shows any is not known")
    enricher = await services.enricher(index.scope.tenant)
    part = Part(number, 0, len(text))
    spans = (await asyncio.to_thread(spans_of, pages, [part], enricher, frozenset()))[0]
    return tuple(Hidden(start=start, end=end, text=text[start:end]) for start, end, _ in sorted(spans))


async def _passages(index: ScopedReader, content: Payload, number: int) -> list[Chunk]:
    """Those of the page, in order."""
    everything = await passages_of(index, chunk_ids(content, index.scope.tenant))
    return [one for one in everything if one.page == number]


async def _words(
    index: ScopedReader, place: Payload, content: Payload | None, number: int, query: str
) -> frozenset[str]:
    """The words of the page that the query matches, in lower case."""
    if not query.strip() or not content:
        return frozenset()
    chunks = await _passages(index, content, number)
    return frozenset(one.text[a:b].lower() for one, spans in matching(chunks, query, content) for a, b in spans)


def _width(width: int | None, settings: PageSettings) -> int:
    if width is not None and width > settings.max_width:
        raise ConfigurationError(f"width is at most {settings.max_width} (setting pages.max_width)")
    return width or settings.width


def _etag(sha256: str, drawing: Drawing, query: str) -> str:
    drawn = drawing.model_dump(exclude={"words"}, mode="json") | {"words": sorted(drawing.words)}
    what = f"{_DRAWING_VERSION}\n{sha256}\n{bool(query)}\n{json.dumps(drawn, sort_keys=True)}"
    return f'"{hashlib.sha256(what.encode()).hexdigest()[:32]}"'
