"""Changes of documents: uploads, replacements, another try, erasure."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from ray_app.errors import QueryError, RefusedError
from ray_app.serving.erasing import erase_place
from ray_app.serving.limits import reads_a_file, reads_files
from ray_app.serving.lookup import check_outermost, document_out, find_document
from ray_app.serving.problems import described
from ray_app.serving.reception import ReceivedFile, Reception, check_length, receive_file, receive_form, upload_path
from ray_app.serving.schemas import Accepted, DocumentOut
from ray_app.serving.services import AuditOf, CallerOf, IndexOf, Services, ServicesOf, requires
from ray_app.serving.writable import check_writable
from ray_app.store.queue import URI_SCHEME, Entry, enqueue, entry_for, upload_entry
from ray_app.store.scope import ScopedReader

router = APIRouter(prefix="/v1", tags=["documents"], dependencies=[requires("editor")], responses=described(409, 415))

# A part's headers and boundary, and its share of the fields.
_AROUND_A_FILE = 1 << 16
_FIELDS = {"source", "folder", "tags"}
_FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "array", "items": {"type": "string", "format": "binary"}, "description": "One or several."},
        "source": {"type": "string", "description": "Source that they belong to; unset: setting uploads.source."},
        "folder": {"type": "string", "description": "Folder below the source."},
        "tags": {"type": "array", "items": {"type": "string"}, "description": "Marks to filter documents by."},
    },
}
_RAW = {"type": "string", "format": "binary"}


@router.post(
    "/documents",
    status_code=202,
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}},
)
@reads_files
async def upload(
    request: Request, response: Response, index: IndexOf, services: ServicesOf, caller: CallerOf, audit: AuditOf
) -> Accepted:
    """Stores one or several files, and returns at once: they are indexed within seconds.

    A file with the path of a document that is there replaces it; until it is indexed, the old one is found.
    """
    settings, tenant = services.settings, caller.scope.tenant
    largest = settings.parsing.max_file_mb << 20
    check_length(request.headers.get("content-length"), settings.uploads.max_files * (largest + _AROUND_A_FILE))
    content_type = request.headers.get("content-type", "")
    async with receive_form(settings, tenant, content_type, request.stream()) as reception:
        source = await _source_of(reception, index, services)
        paths = _paths_of(reception)
        tags = tuple(tag for value in reception.fields["tags"] for tag in _split(value))
        entries = [_entry(tenant, source, path, file, tags) for path, file in zip(paths, reception.files, strict=True)]
        accepted = await _accept(services, entries, reception)
    for document in accepted.documents:
        await audit("document.upload", document.id, document.uri)
    response.headers["Location"] = f"/v1/documents/{accepted.documents[0].id}"
    return accepted


@router.put(
    "/documents/{document_id}/content",
    status_code=202,
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": _RAW}}}},
)
@reads_a_file
async def replace(
    document_id: str, request: Request, index: IndexOf, services: ServicesOf, caller: CallerOf, audit: AuditOf
) -> DocumentOut:
    """Replaces an uploaded document by the body; its id and name stay. Until it is indexed, the old one is found."""
    place = await find_document(index, document_id)
    check_outermost(place, "replace")
    if not place.payload["uri"].startswith(f"{URI_SCHEME}://"):
        raise RefusedError("conflict", f"document {document_id} was not uploaded: change it where it lies, and ingest")
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise RefusedError("unsupported-media-type", "the body is to be the file itself, as curl -T sends it")
    payload, tenant = place.payload, caller.scope.tenant
    check_length(request.headers.get("content-length"), services.settings.parsing.max_file_mb << 20)
    name = payload["path"].rsplit("/", 1)[-1]
    async with receive_file(services.settings, tenant, name, request.stream()) as reception:
        tags = tuple(payload.get("tags") or ())
        entry = _entry(tenant, payload["source"], payload["path"], reception.files[0], tags)
        accepted = await _accept(services, [entry], reception)
    await audit("document.replace", document_id, payload["uri"])
    return accepted.documents[0]


@router.post("/documents/{document_id}/reprocess", status_code=202)
async def reprocess(document_id: str, index: IndexOf, services: ServicesOf, audit: AuditOf) -> DocumentOut:
    """Takes a document through the pipeline once more, though it has not changed."""
    place = await find_document(index, document_id)
    check_outermost(place, "process")
    (queued,) = await services.store.run(enqueue, [entry_for(place, "reprocess")])
    services.wake()
    await audit("document.reprocess", document_id, place.payload["uri"])
    return document_out(queued)


@router.delete("/documents/{document_id}", status_code=204)
async def erase(document_id: str, index: IndexOf, services: ServicesOf, caller: CallerOf, audit: AuditOf) -> None:
    """Erases a document at once, with all inside it: its original's copy, text and vectors, where no other has them."""
    place = await find_document(index, document_id)
    check_outermost(place, "delete")
    await erase_place(services, caller.scope.tenant, place)
    await audit("document.erase", document_id)


async def _accept(services: Services, entries: Sequence[Entry], reception: Reception) -> Accepted:
    """From here on the worker looks after the files."""
    reception.kept = True  # also where the answer is lost: they may be in the queue
    places = await services.store.run(enqueue, entries)
    services.wake()
    return Accepted(documents=[document_out(place) for place in places])


async def _source_of(reception: Reception, index: ScopedReader, services: Services) -> str:
    unknown = set(reception.fields) - _FIELDS
    if unknown:
        raise QueryError(
            "invalid-request", f"no field is named {min(unknown)!r}: there are {', '.join(sorted(_FIELDS))}"
        )
    source = next(iter(reception.fields["source"]), "") or services.settings.uploads.source
    await check_writable(services.store, index, source)
    return source


def _paths_of(reception: Reception) -> list[str]:
    folder = next(iter(reception.fields["folder"]), "")
    paths = [upload_path(folder, file.filename) for file in reception.files]
    if len(set(paths)) < len(paths):
        raise QueryError("invalid-name", "two files of the request have the same name")
    return paths


def _entry(tenant: str, source: str, path: str, file: ReceivedFile, tags: Sequence[str]) -> Entry:
    return upload_entry(
        ticket=file.ticket, tenant=tenant, source=source, path=path, sha256=file.sha256, size=file.size, tags=tags
    )


def _split(value: str) -> list[str]:
    return [tag.strip() for tag in value.split(",") if tag.strip()]
