"""Those who are sent events: webhooks, signed as standardwebhooks.com says, and the mailbox of the settings."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import aiohttp
import aiosmtplib
from standardwebhooks import Webhook as Signer
from yarl import URL

from ray_app import __version__
from ray_app.errors import ConfigurationError
from ray_app.settings import DeliverySettings, Settings, SmtpSettings
from ray_app.sources.http import connector, is_public
from ray_app.store.events import Event, Topic, append_events, new_event
from ray_app.store.protocol import Store
from ray_app.store.scope import Scope
from ray_app.store.webhooks import (
    Progress,
    Webhook,
    list_webhooks,
    mailing,
    mailing_point,
    set_state,
    webhook_point,
)

_SETTING = "delivery.allow_private_addresses"
_GONE = 410  # a receiver's way of saying that it wants no more
_LONGEST_DETAIL = 300


class NotDeliveredError(Exception):
    """The receiver does not have the event; where it is `final`, trying again is of no use."""

    def __init__(self, detail: str, *, final: bool = False) -> None:
        super().__init__(detail[:_LONGEST_DETAIL])
        self.final = final


@dataclass(frozen=True, slots=True)
class Receiver:
    """One who is sent events, one after the other, the next when it has the one before.

    `send` raises NotDeliveredError. `give_up` is called when that went on for too long, with the last detail; it
    tells whether to go on with the next event.
    """

    point: str
    scope: Scope
    topics: tuple[Topic, ...]
    progress: Progress
    send: Callable[[Event], Awaitable[None]]
    give_up: Callable[[str], Awaitable[bool]]


async def receivers(store: Store, settings: Settings, session: aiohttp.ClientSession, end: str) -> list[Receiver]:
    """All who are to be sent events now. Mails that were never sent before begin at the end of the log."""
    found = [_of_webhook(one, store, session) for one in await list_webhooks(store) if one.state == "active"]
    if sends_mail(settings.smtp):
        found.append(_of_mailbox(await mailing(store, end), settings))
    return found


def sends_mail(smtp: SmtpSettings) -> bool:
    """Whether the settings ask for mails."""
    return bool(smtp.host and smtp.to)


def open_session(settings: DeliverySettings) -> aiohttp.ClientSession:
    """For webhooks: connects to allowed addresses only, keeps no cookies, uses no proxy of the environment."""
    return aiohttp.ClientSession(
        connector=connector(allow_private=settings.allow_private_addresses, setting=_SETTING),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=settings.timeout_s),
        headers={"User-Agent": f"ray-app/{__version__}"},
    )


def check_url(url: str, settings: DeliverySettings) -> str:
    """A webhook's URL in its normal form. Raises ConfigurationError where events may not be sent there.

    What a name stands for is looked at whenever something is sent.
    """
    try:
        parsed = URL(url)
    except ValueError as error:
        raise ConfigurationError(f"{url!r} is no URL: {error}") from error
    schemes = ("https", "http") if settings.allow_private_addresses else ("https",)
    if parsed.scheme not in schemes or not parsed.host:
        raise ConfigurationError(f"a webhook's URL begins with https:// and names a host (setting {_SETTING})")
    if parsed.user or parsed.password:
        raise ConfigurationError("a password does not belong in a webhook's URL: its signature tells who sends")
    if not settings.allow_private_addresses and _is_private(parsed.host):
        raise ConfigurationError(f"{parsed.host} is not a public address (setting {_SETTING})")
    return str(parsed.with_fragment(None))


def signed(secret: str, event: Event) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a request that tells an event, by the Standard Webhooks specification."""
    body = json.dumps({"type": event.topic, "timestamp": event.at, "data": event.model_dump(mode="json")})
    at = datetime.now(UTC)
    return body.encode(), {
        "Content-Type": "application/json",
        "webhook-id": event.id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Signer(secret).sign(event.id, at, body),
    }


def mail_about(event: Event, smtp: SmtpSettings) -> EmailMessage:
    """What people are told of a job's end."""
    data = event.data
    mail = EmailMessage()
    mail["From"], mail["To"] = smtp.sender, ", ".join(smtp.to)
    mail["Subject"] = f"ray-app: {data.get('job', 'job')} {data.get('run', '')} {data.get('state', '')}"
    mail["Message-ID"] = f"<{event.id}@ray-app>"  # a mail that is sent twice is known as the same
    mail["Date"] = datetime.fromisoformat(event.at)
    mail.set_content("\n".join(_lines(event)) + "\n")
    return mail


def _lines(event: Event) -> list[str]:
    data: dict[str, Any] = event.data
    source = [f"Source: {event.source}"] if event.source else []
    seconds = [f"Seconds: {data['seconds']:.0f}"] if "seconds" in data else []
    counts = [f"{name}: {count}" for name, count in data.get("counts", {}).items()]
    reasons = [f"quarantined, {reason}: {count}" for reason, count in data.get("reasons", {}).items()]
    detail = [data["detail"]] if data.get("detail") else []
    head = f"{data.get('job', 'job')} {data.get('run', '')}: {data.get('state', '')} ({event.at})"
    return [head, *source, *seconds, *counts, *reasons, *detail]


def _of_webhook(webhook: Webhook, store: Store, session: aiohttp.ClientSession) -> Receiver:
    async def send(event: Event) -> None:
        body, headers = signed(webhook.secret, event)
        try:
            async with session.post(webhook.url, data=body, headers=headers, allow_redirects=False) as response:
                status = response.status
        except aiohttp.ClientConnectorError as error:  # its own words leave out why
            raise NotDeliveredError(f"{webhook.url}: {error.os_error}") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise NotDeliveredError(f"{type(error).__name__}: {error}") from error
        if not 200 <= status < 300:
            raise NotDeliveredError(f"the receiver answered with status {status}", final=status == _GONE)

    async def give_up(detail: str) -> bool:
        await set_state(store, webhook.id, "disabled")
        data = {"webhook": webhook.id, "state": "disabled", "detail": detail}
        await append_events(store, [new_event("webhook", tenant=webhook.tenant, data=data)])
        return False

    scope = Scope(webhook.tenant, webhook.groups)
    return Receiver(webhook_point(webhook.id), scope, webhook.topics, webhook, send, give_up)


def _of_mailbox(progress: Progress, settings: Settings) -> Receiver:
    smtp = settings.smtp

    async def send(event: Event) -> None:
        if event.data.get("state") not in smtp.states:
            return
        try:
            await aiosmtplib.send(
                mail_about(event, smtp),
                hostname=smtp.host,
                port=smtp.port,
                username=smtp.user,
                password=smtp.password.get_secret_value() if smtp.password else None,
                use_tls=smtp.security == "tls",
                start_tls=smtp.security == "starttls",
                timeout=settings.delivery.timeout_s,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise NotDeliveredError(f"{type(error).__name__}: {error}") from error

    async def give_up(detail: str) -> bool:
        return True  # the next mail may be better off

    return Receiver(mailing_point(), Scope(settings.tenant), ("job",), progress, send, give_up)


def _is_private(host: str) -> bool:
    try:
        return not is_public(host)
    except ValueError:  # a name
        return host == "localhost" or host.endswith(".localhost")
