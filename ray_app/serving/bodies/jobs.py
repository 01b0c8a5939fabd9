"""What is said of jobs."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from ray_app.cluster.jobs import Job
from ray_app.cluster.scripts import Parameter
from ray_app.serving.schemas import Body
from ray_app.store.runs import RunProgress, RunState

# Characters that need no quoting anywhere: in a URL, in a file's name, in a shell.
SubmissionId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


class JobBody(Body):
    """What to run."""

    job: str = Field(
        description="The name of a script in jobs/: `GET /v1/jobs` shows what there is.", examples=["crawl"]
    )
    arguments: list[str] = Field(
        default_factory=list,
        description="As on a command line, each one apart. No shell reads them.",
        examples=[["board-minutes", "--embed", "later"]],
    )
    submission_id: SubmissionId | None = Field(
        None, description="An id of one's own: a second request with the same one starts nothing. Left out: a new one."
    )


class JobKind(BaseModel):
    """A script that can be submitted. `parameters` is null where it does not say what it takes."""

    name: str
    description: str
    parameters: list[Parameter] | None
    fault: str = Field("", description="Why the script cannot be read.")


class JobRun(BaseModel):
    """A run that a job made, and how far it is."""

    id: str
    state: RunState
    detail: str
    progress: RunProgress | None
    counts: dict[str, int]


class JobOut(Job):
    """A job with its runs: their progress is the job's."""

    runs: list[JobRun] = Field(default_factory=list)


class Jobs(BaseModel):
    """What can be submitted, and what was: the latest first, since the Ray cluster was started."""

    kinds: list[JobKind]
    submitted: list[Job]


class LogEvent(BaseModel):
    """A part of a job's log."""

    text: str
