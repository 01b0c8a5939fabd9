"""What people may ask of those who keep their data: to see it, and to have it erased (GDPR articles 15 and 17)."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from ray_app.enrichment.chunking import pages_of
from ray_app.enrichment.privacy.matcher import Matcher, compile_watchlist
from ray_app.errors import ConfigurationError, QueryError
from ray_app.findings import WatchedPerson, WatchMatch
from ray_app.ingest.watching import candidates
from ray_app.records import Content, Page, content_id
from ray_app.serving.bodies.privacy import ErasureBody, ErasureProof, SubjectBody, SubjectDocument, SubjectMatch
from ray_app.serving.erasing import erase_with_proof
from ray_app.serving.lookup import all_places, check_outermost, find_document
from ray_app.serving.problems import described
from ray_app.serving.services import WHOLE_TENANT, AuditOf, CallerOf, IndexOf, Services, ServicesOf, requires
from ray_app.store.collections import CONTENTS
from ray_app.store.pending import read_contents
from ray_app.store.points import now
from ray_app.store.scope import ScopedReader

router = APIRouter(prefix="/v1/privacy", tags=["privacy"], dependencies=[requires("admin"), WHOLE_TENANT])

_NDJSON = "application/x-ndjson"
_LINES = f"A line for each document: {', '.join(SubjectDocument.model_fields)}. The last line says that all were told."
# Characters before and after a mention: enough to see what is said.
_AROUND = 80


@router.post(
    "/subject-access",
    response_class=StreamingResponse,
    responses={200: {"content": {_NDJSON: {"schema": {"type": "string", "description": _LINES}}}}},
)
async def subject_access(body: SubjectBody, index: IndexOf, services: ServicesOf, audit: AuditOf) -> StreamingResponse:
    """Everything that names somebody: one JSON object a line for each document, as it is found.

    The last line is `{"done": true, "documents": ..., "read": ...}`: an export without it is not whole. Documents are
    chosen by the person's words, also with one of them misspelt, and read anew; numbers are looked for in all that hold
    numbers of their kind.
    """
    person = body.person("subject")
    try:
        matcher = compile_watchlist([person], min_confidence=body.min_confidence)
    except ConfigurationError as error:
        raise QueryError("invalid-request", str(error)) from error
    await audit("privacy.subject-access", "", "")  # no name: the log is read by more people
    return StreamingResponse(_export(services, index, person, matcher), media_type=_NDJSON)


@router.post("/erasures", responses=described(409))
async def erase(
    body: ErasureBody, index: IndexOf, services: ServicesOf, caller: CallerOf, audit: AuditOf
) -> ErasureProof:
    """Erases documents at once, and proves it: what went of each, and what the index and the storage hold afterwards.

    All are looked up before the first goes. Copies at other places are documents of their own.
    """
    places = [await find_document(index, one) for one in dict.fromkeys(body.document_ids)]
    for place in places:
        check_outermost(place, "erase")
    erased = [await erase_with_proof(services, caller.scope.tenant, place) for place in places]
    proof = ErasureProof(at=now(), who=caller.who, reason=body.reason, documents=erased, digest="")
    made = proof.model_copy(update={"digest": _digest(proof)})
    for one in erased:
        await audit("document.erase", one.document_id, f"{body.reason}; proof {made.digest}")
    return made


def _digest(proof: ErasureProof) -> str:
    text = json.dumps(proof.model_dump(exclude={"digest"}), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


async def _export(
    services: Services, index: ScopedReader, person: WatchedPerson, matcher: Matcher
) -> AsyncIterator[str]:
    tenant, documents, read = index.scope.tenant, 0, 0
    async for ids in candidates(services.store, tenant, person.id, None, person):
        contents = await read_contents(services.store, tenant, ids)
        read += len(contents)
        found = await asyncio.to_thread(_matches, contents, matcher)
        for line in await _told(index, found):
            documents += 1
            yield f"{line.model_dump_json()}\n"
    yield f"{json.dumps({'done': True, 'documents': documents, 'read': read})}\n"


def _matches(contents: Sequence[Content], matcher: Matcher) -> list[tuple[Content, list[SubjectMatch]]]:
    found = []
    for content in contents:
        pages = pages_of(content.chunks)
        texts = {page.number: page for page in pages}
        matches = [_shown(match, texts[match.page]) for match in matcher.find_in(pages)]
        if matches:
            found.append((content, matches))
    return found


def _shown(match: WatchMatch, page: Page) -> SubjectMatch:
    text = page.text[max(0, match.start - _AROUND) : match.end + _AROUND]
    return SubjectMatch(text=text, **{name: one for name, one in asdict(match).items() if name != "person_id"})


async def _told(index: ScopedReader, found: Sequence[tuple[Content, list[SubjectMatch]]]) -> list[SubjectDocument]:
    ids = [content_id(index.scope.tenant, content.sha256) for content, _ in found]
    places = await all_places(index, ids)
    about = {one.id: one.payload for one in await index.retrieve(CONTENTS, ids, fields=["label", "risk"])}
    return [
        SubjectDocument(
            document_id=places[identity][0].id,
            uri=places[identity][0].payload["uri"],
            title=content.title,
            date=content.date,
            places=[place.payload["uri"] for place in places[identity]],
            label=about.get(identity, {}).get("label") or [],
            risk=about.get(identity, {}).get("risk") or "none",
            matches=matches,
        )
        for identity, (content, matches) in zip(ids, found, strict=True)
        if identity in places
    ]
