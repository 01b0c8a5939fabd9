"""Jobs on Ray's job server: submitted, listed, followed and cancelled, each for one tenant.

Ray knows no tenants: what a job belongs to stands in its metadata, and its id begins with a mark of the tenant, so
that one tenant's ids neither meet nor tell of another's.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shlex
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel

from ray_app.cluster.environment import as_environment
from ray_app.cluster.scripts import Script
from ray_app.errors import JobServerError, NotFoundError, QueryError, RefusedError
from ray_app.settings import Settings

if TYPE_CHECKING:
    from ray.job_submission import JobDetails, JobSubmissionClient

T = TypeVar("T")

JobState = Literal["pending", "running", "finished", "failed", "cancelled"]
# Ray's own words for them.
_STATES: dict[str, JobState] = {
    "PENDING": "pending",
    "RUNNING": "running",
    "SUCCEEDED": "finished",
    "FAILED": "failed",
    "STOPPED": "cancelled",
}
ENDED: tuple[JobState, ...] = ("finished", "failed", "cancelled")
# Where a cluster, or its job server, is named for Ray's own tools.
_NAMED = ("RAY_API_SERVER_ADDRESS", "RAY_ADDRESS")
_META = "ray_app."
_MARK_CHARS = 8


class Job(BaseModel):
    """A submitted job. Times are ISO 8601, UTC; `message` is Ray's account of the state."""

    id: str
    job: str
    arguments: list[str]
    state: JobState
    message: str
    submitted_by: str
    started: str | None
    ended: str | None


class JobServer:
    """Ray's job server; it is looked for when it is first asked. Every method raises JobServerError."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._client: JobSubmissionClient | None = None

    async def submit(self, script: Script, arguments: Sequence[str], *, tenant: str, by: str, identity: str) -> Job:
        """Starts a script, for this tenant whatever the arguments say.

        Raises QueryError where the script does not take the arguments, RefusedError where the id was used before.
        """
        _check_arguments(script, arguments, tenant, self._settings.jobs.max_command_kb << 10)
        submission = _marked(tenant, identity)
        environment = {
            **as_environment(self._settings.model_copy(update={"tenant": tenant})),
            "RAY_APP_DATA_DIR": str(self._settings.data_dir),
            "RAY_APP_TENANT": tenant,
            "RAY_APP_TENANT_FIXED": "true",
            "RAY_APP_JOBS__SUBMISSION": identity,
            "RAY_JOB_STOP_SIGNAL": "SIGINT",  # it ends in order, and its run is written down as cancelled
            "RAY_JOB_STOP_WAIT_TIME_S": str(self._settings.jobs.stop_wait_s),
        }
        metadata = {"tenant": tenant, "job": script.name, "arguments": json.dumps(list(arguments)), "by": by}

        def send(client: JobSubmissionClient) -> None:
            client.submit_job(
                entrypoint=shlex.join([sys.executable, str(script.path), *arguments]),
                submission_id=submission,
                runtime_env={"env_vars": environment},
                metadata={_META + name: value for name, value in metadata.items()},
            )

        try:
            await self.get(tenant, identity)
        except NotFoundError:
            await self._ask(send, submission)
            return await self.get(tenant, identity)
        raise _taken(identity)

    async def list(self, tenant: str) -> list[Job]:
        """The tenant's jobs, the latest first: all since the Ray cluster was started."""
        details = await self._ask(lambda client: client.list_jobs())
        jobs = [_job(one, tenant) for one in details if _belongs(one, tenant)]
        return sorted(jobs, key=lambda job: job.started or "", reverse=True)

    async def get(self, tenant: str, identity: str) -> Job:
        """Raises NotFoundError."""
        submission = _marked(tenant, identity)
        details = await self._ask(lambda client: client.get_job_info(submission), submission)
        if not _belongs(details, tenant):
            raise _missing(identity)
        return _job(details, tenant)

    async def log(self, tenant: str, identity: str) -> str:
        """What the job has written so far: the end of it, where it is long. Raises NotFoundError."""
        await self.get(tenant, identity)
        submission = _marked(tenant, identity)
        text = await self._ask(lambda client: client.get_job_logs(submission), submission)
        return text[-(self._settings.jobs.log_mb << 20) :]

    async def follow(self, tenant: str, identity: str) -> AsyncGenerator[str, None]:
        """What the job writes, from its beginning until it ends; closing it leaves the job alone.

        Raises NotFoundError.
        """
        import aiohttp  # with Ray's client, which needs it too

        await self.get(tenant, identity)
        client = await asyncio.to_thread(self._connected)
        lines: Any = client.tail_job_logs(_marked(tenant, identity))
        try:
            async with aclosing(lines):
                async for text in lines:
                    yield text
        except (RuntimeError, OSError, aiohttp.ClientError) as error:
            raise JobServerError(f"the log of job {identity} breaks off: {error}") from error

    async def cancel(self, tenant: str, identity: str) -> Job:
        """Asks the job to end; one that has ended stays as it is. Raises NotFoundError."""
        await self.get(tenant, identity)
        submission = _marked(tenant, identity)
        await self._ask(lambda client: client.stop_job(submission), submission)
        return await self.get(tenant, identity)

    async def _ask(self, question: Callable[[JobSubmissionClient], T], submission: str = "") -> T:
        def asked() -> T:
            import requests
            from ray.exceptions import AuthenticationError

            try:
                return question(self._connected())
            except RuntimeError as error:
                raise _ours(error, submission) from error
            except AuthenticationError as error:
                raise JobServerError(
                    f"Ray's job server lets nobody in without its token (RAY_AUTH_TOKEN): {error}"
                ) from error
            except (requests.RequestException, OSError) as error:
                raise JobServerError(f"Ray's job server does not answer: {error}") from error

        return await asyncio.to_thread(asked)

    def _connected(self) -> JobSubmissionClient:
        """One client for all questions: making one costs two of its own."""
        with self._lock:
            if self._client is None:
                self._client = _connect()
            return self._client


def _connect() -> JobSubmissionClient:
    """The job server of the Ray cluster that this process is in, or of the one that the environment names."""
    import ray
    from ray.job_submission import JobSubmissionClient

    inside = ray.is_initialized()
    if not inside and not any(os.environ.get(name) for name in _NAMED):
        raise JobServerError("there is no Ray cluster here to run jobs: start ray-app serve, or set RAY_ADDRESS")
    address = ray.get_runtime_context().gcs_address if inside else None
    try:
        return JobSubmissionClient(address)
    except (RuntimeError, ConnectionError, ValueError) as error:
        raise JobServerError(
            "this Ray cluster has no job server: ray-app serve starts one with a cluster of its own "
            f"(setting jobs.server), `ray start --head` always does ({error})"
        ) from error


def _check_arguments(script: Script, arguments: Sequence[str], tenant: str, most_bytes: int) -> None:
    try:
        size = sum(len(argument.encode()) + 3 for argument in arguments)
    except UnicodeEncodeError as error:
        raise QueryError("invalid-arguments", f"arguments: {error.object!r} is no text") from error
    if size > most_bytes:
        raise QueryError(
            "invalid-arguments", f"arguments of more than {most_bytes >> 10} KB (setting jobs.max_command_kb)"
        )
    if any("\0" in argument for argument in arguments):
        raise QueryError("invalid-arguments", "arguments: one holds a zero byte")
    parsed = script.command.parse(arguments) if script.command else {}
    if parsed.get("tenant") not in (None, tenant):
        raise QueryError("invalid-arguments", f"a job works for its caller's tenant, which is {tenant!r}: leave it out")


def _marked(tenant: str, identity: str) -> str:
    return f"{hashlib.sha256(tenant.encode()).hexdigest()[:_MARK_CHARS]}-{identity}"


def _belongs(details: JobDetails, tenant: str) -> bool:
    """What a job itself starts bears its metadata too, and is none that was submitted."""
    return bool(details.submission_id) and (details.metadata or {}).get(f"{_META}tenant") == tenant


def _job(details: JobDetails, tenant: str) -> Job:
    about = details.metadata or {}
    return Job(
        id=(details.submission_id or "").removeprefix(_marked(tenant, "")),
        job=about.get(f"{_META}job", ""),
        arguments=json.loads(about.get(f"{_META}arguments", "[]")),
        state=_STATES[str(details.status)],
        message=details.message or "",
        submitted_by=about.get(f"{_META}by", ""),
        started=_time(details.start_time),
        ended=_time(details.end_time),
    )


def _time(milliseconds: int | None) -> str | None:
    if not milliseconds:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _ours(error: RuntimeError, submission: str) -> Exception:
    """Ray tells all failures as one class, with the status and the server's words in its message."""
    said, identity = str(error), submission[_MARK_CHARS + 1 :]
    if "status code 404" in said:
        return _missing(identity)
    if "already exists" in said:
        return _taken(identity)
    return JobServerError(f"Ray's job server says: {said.splitlines()[0][:500]}")


def _missing(identity: str) -> NotFoundError:
    return NotFoundError(f"no job has the id {identity!r}: Ray forgets its jobs when the cluster ends")


def _taken(identity: str) -> RefusedError:
    return RefusedError("conflict", f"a job with the id {identity!r} was submitted before: choose another, or none")
