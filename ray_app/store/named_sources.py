"""Sources on record: a place under a name, with what is wanted of it, who may see it, and when it is crawled.

A record holds no secret: passwords and keys come from the settings and the environment.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

from cronsim import CronSim, CronSimError
from pydantic import BaseModel, ConfigDict, Field, field_validator

from ray_app.errors import NotFoundError
from ray_app.records import Selection, record_id
from ray_app.store.collections import DOCUMENTS, EVENT, REGISTRY
from ray_app.store.points import now
from ray_app.store.protocol import AnyOf, Filter, Found, Point, Reader, Store

_KIND = "source"
_PAGE = 256
# Names of sources that the index counts; where there are more, those beyond are seen by nobody.
_MOST_SOURCES = 10_000


class NamedSource(BaseModel):
    """One source of a tenant. Without `groups` it is open to the whole tenant, without `languages` (ISO 639-1) to all.

    `schedule` is cron's five fields, in UTC. Times are ISO 8601; `crawled` is when the last crawl that
    finished began.
    """

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, Field(pattern=r"^\w[\w.-]{0,99}$")]
    tenant: str
    uri: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    max_mb: Annotated[int, Field(gt=0)] | None = None
    groups: tuple[str, ...] = ()
    languages: tuple[Annotated[str, Field(pattern="^[a-z]{2}$")], ...] = ()
    schedule: str | None = None
    keep_originals: bool = False
    created: str = ""
    updated: str = ""
    crawled: str | None = None

    @field_validator("schedule")
    @classmethod
    def _is_cron(cls, schedule: str | None) -> str | None:
        if schedule is not None:
            try:
                CronSim(schedule, datetime.now(UTC))
            except CronSimError as error:
                raise ValueError(f"{schedule!r} is not cron's five fields, such as 0 3 * * *: {error}") from error
        return schedule

    @field_validator("uri")
    @classmethod
    def _holds_no_password(cls, uri: str) -> str:
        if "@" in uri and urlsplit(uri).password:
            raise ValueError("a password does not belong in a URL")
        return uri

    @property
    def selection(self) -> Selection:
        """Which of its files are wanted."""
        return Selection(self.include, self.exclude, self.types, self.max_mb << 20 if self.max_mb else None)


def is_due(source: NamedSource, at: datetime) -> bool:
    """Whether its schedule asks for a crawl at this time (with its zone); never, where it has no schedule."""
    if not source.schedule:
        return False
    if not source.crawled:
        return True
    return next(CronSim(source.schedule, datetime.fromisoformat(source.crawled).astimezone(UTC))) <= at


async def save_source(store: Store, source: NamedSource) -> NamedSource:
    """Writes or replaces the record; returns it with its times. A replaced one keeps when it was made and crawled."""
    found = await store.retrieve(REGISTRY, [_id(source.tenant, source.name)], fields=["created", "crawled"])
    old = found[0].payload if found else {}
    saved = source.model_copy(
        update={
            "created": old.get("created") or now(),
            "updated": now(),
            "crawled": source.crawled or old.get("crawled"),
        }
    )
    payload = {"kind": _KIND, **saved.model_dump(mode="json")}
    await store.upsert(REGISTRY, [Point(_id(source.tenant, source.name), payload)])
    return saved


async def get_source(store: Store, tenant: str, name: str) -> NamedSource:
    """The record. Raises NotFoundError."""
    found = await store.retrieve(REGISTRY, [_id(tenant, name)])
    if not found:
        raise NotFoundError(f"no source is named {name}: ray-app sources list shows all")
    return NamedSource.model_validate(found[0].payload)


async def list_sources(store: Reader, tenant: str) -> list[NamedSource]:
    """Every record of a tenant, by name."""
    of_tenant = Filter([AnyOf("kind", [_KIND]), AnyOf("tenant", [tenant])])
    found, offset = await store.scroll(REGISTRY, filter=of_tenant, limit=_PAGE)
    while offset is not None:
        page, offset = await store.scroll(REGISTRY, filter=of_tenant, limit=_PAGE, offset=offset)
        found += page
    return sorted((NamedSource.model_validate(one.payload) for one in found), key=lambda source: source.name)


async def allowed_languages(store: Reader, tenant: str) -> dict[str, tuple[str, ...]]:
    """The languages that sources take, by name, of those that do not take all."""
    return {one.name: one.languages for one in await list_sources(store, tenant) if one.languages}


async def remove_source(store: Store, tenant: str, name: str) -> None:
    """Removes the record, and with it the restriction to its groups: remove its documents first. Its events go too."""
    told = Filter([AnyOf("kind", [EVENT]), AnyOf("tenant", [tenant]), AnyOf("source", [name])])
    while events := (await store.scroll(REGISTRY, filter=told, limit=_PAGE, fields=[]))[0]:
        await store.delete(REGISTRY, [one.id for one in events])
    await store.delete(REGISTRY, [_id(tenant, name)])


async def documents_of(store: Store, tenant: str, name: str) -> AsyncIterator[list[Found]]:
    """All places of a source, wherever they lie, page by page."""
    of_source = Filter([AnyOf("tenant", [tenant]), AnyOf("source", [name])])
    offset = None
    while True:
        page, offset = await store.scroll(DOCUMENTS, filter=of_source, limit=_PAGE, offset=offset)
        yield page
        if offset is None:
            return


async def set_crawled(store: Store, tenant: str, name: str, began: str) -> None:
    """Notes when the last crawl that finished began; a record that is gone stays gone."""
    await store.set_payload(REGISTRY, [_id(tenant, name)], {"crawled": began})


async def hidden_sources(store: Reader, tenant: str, groups: Collection[str] | None) -> set[str]:
    """The names of the sources that a caller with these groups may not see; None of groups sees all."""
    if groups is None:
        return set()
    return _hidden(await list_sources(store, tenant), groups)


async def visible_sources(store: Reader, tenant: str, groups: Collection[str]) -> list[str] | None:
    """The names of the sources that a caller with these groups may see; None where none is hidden from them.

    A source without groups is open to the tenant, also one that documents name and no record does.
    """
    records = await list_sources(store, tenant)
    hidden = _hidden(records, groups)
    if not hidden:
        return None
    of_tenant = Filter([AnyOf("tenant", [tenant])])
    counted = await store.facet(DOCUMENTS, "source", filter=of_tenant, limit=_MOST_SOURCES)
    names = {name for name, _ in counted} | {source.name for source in records}
    return sorted(names - hidden)


def _hidden(records: list[NamedSource], groups: Collection[str]) -> set[str]:
    return {source.name for source in records if source.groups and not set(source.groups) & set(groups)}


def _id(tenant: str, name: str) -> str:
    return record_id(_KIND, f"{tenant}\n{name}")
