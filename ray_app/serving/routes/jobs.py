"""Jobs: what can be submitted, what was, how far it is, what it writes."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import PlainTextResponse, Response

from ray_app.cluster.jobs import ENDED, Job
from ray_app.cluster.scripts import Script, find_script, scripts
from ray_app.serving.bodies.jobs import JobBody, JobKind, JobOut, JobRun, Jobs, SubmissionId
from ray_app.serving.bodies.stream import SSE
from ray_app.serving.problems import describe, described
from ray_app.serving.services import WHOLE_TENANT, AuditOf, CallerOf, Services, ServicesOf, requires
from ray_app.serving.sse import EVENT_STREAM, event, event_stream, with_pauses
from ray_app.store.runs import Run, RunState, runs_of

router = APIRouter(
    prefix="/v1", tags=["jobs"], dependencies=[requires("admin"), WHOLE_TENANT], responses=described(503)
)

Identity = Annotated[SubmissionId, Path(description="The job's id.")]
_PAUSE = b": the job is silent\n\n"


@router.get("/jobs")
async def jobs(services: ServicesOf, caller: CallerOf, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Jobs:
    """What can be submitted, and the jobs of the caller's tenant that were, the latest first."""
    submitted = await services.jobs.list(caller.scope.tenant)
    return Jobs(kinds=[_kind(one) for one in scripts(services.settings.jobs)], submitted=submitted[:limit])


@router.post("/jobs", status_code=201, responses=described(409))
async def submit_job(body: JobBody, services: ServicesOf, caller: CallerOf, audit: AuditOf) -> JobOut:
    """Start a job for the caller's tenant. It goes on when the caller has gone."""
    script = find_script(services.settings.jobs, body.job)
    identity = body.submission_id or new_id(body.job)
    return JobOut(**(await submit(services, caller, audit, script, body.arguments, identity)).model_dump())


@router.get("/jobs/{job_id}", responses=described(404))
async def job(job_id: Identity, services: ServicesOf, caller: CallerOf) -> JobOut:
    """A job's state, and how far its runs are."""
    tenant = caller.scope.tenant
    return await _with_runs(services, tenant, await services.jobs.get(tenant, job_id))


@router.get(
    "/jobs/{job_id}/logs",
    response_class=PlainTextResponse,
    responses={**described(404), 200: {"content": {EVENT_STREAM: SSE}}},
)
async def job_logs(job_id: Identity, request: Request, services: ServicesOf, caller: CallerOf) -> Response:
    """What a job has written so far, as text.

    With `Accept: text/event-stream` it is a stream from the log's beginning that ends when the job does: events
    `log` with its text, then `done` with the job; or `error` with a problem document.
    """
    tenant = caller.scope.tenant
    if EVENT_STREAM in request.headers.get("accept", "").lower():
        await services.jobs.get(tenant, job_id)  # the status line can still say that there is none
        return event_stream(_follow(services, tenant, job_id))
    return PlainTextResponse(await services.jobs.log(tenant, job_id))


@router.post("/jobs/{job_id}/cancel", responses=described(404))
async def cancel_job(job_id: Identity, services: ServicesOf, caller: CallerOf, audit: AuditOf) -> JobOut:
    """Ask a job to end. It is given jobs.stop_wait_s to end in order; one that has ended stays as it is."""
    tenant = caller.scope.tenant
    cancelled = await services.jobs.cancel(tenant, job_id)
    await audit("job.cancel", job_id, cancelled.job)
    return await _with_runs(services, tenant, cancelled)


def new_id(job: str) -> str:
    """Says what it is and when it began, and is unique."""
    return f"{job}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


async def submit(
    services: Services, caller: CallerOf, audit: AuditOf, script: Script, arguments: list[str], identity: str
) -> Job:
    """Starts a job in the caller's name, and writes down that it was."""
    submitted = await services.jobs.submit(
        script, arguments, tenant=caller.scope.tenant, by=caller.name, identity=identity
    )
    await audit("job.submit", identity, script.name)
    return submitted


async def _follow(services: Services, tenant: str, job_id: str) -> AsyncIterator[bytes]:
    lines = with_pauses(services.jobs.follow(tenant, job_id), services.settings.jobs.pause_s)
    try:
        async with aclosing(lines):
            async for text in lines:
                yield _PAUSE if text is None else event("log", json.dumps({"text": text}, ensure_ascii=False))
        ended = await _with_runs(services, tenant, await services.jobs.get(tenant, job_id))
        yield event("done", ended.model_dump_json())
    except Exception as error:  # the status line is sent: the stream itself must say it
        yield event("error", bytes(describe(error).body).decode())


async def _with_runs(services: Services, tenant: str, one: Job) -> JobOut:
    found = await runs_of(services.store, tenant, one.id)
    return JobOut(**one.model_dump(), runs=[_run(run, ended=one.state in ENDED) for run in found])


def _run(run: Run, *, ended: bool) -> JobRun:
    """A run whose job was killed could not say so."""
    state: RunState = "ended without a word" if ended and run.state == "running" else run.state
    return JobRun(id=run.id, state=state, detail=run.detail, progress=run.progress, counts=run.counts)


def _kind(script: Script) -> JobKind:
    return JobKind(
        name=script.name,
        description=script.description,
        parameters=script.command.parameters() if script.command else None,
        fault=script.fault,
    )
