"""Where documents and the index lie."""

from __future__ import annotations

from pathlib import Path

from pydantic import (
    Field,
    SecretStr,
)

from ray_app.settings.group import Group


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
        description="Folders of this machine that sources, and labels files, may lie in; unset: any. Set it where "
        "those who submit jobs, or put sources on record, may not read every file that the server can: other "
        "tenants' among them.",
    )
    check_s: float = Field(
        10.0, gt=0, description="How long a place is looked through when somebody asks what would come in from it."
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
