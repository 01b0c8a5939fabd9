"""Versions of the tenant's classifier: which there are, how good they are, and which is in use."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse

from ray_app.errors import ModelError, NotFoundError, RefusedError
from ray_app.models.classification.folder import load_manifest
from ray_app.models.classification.manifest import ClassifierManifest
from ray_app.models.registry import current_version, promote, rollback, version_folder, versions
from ray_app.serving.bodies.models import InUse, ModelOut, Models
from ray_app.serving.problems import described
from ray_app.serving.services import WHOLE_TENANT, AuditOf, CallerOf, ServicesOf, requires
from ray_app.settings import Settings

# A report names documents of every source.
router = APIRouter(prefix="/v1/models", tags=["models"], dependencies=[requires("admin"), WHOLE_TENANT])

Version = Annotated[str, Path(max_length=100)]
# The report is one file with its styles inside, and no script.
_SAFE = {
    # The page of the models shows it in a frame, and no page of another site may.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-cache",
}


@router.get("")
async def all_versions(services: ServicesOf, caller: CallerOf) -> Models:
    """Every version that was trained and can be read, the oldest first."""
    settings = services.settings.of_tenant(caller.scope.tenant)
    used = current_version(settings)
    there = await asyncio.to_thread(versions, settings)
    return Models(models=[_out(one, used) for one in there.values() if one])


@router.get("/{version}")
async def manifest(version: Version, services: ServicesOf, caller: CallerOf) -> ClassifierManifest:
    """All that a version says of itself: data, candidates, scores by label and fold, calibration, confusions, curve."""
    return await asyncio.to_thread(_manifest, services.settings.of_tenant(caller.scope.tenant), version)


@router.get("/{version}/report", response_class=HTMLResponse)
async def report(version: Version, services: ServicesOf, caller: CallerOf) -> HTMLResponse:
    """Confusion matrix, reliability diagram, learning curve, and the documents that are likely mislabelled."""
    settings = services.settings.of_tenant(caller.scope.tenant)
    await asyncio.to_thread(_manifest, settings, version)
    page = version_folder(version, settings) / "report.html"
    try:
        text = await asyncio.to_thread(page.read_text, encoding="utf-8")
    except FileNotFoundError as error:
        raise NotFoundError(f"version {version} has no report") from error
    return HTMLResponse(text, headers=_SAFE)


@router.post("/{version}/promote")
async def put_into_use(version: Version, services: ServicesOf, caller: CallerOf, audit: AuditOf) -> InUse:
    """Puts a version into use. Labels in the index stay as they are until `ray-app backfill labels`."""
    settings = services.settings.of_tenant(caller.scope.tenant)
    await asyncio.to_thread(_manifest, settings, version)
    await asyncio.to_thread(promote, version, settings)
    await audit("model.promote", version)
    return InUse(version=version)


@router.post("/rollback", responses=described(409))
async def back(services: ServicesOf, caller: CallerOf, audit: AuditOf) -> InUse:
    """Puts the version that was in use before into use again."""
    try:
        version = await asyncio.to_thread(rollback, services.settings.of_tenant(caller.scope.tenant))
    except ModelError as error:
        raise RefusedError("conflict", str(error)) from error
    await audit("model.rollback", version)
    return InUse(version=version)


def _manifest(settings: Settings, version: str) -> ClassifierManifest:
    try:
        return load_manifest(version_folder(version, settings))
    except ModelError as error:
        raise NotFoundError(str(error)) from error


def _out(one: ClassifierManifest, used: str | None) -> ModelOut:
    return ModelOut(
        version=one.version,
        in_use=one.version == used,
        kind=one.kind,
        created=one.created,
        documents=one.documents,
        labels=len(one.labels),
        accuracy=one.accuracy,
        macro_f1=one.macro_f1,
        expected_calibration_error=one.expected_calibration_error,
    )
