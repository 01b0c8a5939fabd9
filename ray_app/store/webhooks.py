"""Where events are sent to, and how far each receiver has come: webhooks, and the mails that the settings ask for.

A webhook's secret stands in its record as it is: a signature is made with the secret itself.
"""

from __future__ import annotations

import base64
import secrets
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ray_app.errors import ConfigurationError, NotFoundError
from ray_app.records import record_id
from ray_app.store.collections import REGISTRY
from ray_app.store.events import Topic
from ray_app.store.keys import Groups, new_id
from ray_app.store.paging import scroll_all
from ray_app.store.points import now
from ray_app.store.protocol import AnyOf, Filter, Found, Point, Reader, Store

_KIND = "webhook"
_MAILING = "mailing"
_SECRET_BYTES = 32


class Progress(BaseModel):
    """How far a receiver has come: `cursor` is the last event that it has, or that is not for it.

    `failing_since` (ISO 8601, UTC) is when the event after that was first not delivered, `attempts` how often since.
    """

    model_config = ConfigDict(frozen=True)

    cursor: str
    failing_since: str | None = None
    attempts: int = 0
    last_error: str = ""
    delivered: str | None = None


class Webhook(Progress):
    """A receiver of a tenant's events: those that whoever made it may see. Without topics it gets all."""

    id: str
    tenant: str
    groups: Groups
    url: Annotated[str, Field(max_length=2000)]
    topics: tuple[Topic, ...] = ()
    secret: str
    state: Literal["active", "disabled"] = "active"
    created: str
    created_by: str


async def add_webhook(
    store: Store,
    *,
    tenant: str,
    groups: Groups,
    url: str,
    topics: tuple[Topic, ...],
    created_by: str,
    cursor: str,
    most: int,
) -> Webhook:
    """A new one with its secret. Raises ConfigurationError where the tenant has as many as it may."""
    if len(await list_webhooks(store, tenant)) >= most:
        raise ConfigurationError(f"there are {most} webhooks already (setting delivery.max_webhooks): delete one first")
    webhook = Webhook(
        id=new_id(),
        tenant=tenant,
        groups=groups,
        url=url,
        topics=topics,
        secret=f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}",
        created=now(),
        created_by=created_by,
        cursor=cursor,
    )
    await store.upsert(REGISTRY, [Point(webhook_point(webhook.id), {"kind": _KIND, **webhook.model_dump(mode="json")})])
    return webhook


async def list_webhooks(store: Reader, tenant: str | None = None) -> list[Webhook]:
    """Those of a tenant or of all, the oldest first."""
    which = Filter([AnyOf("kind", [_KIND])])
    if tenant is not None:
        which = which.and_(AnyOf("tenant", [tenant]))
    found = await scroll_all(store, REGISTRY, which)
    return sorted(map(_webhook, found), key=lambda webhook: (webhook.created, webhook.id))


async def find_webhook(store: Reader, tenant: str, identity: str) -> Webhook:
    """Raises NotFoundError."""
    found = await store.retrieve(REGISTRY, [webhook_point(identity)])
    if not found or found[0].payload["tenant"] != tenant:
        raise NotFoundError(f"there is no webhook {identity!r}")
    return _webhook(found[0])


async def remove_webhook(store: Store, tenant: str, identity: str) -> Webhook:
    """Nothing is sent to it from then on. Raises NotFoundError."""
    webhook = await find_webhook(store, tenant, identity)
    await store.delete(REGISTRY, [webhook_point(identity)])
    return webhook


async def set_state(store: Store, identity: str, state: Literal["active", "disabled"]) -> None:
    """Disabled ones are sent nothing; one that is active again goes on where it stopped."""
    again = {"failing_since": None, "attempts": 0} if state == "active" else {}
    await store.set_payload(REGISTRY, [webhook_point(identity)], {"state": state, **again})


async def mailing(store: Store, cursor: str) -> Progress:
    """How far the mails have come; where none was ever sent, they begin at the cursor."""
    found = await store.retrieve(REGISTRY, [mailing_point()])
    if found:
        return Progress.model_validate(found[0].payload)
    progress = Progress(cursor=cursor)
    await store.upsert(REGISTRY, [Point(mailing_point(), {"kind": _MAILING, **progress.model_dump()})])
    return progress


async def forget_mailing(store: Store) -> None:
    """When mails are wanted again, they begin with what happens then."""
    await store.delete(REGISTRY, [mailing_point()])


async def note_progress(store: Store, point: str, progress: Progress) -> None:
    """Writes how far the receiver with this point has come; one that was removed stays removed."""
    await store.set_payload(REGISTRY, [point], progress.model_dump(include=set(Progress.model_fields)))


def webhook_point(identity: str) -> str:
    """The id of its point."""
    return record_id(_KIND, identity)


def mailing_point() -> str:
    """The id of the point of the mails."""
    return record_id(_MAILING, "")


def _webhook(found: Found) -> Webhook:
    return Webhook.model_validate(found.payload)
