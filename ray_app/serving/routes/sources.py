"""Sources on record: places under a name, with who may see them and when they are crawled."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import ValidationError

from ray_app import catalog
from ray_app.cluster.scripts import find_script
from ray_app.errors import NotFoundError, QueryError, RefusedError
from ray_app.serving.bodies.jobs import JobOut
from ray_app.serving.bodies.sources import (
    CrawlBody,
    FileOut,
    NewSource,
    SourceBody,
    SourceOut,
    Sources,
    SourceTrial,
    told,
)
from ray_app.serving.problems import described
from ray_app.serving.routes.jobs import new_id, submit
from ray_app.serving.services import WHOLE_TENANT, AuditOf, CallerOf, IndexOf, Services, ServicesOf, requires
from ray_app.sources.trial import try_out
from ray_app.store.named_sources import NamedSource, get_source, list_sources
from ray_app.store.protocol import Store
from ray_app.store.scope import ScopedReader

router = APIRouter(prefix="/v1", tags=["sources"])

_PLAINLY = CrawlBody()
# A source that is only tried out has no name yet.
_UNNAMED = "unnamed"
# Files that a trial shows, the largest that it reads, and how long its last page and the reading may take.
_SHOWN = 10
_READ_MB = 16
_GRACE_S = 5.0
Name = Annotated[str, Path(description="The source's name.")]


@router.get("/sources")
async def sources(services: ServicesOf, caller: CallerOf, index: IndexOf) -> Sources:
    """The sources that the caller may see, by name."""
    visible = await index.visible()
    found = await list_sources(services.store, caller.scope.tenant)
    seen = [one for one in found if visible is None or one.name in visible]
    return Sources(sources=[told(one, groups=caller.may("admin")) for one in seen])


@router.get("/sources/{name}", responses=described(404))
async def source(name: Name, services: ServicesOf, caller: CallerOf, index: IndexOf) -> SourceOut:
    """One source."""
    return told(await _seen(services.store, index, name), groups=caller.may("admin"))


@router.post("/sources", status_code=201, dependencies=[requires("admin")], responses=described(409))
async def create_source(body: NewSource, services: ServicesOf, caller: CallerOf, audit: AuditOf) -> SourceOut:
    """Put a source on record. Nothing is read until it is crawled."""
    wanted = await _checked(services, _named(body.name, body, caller.scope.tenant))
    try:
        await get_source(services.store, caller.scope.tenant, body.name)
    except NotFoundError:
        saved = await catalog.record(services.store, wanted)
        await audit("source.create", saved.name, saved.uri)
        return told(saved, groups=True)
    raise RefusedError("conflict", f"a source is called {body.name} already: choose another name, or change it by PUT")


@router.post("/sources/check", dependencies=[requires("admin")])
async def check_source(body: SourceBody, services: ServicesOf, caller: CallerOf) -> SourceTrial:
    """What would come in from a place, before it is put on record: its first files, how many are left out, and why.

    It is looked through for sources.check_s, and one file is read. Nothing is written.
    """
    wanted = _named(_UNNAMED, body, caller.scope.tenant)
    settings = services.settings.sources.model_copy(update={"attempts": 1})
    trying = asyncio.to_thread(try_out, wanted.uri, wanted.selection, settings, shown=_SHOWN, max_bytes=_READ_MB << 20)
    try:
        found = await asyncio.wait_for(trying, settings.check_s + _GRACE_S)
    except TimeoutError as error:
        raise QueryError("no-answer", f"{wanted.uri} has not answered within {settings.check_s:g} s") from error
    return SourceTrial(
        uri=found.root,
        files=[FileOut(path=ref.path, size=ref.size) for ref in found.first],
        wanted=found.wanted,
        left_out=dict(found.left_out),
        whole=found.whole,
        read=found.read,
    )


@router.put("/sources/{name}", dependencies=[requires("admin")], responses=described(404, 409))
async def change_source(
    name: Name, body: SourceBody, services: ServicesOf, caller: CallerOf, index: IndexOf, audit: AuditOf
) -> SourceOut:
    """Replace what is wanted of a source, and who may see it. Its place stays: another one is another source."""
    await _seen(services.store, index, name)
    wanted = await _checked(services, _named(name, body, caller.scope.tenant))
    saved = await catalog.record(services.store, wanted)
    await audit("source.change", saved.name, f"groups: {', '.join(saved.groups) or 'the whole tenant'}")
    return told(saved, groups=True)


@router.delete(
    "/sources/{name}", status_code=202, dependencies=[requires("admin"), WHOLE_TENANT], responses=described(404, 503)
)
async def delete_source(name: Name, services: ServicesOf, caller: CallerOf, index: IndexOf, audit: AuditOf) -> JobOut:
    """Remove a source with all its documents, by a job. The files themselves are left alone."""
    await _seen(services.store, index, name)
    script = find_script(services.settings.jobs, "remove_source")
    job = await submit(services, caller, audit, script, [name, "--yes"], new_id("remove"))
    return JobOut(**job.model_dump())


@router.post(
    "/sources/{name}/crawl",
    status_code=202,
    dependencies=[requires("admin"), WHOLE_TENANT],
    responses=described(404, 503),
)
async def crawl_source(
    name: Name,
    services: ServicesOf,
    caller: CallerOf,
    index: IndexOf,
    audit: AuditOf,
    body: CrawlBody = _PLAINLY,
) -> JobOut:
    """Bring the index in line with a source, by a job: new and changed files come in, those that are gone go."""
    await _seen(services.store, index, name)
    arguments = [name, "--embed", body.embed, *(["--force"] if body.force else [])]
    job = await submit(
        services, caller, audit, find_script(services.settings.jobs, "crawl"), arguments, new_id("crawl")
    )
    return JobOut(**job.model_dump())


async def _checked(services: Services, source: NamedSource) -> NamedSource:
    """The place is asked once: whoever waits for an answer can ask again."""
    once = services.settings.sources.model_copy(update={"attempts": 1})
    return await asyncio.to_thread(catalog.checked, source, services.settings.model_copy(update={"sources": once}))


async def _seen(store: Store, index: ScopedReader, name: str) -> NamedSource:
    """The record, where the caller may see it. Raises NotFoundError."""
    found = await get_source(store, index.scope.tenant, name)
    visible = await index.visible()
    if visible is not None and name not in visible:
        raise NotFoundError(f"no source is named {name}: ray-app sources list shows all")
    return found


def _named(name: str, body: SourceBody, tenant: str) -> NamedSource:
    try:
        return NamedSource(name=name, tenant=tenant, **body.model_dump(exclude={"name"}))
    except ValidationError as error:
        first = error.errors()[0]
        raise QueryError(
            "invalid-source", f"{first['loc'][0]}: {first['msg'].removeprefix('Value error, ')}"
        ) from error
