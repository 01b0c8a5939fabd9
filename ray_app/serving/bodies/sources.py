"""What is said of sources on record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, Field

from ray_app.records import When
from ray_app.serving.schemas import Body
from ray_app.sources.selection import Unwanted
from ray_app.store.named_sources import NamedSource, is_due

SourceName = Annotated[str, Field(pattern=r"^\w[\w.-]{0,99}$")]


class SourceBody(Body):
    """A place, and what is wanted of it."""

    uri: str = Field(description="Folder, file, or URL: s3://, gs://, az://, https://, zip://, imaps://...")
    include: list[str] = Field([], description="Only files like this, as in .gitignore.")
    exclude: list[str] = Field([], description="No files like this, as in .gitignore.")
    types: list[str] = Field([], description="Only these media types or suffixes.")
    max_mb: Annotated[int, Field(gt=0)] | None = Field(None, description="No larger files.")
    groups: list[str] = Field([], description="Access groups that see it; none: the whole tenant.")
    languages: list[Annotated[str, Field(pattern="^[a-z]{2}$")]] = Field(
        [], description="Only documents in these languages (ISO 639-1); none: in any."
    )
    schedule: str | None = Field(None, description="When to crawl it: cron's five fields, in UTC.")
    keep_originals: bool = Field(False, description="Keep a copy of every file.")


class NewSource(SourceBody):
    """A source with its name."""

    name: SourceName


class CrawlBody(Body):
    """How to crawl."""

    force: bool = Field(False, description="Delete even where most of the source is gone.")
    embed: When = Field("now", description="Vectors and labels now, or later, by a backfill.")


class FileOut(BaseModel):
    """A file of a place. `path` is below the place."""

    path: str
    size: int


class SourceTrial(BaseModel):
    """What would come in from a place."""

    uri: str = Field(description="The place's absolute URI.")
    files: list[FileOut] = Field(description="The first that are wanted.")
    wanted: int
    left_out: dict[Unwanted, int] = Field(description="Files that are not wanted, by why not.")
    whole: bool = Field(description="False where there is more than setting sources.check_s lets one look through.")
    read: int | None = Field(description="Bytes of the first small file, which was read; null where there is none.")


class SourceOut(SourceBody):
    """A source on record. Times are ISO 8601; `due` tells whether its schedule asks for a crawl."""

    name: str
    groups: list[str] | None = Field(  # type: ignore[assignment]
        None, description="Access groups that see it; null for those who are no administrators."
    )
    created: str
    updated: str
    crawled: str | None
    due: bool


class Sources(BaseModel):
    """The sources that the caller may see, by name."""

    sources: list[SourceOut]


def told(source: NamedSource, *, groups: bool) -> SourceOut:
    """The record as it is shown; its access groups only where asked for."""
    shown = source.model_dump(exclude={"tenant", "groups"}, mode="json")
    return SourceOut(**shown, groups=list(source.groups) if groups else None, due=is_due(source, datetime.now(UTC)))
