"""Webhooks of the caller's tenant: where events are sent to."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from ray_app.serving.delivery_receivers import check_url
from ray_app.serving.schemas import Body
from ray_app.serving.services import AuditOf, CallerOf, ServicesOf, requires
from ray_app.store.events import Topic, end_of_log
from ray_app.store.webhooks import Webhook, add_webhook, find_webhook, list_webhooks, remove_webhook, set_state

router = APIRouter(prefix="/v1", tags=["events"], dependencies=[requires("admin")])


class WebhookBody(Body):
    """Where to send which events."""

    url: Annotated[str, Field(max_length=2000)] = Field(description="https:// with a public address.")
    topics: list[Topic] = Field([], description="Only these; left out: all of them.")


class WebhookOut(BaseModel):
    """A webhook. Times are ISO 8601, UTC. `groups` are those of whoever made it: what they may see is sent."""

    id: str
    url: str
    topics: list[Topic]
    groups: list[str] | None
    state: Literal["active", "disabled"]
    created: str
    created_by: str
    delivered: str | None = Field(description="When it last took an event.")
    failing_since: str | None = Field(description="Since when it does not take the next one.")
    attempts: int = Field(description="How often that was tried.")
    last_error: str


class NewWebhook(WebhookOut):
    """A webhook with the secret of its signatures, which is shown this once."""

    secret: str


@router.post("/webhooks", status_code=201)
async def create_webhook(body: WebhookBody, services: ServicesOf, caller: CallerOf, audit: AuditOf) -> NewWebhook:
    """Send events to a URL from now on, as https://www.standardwebhooks.com says: signed, in order, each at least once.

    It gets the events that the caller may see. Its `webhook-id` is the event's id: by it, a receiver knows what it
    has already.
    """
    settings = services.settings
    webhook = await add_webhook(
        services.store,
        tenant=caller.scope.tenant,
        groups=caller.scope.groups,
        url=check_url(body.url, settings.delivery),
        topics=tuple(body.topics),
        created_by=caller.id,
        cursor=await end_of_log(services.store, settle_s=settings.settle_s),
        most=settings.delivery.max_webhooks,
    )
    await audit("webhook.create", webhook.id)
    return NewWebhook(**_webhook(webhook).model_dump(), secret=webhook.secret)


@router.get("/webhooks")
async def webhooks(services: ServicesOf, caller: CallerOf) -> list[WebhookOut]:
    """The webhooks of the caller's tenant, the oldest first."""
    return [_webhook(one) for one in await list_webhooks(services.store, caller.scope.tenant)]


@router.delete("/webhooks/{webhook_id}", status_code=204)
async def delete_webhook(webhook_id: str, services: ServicesOf, caller: CallerOf, audit: AuditOf) -> Response:
    """Send nothing there any more."""
    await remove_webhook(services.store, caller.scope.tenant, webhook_id)
    await audit("webhook.delete", webhook_id)
    return Response(status_code=204)


@router.post("/webhooks/{webhook_id}/enable")
async def enable_webhook(webhook_id: str, services: ServicesOf, caller: CallerOf, audit: AuditOf) -> WebhookOut:
    """Go on where a webhook was disabled: it gets all events since, as far as they are still kept."""
    await find_webhook(services.store, caller.scope.tenant, webhook_id)
    await set_state(services.store, webhook_id, "active")
    await audit("webhook.enable", webhook_id)
    return _webhook(await find_webhook(services.store, caller.scope.tenant, webhook_id))


def _webhook(webhook: Webhook) -> WebhookOut:
    return WebhookOut(**webhook.model_dump(include=set(WebhookOut.model_fields)))
