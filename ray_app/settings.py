"""Every setting of ray-app in one tree, built once by the entry point and passed down.

A value comes from the first of these that has it: an environment variable (`RAY_APP_<GROUP>__<FIELD>`,
for example `RAY_APP_SEARCH__FUSION=rrf`), the YAML file given by `--config`, the defaults below.
docs/reference/settings.md is generated from the descriptions.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import yaml
from platformdirs import user_data_path
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FieldSerializationInfo,
    SecretStr,
    ValidationError,
    field_serializer,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from ray_app.errors import ConfigurationError
from ray_app.records import Role

Fraction = Annotated[float, Field(gt=0, le=1)]
# Signatures by a private key that only the provider has: never `none`, never by a secret that both sides know.
Signature = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Group(BaseModel):
    """A group of settings: unknown names are refused, values never change after start."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreSettings(Group):
    """Where the index is, and how it is kept."""

    url: str | None = Field(None, description="Qdrant server; unset: the engine runs inside ray-app.")
    api_key: SecretStr | None = Field(None, description="The Qdrant server's API key.")
    prefix: str = Field("ray_app", description="Begins the names of collections on a Qdrant server.")
    timeout_s: float = Field(30.0, gt=0, description="Longest wait for one answer of the store.")
    attempts: int = Field(
        8, gt=0, description="How often a run asks a store that does not answer for a passing reason, before it fails."
    )
    longest_wait_s: float = Field(
        30.0, ge=0, description="Longest wait between two such attempts; the first waits are shorter."
    )
    lock_wait_s: float = Field(
        10.0, ge=0, description="How long to wait for a process that opened the embedded index just now."
    )
    graph_threshold: int = Field(
        20_000,
        gt=0,
        description="Passages outside the HNSW graph before it is built anew; below that, scanning is as quick.",
    )


class SourceSettings(Group):
    """How places are listed and read."""

    attempts: int = Field(
        5, ge=1, description="Tries of a read or of a page of a listing that fails for a passing reason."
    )
    longest_wait_s: float = Field(
        30.0, gt=0, description="Longest wait between two tries; waits grow, and vary at random by up to a second."
    )
    timeout_s: float = Field(60.0, gt=0, description="Longest wait for a server's next bytes.")
    allow_private_addresses: bool = Field(
        False,
        description="Whether http(s) sources may lead to private, loopback, link-local and metadata addresses.",
    )
    local_folders: tuple[Path, ...] | None = Field(
        None,
        description="Folders of this machine that sources may lie in; unset: any. Set it where those who submit jobs, "
        "or put sources on record, may not read every file that the server can: other tenants' among them.",
    )
    passwords: dict[str, SecretStr] = Field(
        default_factory=dict,
        description='IMAP passwords as a JSON object, by the URL\'s user and host: `{"anna@mail.example.org": "..."}`.',
    )


class OriginalsSettings(Group):
    """Uploaded originals, and copies for sources that ask for them."""

    url: str | None = Field(
        None, description="Where copies are kept: an fsspec URL such as s3://bucket/originals; unset: in data_dir."
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


class PageSettings(Group):
    """Images of pages."""

    width: int = Field(1000, gt=0, description="Width in pixels where none is asked for.")
    max_width: int = Field(2400, gt=0, description="Largest width that may be asked for, in pixels.")
    timeout_s: float = Field(
        20.0, gt=0, description="Longest time, and most CPU time, for the image of one page; then the request fails."
    )


class EmbeddingSettings(Group):
    """The model that gives meaning its vectors."""

    model: str = Field(
        "sentence-transformers/all-MiniLM-L6-v2",
        description="A sentence-transformers model: a folder or a hub name. "
        "The default is English; for other languages name a multilingual one.",
    )
    sha256: str | None = Field(
        None, description="Refuse weights whose SHA-256 is another; the default model is always pinned."
    )
    backend: Literal["onnx", "torch"] | None = Field(
        None,
        description="What runs the model; unset: torch in an ingest on GPUs, else ONNX, the quicker on CPUs. "
        "Name torch for a model that cannot be exported to ONNX.",
    )
    batch_size: int | None = Field(
        None,
        gt=0,
        description="Passages in one forward pass; unset: 64 on a GPU, 8 with torch on a CPU, 2 with ONNX: "
        "small batches are hardly padded and stay in a core's cache.",
    )
    threads: int | None = Field(
        None,
        gt=0,
        description="CPU threads of one embedding worker; unset: 1 where memory allows a worker per CPU.",
    )
    device: str | None = Field(None, description="torch device such as cuda:1; unset: the GPU that Ray gives.")


class ChunkingSettings(Group):
    """How pages are cut into passages."""

    max_tokens: int | None = Field(
        None, ge=16, description="Longest passage in the model's tokens; unset: what the model reads at most."
    )
    overlap_tokens: int = Field(0, ge=0, description="Tokens that a passage repeats of the one before it.")


class OcrSettings(Group):
    """Reading images and scanned pages (OCR)."""

    engine: Literal["auto", "tesseract", "rapidocr", "off"] = Field(
        "auto",
        description="What reads images. auto: Tesseract where it and its languages are installed, else RapidOCR.",
    )
    languages: tuple[str, ...] = Field(
        ("eng", "dan"),
        min_length=1,
        description="Tesseract's names of the languages to expect; RapidOCR reads Latin letters in any language.",
    )
    max_pages: int = Field(
        50, gt=0, description="Most scanned pages and pictures of one document that are read by OCR."
    )
    timeout_s: float = Field(
        90.0,
        gt=0,
        description="After this time no further page of a document is read by OCR; keep it below parsing.cpu_s.",
    )


class ParsingSettings(Group):
    """Limits of the process that reads files."""

    timeout_s: float = Field(180.0, gt=0, description="Longest time for one document.")
    cpu_s: float = Field(
        120.0, gt=0, description="Most CPU time for one document: unlike time, it is the same on a busy machine."
    )
    start_wait_s: float = Field(
        120.0,
        ge=0,
        description="How long an ingest goes on trying where the parsing process cannot start, for want of memory say.",
    )
    memory_mb: int = Field(2048, ge=256, description="Most memory of the process that parses.")
    max_file_mb: int = Field(100, gt=0, description="Largest file that is read.")
    max_text_mb: int = Field(64, gt=0, description="Most text of one document; beyond it is a bomb.")
    max_children_mb: int = Field(
        512, gt=0, description="Most megabytes of files inside one document (attachments, members of an archive)."
    )
    max_depth: int = Field(
        3,
        ge=0,
        description="How many files deep files in files are opened: an attachment in a mail in an archive is 3.",
    )
    max_documents: int = Field(
        10_000,
        gt=0,
        description="Documents after which the parsing process is renewed, against leaks: it takes half a second.",
    )
    max_growth_mb: int = Field(
        1024, gt=0, description="Growth of its memory after which the parsing process is renewed."
    )
    passwords: tuple[SecretStr, ...] = Field(
        (), description="Passwords that are tried on protected PDF, Office and zip files, in this order."
    )
    archive_members: int = Field(10_000, gt=0, description="Most files in one archive; beyond it is a bomb.")
    archive_mb: int = Field(256, gt=0, description="Most megabytes that one archive expands to; beyond it is a bomb.")
    ocr: OcrSettings = OcrSettings()

    @field_serializer("passwords")
    def _masked(self, passwords: tuple[SecretStr, ...], info: FieldSerializationInfo) -> list[str]:
        """Passwords leave the process only where asked for: `model_dump_json(context={"secrets": True})`."""
        shown = bool(info.context and info.context.get("secrets"))
        return [password.get_secret_value() if shown else str(password) for password in passwords]


class ClassificationSettings(Group):
    """Labels before a classifier is trained."""

    descriptions: dict[str, str] = Field(
        default_factory=lambda: {
            "invoice": "an invoice or bill with amounts to pay, due date and bank account",
            "contract": "a contract or agreement between parties with clauses, terms and signatures",
            "cv": "a curriculum vitae: a person's education, work experience and skills",
            "letter": "a letter from one person or company to another",
            "report": "a report with findings, figures, analysis and conclusions",
            "minutes": "minutes of a meeting: participants, agenda, decisions and actions",
            "policy": "a policy: rules that employees must follow",
            "technical-note": "a technical note: how a device or a system works and is configured",
        },
        description="Label: description. Used to classify by meaning until a classifier is trained.",
    )
    zero_shot_temperature: float = Field(
        0.05, gt=0, description="Sharpness of probabilities by description: small is sure, large is even."
    )


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


class SearchSettings(Group):
    """How searches are answered."""

    fusion: Literal["dbsf", "rrf"] = Field(
        "dbsf", description="How words and meaning are merged: by scores (dbsf) or by ranks (rrf)."
    )
    candidates: int = Field(
        100, ge=10, description="Passages that words and meaning each put forward before they are merged."
    )
    max_limit: int = Field(100, gt=0, description="Most hits of one search.")
    max_passages: int = Field(10, gt=0, description="Most passages of one document in a hit.")
    window: int = Field(
        500,
        gt=0,
        le=2000,
        description="Documents that one can page through by relevance, and among which a search with a query is sorted "
        "by date: each further page looks at more candidates.",
    )
    diversity_candidates: int = Field(
        50, gt=0, description="Documents among which a search with `diversity` chooses: their vectors are read."
    )
    sentences: bool = Field(
        False,
        description="Whether hits mark the sentence closest in meaning where a search does not say: it is embedded for "
        "that, with all others of the passages shown.",
    )
    max_sentences: int = Field(
        64, gt=0, description="Most sentences that are embedded for one answer; passages beyond have none marked."
    )
    max_filter_depth: int = Field(8, gt=0, description="How deep and, or, not may be nested in a filter.")
    max_filter_conditions: int = Field(100, gt=0, description="Most conditions of one filter.")
    max_filter_values: int = Field(1000, gt=0, description="Most values that one condition may list.")
    suggestions: int = Field(
        200, gt=0, description="Documents whose titles and words are read for one list of suggestions."
    )
    reranker: str | None = Field(
        None,
        description="A sentence-transformers cross-encoder that judges the best hits once more: a folder or a hub "
        "name; unset: none, since it reads each passage with the query, which takes a CPU seconds.",
    )
    rerank_candidates: int = Field(30, gt=0, description="Hits that the reranker judges.")
    near_duplicate: Fraction = Field(
        0.8, description="Share of the wording from which two documents are called near-duplicates."
    )
    facet_values: int = Field(20, gt=0, description="Most values counted per facet.")


class AnswerSettings(Group):
    """Answers with citations."""

    url: str | None = Field(
        None,
        description="An OpenAI-compatible endpoint such as http://localhost:11434/v1 whose model writes answers; "
        "questions and passages are sent to it. Unset: answers are sentences of the documents, and no model is needed.",
    )
    model: str = Field("default", description="The model's name at that endpoint.")
    api_key: SecretStr | None = Field(None, description="The endpoint's API key.")
    timeout_s: float = Field(60.0, gt=0, description="Longest time for one answer of the endpoint, from first to last.")
    attempts: int = Field(2, gt=0, description="Tries of a request that the endpoint refuses for a passing reason.")
    max_tokens: int | None = Field(
        600, gt=0, description="Most tokens of a written answer; null: as many as the endpoint allows."
    )
    temperature: float | None = Field(
        0.0, ge=0, description="The model's temperature; null for endpoints that let nobody choose it."
    )
    max_question_chars: int = Field(2000, gt=0, description="Longest question.")
    passages: int = Field(
        8, gt=0, le=50, description="Passages that an answer is made from: more take longer, and distract a model."
    )
    sentences: int = Field(3, gt=0, description="Most sentences of an answer without a model.")
    max_sentences: int = Field(
        64, gt=0, description="Most sentences that are embedded to find those: each takes milliseconds."
    )
    min_support: Fraction = Field(
        0.45,
        description="How well a sentence must fit the question to count as an answer: the mean of the cosine and of "
        "the share of the question's words in it.",
    )


class ServingSettings(Group):
    """The HTTP API."""

    host: str = Field("127.0.0.1", description="Address that the HTTP API listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port of the HTTP API.")
    replicas: int = Field(1, gt=0, description="HTTP replicas.")
    max_ongoing_requests: int = Field(100, gt=0, description="Requests that one replica works on at a time.")
    max_queued_requests: int = Field(200, gt=0, description="Requests that wait; more are answered with 503.")
    max_texts: int = Field(256, gt=0, description="Most texts of one embeddings or classification request.")
    max_text_chars: int = Field(200_000, gt=0, description="Longest text of such a request.")
    batch_wait_s: float = Field(0.005, ge=0, description="How long the embedding deployment fills a batch.")
    max_body_mb: int = Field(
        16,
        gt=0,
        description="Largest body of a request that carries no file: room for a book's text, while a hundred at a time "
        "still fit into memory. A body with a file may be as large as parsing.max_file_mb, and 1 MB more.",
    )
    max_header_kb: int = Field(
        16, gt=0, description="Most kilobytes of a request's headers: a token that names very many groups takes a few."
    )
    public_url: str | None = Field(
        None, description="Where people reach the API, for links in invitations; unset: as the request was addressed."
    )


class OidcSettings(Group):
    """Tokens of an OpenID Connect provider (JWT). Off until `issuer` is set."""

    issuer: str | None = Field(None, description="The provider's issuer, exactly as tokens name it (`iss`).")
    audience: str | None = Field(
        None, description="What tokens must be meant for (`aud`): without it, tokens for other services would do."
    )
    jwks_url: str | None = Field(
        None, description="Where the provider's public keys are; unset: asked of the issuer's discovery document."
    )
    algorithms: tuple[Signature, ...] = Field(
        ("RS256", "ES256"), min_length=1, description="Signatures that are accepted; all by a private key."
    )
    leeway_s: int = Field(60, ge=0, le=600, description="By how much the provider's clock may differ.")
    keys_s: float = Field(
        3600.0, gt=0, description="How long fetched keys are believed; an unknown key is asked for at once."
    )
    refetch_s: float = Field(
        10.0,
        ge=0,
        description="Least time between two such questions, so that made-up tokens do not flood it.",
    )
    timeout_s: float = Field(5.0, gt=0, description="Longest wait for the provider.")
    name_claim: str = Field("preferred_username", description="The claim with a name for people; else `sub` is shown.")
    tenant_claim: str | None = Field(
        None, description="The claim that names the tenant; unset: everyone belongs to the setting `tenant`."
    )
    groups_claim: str = Field("groups", description="The claim with access groups; dots lead into objects.")
    roles_claim: str = Field("roles", description="The claim with roles, such as realm_access.roles.")
    roles: dict[str, Role] = Field(
        default_factory=lambda: dict[str, Role](reader="reader", editor="editor", admin="admin"),
        description="What the provider calls a role: what it is here. The highest counts.",
    )
    default_role: Role | None = Field(None, description="The role of who has none of these; unset: they are refused.")

    @field_validator("issuer", "jwks_url")
    @classmethod
    def _is_secure(cls, url: str | None) -> str | None:
        """Whoever can change the keys on their way can be anybody."""
        parts = urlsplit(url or "https:")
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise ValueError("must begin with https://, or with http:// on this machine")
        return url


class AuthSettings(Group):
    """Who may do what over HTTP."""

    mode: Literal["open", "required"] = Field(
        "open",
        description="open: everyone is an administrator, so the API listens on loopback only; required: each request "
        "needs an API key or a token.",
    )
    key_use_s: float = Field(
        60.0, ge=0, description="How exact a key's time of last use is: more would be a write for each request."
    )
    key_days: int | None = Field(
        None, gt=0, description="After how many days a new key ends that is not told otherwise; unset: never."
    )
    invitation_hours: int = Field(72, gt=0, description="How long an invitation can be redeemed: a long weekend.")
    requests_per_minute: int | None = Field(
        600,
        gt=0,
        description="Most requests of one caller in any minute: ten a second is more than a person's typing, and less "
        "than one replica answers. Counted by each replica unless redis_url is set; unset: no limit.",
    )
    redis_url: SecretStr | None = Field(
        None, description="A Redis server where all replicas count together, such as redis://:password@host:6379/0."
    )
    audit_days: int = Field(365, gt=0, description="How long the audit log of changes is kept.")
    oidc: OidcSettings = OidcSettings()


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


class ClientSettings(Group):
    """Commands that ask a running server."""

    url: str | None = Field(
        None, description="The server to ask, such as https://search.example.org; unset: the one over this data_dir."
    )
    timeout_s: float = Field(60.0, gt=0, description="Longest wait for an answer, or for a stream's next event.")
    api_key: SecretStr | None = Field(
        None, description="The API key that `ray-app search` sends; the variable RAY_APP_API_KEY is read too."
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


class Settings(BaseSettings):
    """All settings."""

    model_config = SettingsConfigDict(env_prefix="RAY_APP_", env_nested_delimiter="__", extra="forbid", frozen=True)

    data_dir: Path = Field(
        default_factory=lambda: user_data_path("ray-app"),
        description="Where the embedded index, models and runs live; on Linux, ~/.local/share/ray-app unless set.",
    )
    config_file: Path | None = Field(
        None, description="The YAML file with settings, as --config names it; jobs are handed it."
    )
    tenant: str = Field("default", min_length=1, description="Tenant of documents and searches.")
    tenant_fixed: bool = Field(
        False, description="Set for the process of a job: it works for its tenant only, whatever its arguments say."
    )
    store: StoreSettings = StoreSettings()
    sources: SourceSettings = SourceSettings()
    originals: OriginalsSettings = OriginalsSettings()
    uploads: UploadSettings = UploadSettings()
    pages: PageSettings = PageSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    chunking: ChunkingSettings = ChunkingSettings()
    parsing: ParsingSettings = ParsingSettings()
    classification: ClassificationSettings = ClassificationSettings()
    ingest: IngestSettings = IngestSettings()
    search: SearchSettings = SearchSettings()
    answer: AnswerSettings = AnswerSettings()
    serving: ServingSettings = ServingSettings()
    auth: AuthSettings = AuthSettings()
    jobs: JobSettings = JobSettings()
    events: EventSettings = EventSettings()
    delivery: DeliverySettings = DeliverySettings()
    smtp: SmtpSettings = SmtpSettings()
    client: ClientSettings = ClientSettings()
    logging: LoggingSettings = LoggingSettings()
    ray: RaySettings = RaySettings()

    def of_tenant(self, tenant: str | None) -> Self:
        """These settings for another tenant; None leaves them. Raises ConfigurationError where it is fixed."""
        if tenant in (None, self.tenant):
            return self
        if self.tenant_fixed:
            raise ConfigurationError(f"this job works for the tenant {self.tenant!r}, not for {tenant!r}")
        return self.model_copy(update={"tenant": tenant})

    @property
    def index_dir(self) -> Path:
        """The embedded index."""
        return self.data_dir / "index"

    @property
    def settle_s(self) -> float:
        """How old events are before they are told; one process writes to an embedded index, and needs no wait."""
        return self.events.settle_s if self.store.url else 0.0

    @property
    def models_dir(self) -> Path:
        """Classifiers, and what is derived from embedding models."""
        return self.data_dir / "models"

    @property
    def originals_url(self) -> str:
        """Where copies of originals are kept."""
        return self.originals.url or str(self.data_dir / "originals")

    @property
    def runs_dir(self) -> Path:
        """The log files of runs."""
        return self.data_dir / "runs"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment before file: `load` hands the file's values in as initial ones."""
        key = os.environ.get("RAY_APP_API_KEY")
        short = InitSettingsSource(settings_cls, {"client": {"api_key": key}} if key else {})
        return env_settings, short, init_settings

    @classmethod
    def load(cls, config: Path | None = None) -> Self:
        """Reads environment and file. Raises ConfigurationError, naming the setting at fault."""
        named = config or os.environ.get("RAY_APP_CONFIG_FILE")
        path = Path(named).expanduser().absolute() if named else None
        values: dict[str, Any] = _read_yaml(path) if path else {}
        try:
            settings = cls(**values)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"])
            raise ConfigurationError(f"setting {name}: {first['msg']}") from error
        return settings.model_copy(update={"data_dir": settings.data_dir.expanduser().absolute(), "config_file": path})


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise ConfigurationError(f"cannot read the settings file {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(values, dict):
        raise ConfigurationError(f"{path} must hold a mapping of settings")
    return values
