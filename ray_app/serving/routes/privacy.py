"""Personal data: what documents hold of it, where it is, and texts without it."""

from __future__ import annotations

import asyncio
import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from ray_app.enrichment.chunking import pages_of
from ray_app.enrichment.privacy.masking import redact
from ray_app.records import Chunk
from ray_app.search.personal import count_personal
from ray_app.serving.bodies.privacy import (
    EvidenceOut,
    MentionOut,
    PersonalData,
    PersonCount,
    PrivacyReport,
    ReasonOut,
    RedactedPage,
    RedactedText,
    SourceRisk,
    WordOut,
)
from ray_app.serving.lookup import content_of, find_document, passages_of
from ray_app.serving.personal import Part, Span, spans_of
from ray_app.serving.services import CallerOf, IndexOf, ServicesOf
from ray_app.store.personal import mentions_of, reasons_of, words_of
from ray_app.store.points import chunk_ids
from ray_app.store.watchlist import list_people

router = APIRouter(prefix="/v1", tags=["privacy"])


@router.get("/documents/{document_id}/entities")
async def entities(document_id: str, index: IndexOf) -> PersonalData:
    """What a document mentions: people, organisations, places and identifiers; high-risk words; and what risk that is.

    Values are shown as far as the index keeps them (setting privacy.values).
    """
    content = await content_of(index, await find_document(index, document_id)) or {}
    return PersonalData(
        document_id=document_id,
        risk=content.get("risk"),
        reasons=[
            ReasonOut(
                risk=reason.risk.value,
                text=reason.text,
                evidence=[EvidenceOut(**asdict(one)) for one in reason.evidence],
            )
            for reason in reasons_of(content)
        ],
        mentions=[MentionOut(**asdict(one)) for one in mentions_of(content)],
        found=content.get("mentions_found", 0),
        words=[WordOut(**asdict(one)) for one in words_of(content)],
    )


@router.get("/documents/{document_id}/redacted")
async def redacted(
    document_id: str,
    index: IndexOf,
    services: ServicesOf,
    limit: Annotated[int, Query(ge=1, le=1000, description="Most passages that the pages are made of.")] = 100,
    start: Annotated[int, Query(ge=0, description="`next` of the part before.")] = 0,
    keep: Annotated[list[str], Query(description="Kinds that stay in the text, beside those that name nobody.")] = [],  # noqa: B006
) -> RedactedText:
    """A document's text with `[kind]` in place of personal data, found anew by today's rules.

    Organisations, places, web addresses and numbers of companies stay. People on the watch list go, however they are
    named. What no rule and no model finds stays: look at it before it leaves the house.
    """
    content = await content_of(index, await find_document(index, document_id))
    ids = chunk_ids(content, index.scope.tenant) if content else []
    chunks = await passages_of(index, ids)
    pages = {page.number: page for page in pages_of(chunks)}
    parts = _parts(chunks[start : start + limit])
    enricher = await services.enricher(index.scope.tenant)
    found = await asyncio.to_thread(spans_of, list(pages.values()), parts, enricher, frozenset(keep))
    return RedactedText(
        document_id=document_id,
        pages=[
            RedactedPage(page=part.page, text=_redacted(pages[part.page].text, part, spans))
            for part, spans in zip(parts, found, strict=True)
        ],
        removed=Counter(kind for spans in found for _, _, kind in spans),
        next=start + limit if start + limit < len(ids) else None,
    )


def _parts(chunks: Sequence[Chunk]) -> list[Part]:
    """What the passages cover of each page that they stand on."""
    parts: dict[int, Part] = {}
    for one in chunks:
        if one.end:  # one that names a document stands on no page
            start = parts[one.page].start if one.page in parts else one.start
            parts[one.page] = Part(one.page, start, one.end)
    return list(parts.values())


def _redacted(text: str, part: Part, spans: Sequence[Span]) -> str:
    shown = [(one.start - part.start, one.end - part.start, one.kind) for one in spans]
    return redact(text[part.start : part.end], shown).strip()


@router.get("/privacy/report", responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}})
async def report(
    index: IndexOf,
    services: ServicesOf,
    caller: CallerOf,
    source: Annotated[list[str], Query(description="Only these sources; left out: all.")] = [],  # noqa: B006
    format: Annotated[Literal["json", "csv"], Query(description="csv: rows of what, which, count.")] = "json",
) -> PrivacyReport:
    """Where personal data is, of what the caller may see: by risk, source and kind.

    For administrators from whom no source is hidden also by person: as the watch list itself.
    """
    total, by_risk, by_source, kinds, people = await index.run(count_personal, sources=source)
    everything = caller.may("admin") and await index.visible() is None
    named = await list_people(services.store, index.scope.tenant) if everything else None
    result = PrivacyReport(
        documents=total,
        risk=by_risk,
        sources=[SourceRisk(source=name, **counts) for name, counts in sorted(by_source.items())],
        kinds=kinds,
        people=None
        if named is None
        else [PersonCount(person=one.id, name=one.name, documents=people.get(one.id, 0)) for one in named],
    )
    if format == "csv":
        return Response(_csv(result), media_type="text/csv; charset=utf-8", headers=_AS_FILE)  # type: ignore[return-value]
    return result


_AS_FILE = {"Content-Disposition": 'attachment; filename="privacy-report.csv"'}


def _csv(report: PrivacyReport) -> str:
    """One row for each figure: `source` rows name the risk after the source."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["what", "which", "risk", "documents"])
    rows.writerow(["all", "", "", report.documents])
    rows.writerows(["risk", "", risk, count] for risk, count in report.risk.items())
    for one in report.sources:
        counts = one.model_dump(exclude={"source"})
        rows.writerows(["source", _harmless(one.source), risk, count] for risk, count in counts.items())
    rows.writerows(["kind", kind, "", count] for kind, count in report.kinds.items())
    rows.writerows(["person", _harmless(one.name), "", one.documents] for one in report.people or ())
    return text.getvalue()


def _harmless(text: str) -> str:
    """Spreadsheets take what begins so for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
