"""How work is done and told of: runs, jobs, uploads, the Ray cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import (
    Field,
    SecretStr,
)

from ray_app.settings.group import Fraction, Group


class IngestSettings(Group):
    """How an ingest is cut into work and shared out."""

    block_documents: int = Field(
        64,
        gt=0,
        description="Most documents in one block: the unit of work that is repeated after a crash. Eight times as many "
        "where they are not embedded at once, which takes most of the time.",
    )
    block_mb: int = Field(32, gt=0, description="Most megabytes of files in one block.")
    round_documents: int = Field(
        100_000,
        gt=0,
        description="Most documents of one pass through the pipeline: a larger source takes several passes, so that "
        "the driver's memory does not grow with it.",
    )
    lease_s: float = Field(
        30.0,
        gt=0,
        description="How long a run that shows no sign of life keeps its source from other runs; it shows three "
        "in that time.",
    )
    max_deleted_share: Fraction = Field(
        0.5,
        description="Largest share of a source's documents that may vanish at once without --force, since an empty "
        "mount is no deletion. Up to 20 documents always may, unless nothing is left.",
    )
    parse_workers: int | None = Field(None, gt=0, description="Parsing workers at most; unset: by CPUs.")
    embed_workers: int | None = Field(None, gt=0, description="Embedding workers at most; unset: by CPUs.")
    stall_warning_s: float = Field(
        120.0, gt=0, description="Without progress for so long, the slowest stage is named in the log."
    )
    progress_s: float = Field(
        5.0,
        gt=0,
        description="How often a run writes into its record how far it is: often enough for a person to watch.",
    )


class UploadSettings(Group):
    """Documents that are uploaded over HTTP, and the online worker that indexes them."""

    source: str = Field(
        "uploads", pattern=r"^\w[\w.-]{0,99}$", description="Source of uploaded documents for which none is named."
    )
    max_files: int = Field(
        100, gt=0, description="Most files of one request; each may be as large as parsing.max_file_mb."
    )
    batch_documents: int = Field(
        8, gt=0, description="Most documents that the online worker indexes at a time: few, so that none waits long."
    )
    poll_s: float = Field(
        5.0, gt=0, description="How often the online worker looks for what waits when nobody woke it."
    )
    attempts: int = Field(
        3,
        gt=0,
        description="How often a document may end the online worker, or fail for a passing reason, before it goes into "
        "quarantine.",
    )
    longest_wait_s: float = Field(
        60.0, gt=0, description="Longest wait between two such attempts; the first waits are shorter."
    )


class JobSettings(Group):
    """Jobs that are submitted to Ray's job server."""

    folder: Path | None = Field(
        None, description="Where further scripts lie that can be submitted, beside those that ray-app brings (jobs/)."
    )
    server: bool = Field(
        True,
        description="Whether `ray-app serve`, where it starts a Ray cluster of its own, starts Ray's job server "
        "with it: on loopback, with Ray's dashboard, by Ray's token.",
    )
    stop_wait_s: int = Field(
        30, gt=0, description="How long a cancelled job may take to end in order, before it is killed."
    )
    max_command_kb: int = Field(
        100,
        gt=0,
        le=120,
        description="Longest command line of a job: Linux takes 128 KB of one argument, and this is one.",
    )
    log_mb: int = Field(
        4,
        gt=0,
        description="Most megabytes of a job's log that are given as one text: its end. A stream has all of it.",
    )
    pause_s: float = Field(
        15.0, gt=0, description="After so long without a line, a streamed log says that it lives, for proxies' sake."
    )
    submission: str | None = Field(None, description="Set for the process of a job: what was submitted.")


class EventSettings(Group):
    """The event log, and those who listen to it over HTTP."""

    keep_days: int = Field(
        30, gt=0, description="How long events are kept: who was away for longer has to look at the documents anew."
    )
    progress_s: float = Field(
        5.0, gt=0, description="Least time between two events about a job's progress: each is a write to the index."
    )
    documents_per_run: int = Field(
        1000,
        ge=0,
        description="Most documents of one run that an event each is written about; the rest are only counted, since a "
        "run may put a million into quarantine.",
    )
    poll_s: float = Field(
        0.5, gt=0, description="How often a replica looks for new events while anybody listens: one look for them all."
    )
    settle_s: float = Field(
        3.0,
        ge=0,
        description="On a Qdrant server, events are told when they are so old: by then those that other machines wrote "
        "before them can be read too. It must exceed what clocks differ by and a write takes.",
    )
    heartbeat_s: float = Field(
        15.0,
        gt=0,
        description="Sign of life on a quiet stream, and how often the listener's key is looked at again: most proxies "
        "close what is silent for 30 or 60 seconds.",
    )
    buffer: int = Field(
        1000, gt=0, description="How many events a listener may fall behind before it is dropped; all share the memory."
    )
    send_timeout_s: float = Field(
        10.0, gt=0, description="A listener that does not take one event in so long is dropped."
    )
    max_clients: int = Field(
        50,
        gt=0,
        description="Most listeners of a replica; less than serving.max_ongoing_requests, since each is one of those.",
    )
    max_clients_per_caller: int = Field(
        10, gt=0, description="Most listeners of one caller at a replica: a few browser tabs and programs."
    )


class DeliverySettings(Group):
    """Webhooks and e-mail: one replica sends for all."""

    lease_s: float = Field(
        30.0, gt=0, description="How long a sender that shows no sign of life keeps others from taking over."
    )
    first_wait_s: float = Field(
        2.0, gt=0, description="Longest wait before the second try; waits double, and vary at random."
    )
    longest_wait_s: float = Field(900.0, gt=0, description="Longest wait between two tries.")
    give_up_h: float = Field(
        72.0,
        gt=0,
        description="After so many hours without success, a webhook is disabled and an e-mail is left out: a weekend.",
    )
    timeout_s: float = Field(15.0, gt=0, description="Longest wait for a receiver's answer.")
    max_webhooks: int = Field(20, gt=0, description="Most webhooks of a tenant.")
    allow_private_addresses: bool = Field(
        False,
        description="Whether webhooks may lead to private, loopback, link-local and metadata addresses, and be http.",
    )


class SmtpSettings(Group):
    """E-mail when a job of the setting `tenant` ends. Off until `host` is set."""

    host: str | None = Field(None, description="The mail server.")
    port: int = Field(587, ge=1, le=65535, description="Its port: 587 is for starttls, 465 for tls.")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="starttls and tls are refused where the server's certificate is not valid for its name."
    )
    user: str | None = Field(None, description="User at the mail server; unset: no authentication.")
    password: SecretStr | None = Field(None, description="The user's password.")
    sender: str = Field("ray-app@localhost", description="Address that mails come from.")
    to: tuple[str, ...] = Field((), description="Addresses that mails go to.")
    states: tuple[Literal["finished", "failed"], ...] = Field(
        ("finished", "failed"), description="Ends of a job that a mail is sent about."
    )


class LoggingSettings(Group):
    """What is written down while a run is at work."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least important lines that are written."
    )
    format: Literal["auto", "json", "console"] = Field(
        "auto",
        description="What a command writes to standard error. json: nothing but one JSON object a line; console: its "
        "display and the log, for people; auto: its display alone. The run's log file always has everything as JSON.",
    )
    keep_files: int = Field(100, gt=0, description="Log files of runs that are kept, the latest ones.")


class RaySettings(Group):
    """The Ray cluster."""

    address: str | None = Field(
        None,
        description="Ray cluster to join; unset: RAY_ADDRESS, the index's own cluster, or a new local one.",
    )
    object_store_mb: int = Field(512, ge=100, description="Object store of a local cluster.")
    cpus: int | None = Field(None, gt=0, description="CPUs of a local cluster; unset: all.")
