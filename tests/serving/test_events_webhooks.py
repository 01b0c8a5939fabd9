"""Webhooks and mails: signed, tried again, in order, each at least once, whatever dies."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiosmtpd.controller import Controller
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from ray_app.errors import ConfigurationError
from ray_app.serving.delivery import delivering
from ray_app.serving.delivery_receivers import check_url
from ray_app.settings import AuthSettings, DeliverySettings, SmtpSettings
from ray_app.store.audit import entries
from ray_app.store.collections import REGISTRY
from ray_app.store.edge import EdgeStore
from ray_app.store.events import BEGINNING, append_events, end_of_log, new_event, read_events
from ray_app.store.named_sources import NamedSource, save_source
from ray_app.store.protocol import AnyOf, Filter
from ray_app.store.scope import Scope
from ray_app.store.webhooks import add_webhook, list_webhooks
from tests.conftest import ROOT, free_port
from tests.serving.couriers import quick
from tests.serving.listeners import live

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
MAILING = Filter([AnyOf("kind", ["mailing"])])


@dataclass
class Receiver:
    """A web server that takes events; `answers` are the statuses of its first answers, then all is well."""

    port: int
    answers: list[int] = field(default_factory=list)
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    wait_s: float = 0.0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def numbers(self):
        """Those of the events that came, the refused ones among them."""
        return [json.loads(body)["data"]["data"]["n"] for _, body in self.requests]

    async def take(self, request):
        body = await request.read()
        self.requests.append((dict(request.headers), body))
        await asyncio.sleep(self.wait_s)
        status = self.answers.pop(0) if self.answers else 204
        return web.Response(status=status, headers={"Location": self.url + "/elsewhere"} if status == 302 else {})

    async def until(self, count):
        async with asyncio.timeout(30):
            while len(self.requests) < count:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def receiving(*answers, port=0, wait_s=0.0):
    receiver = Receiver(port or free_port(), list(answers), wait_s=wait_s)
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    app.router.add_route("*", "/hook/elsewhere", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", receiver.port).start()
    try:
        yield receiver
    finally:
        await runner.cleanup()


@pytest.fixture
def quickly(tmp_path):
    return quick(tmp_path).model_copy(update={"auth": AuthSettings(mode="required", requests_per_minute=None)})


@pytest.fixture
async def api(quickly):
    async with live(quickly, deliver=True) as api:
        yield api


async def subscribe(api, url, key=None, **body):
    response = await api.request("POST", "/v1/webhooks", key or await api.key("admin"), json={"url": url, **body})
    assert response.status_code == 201, response.text
    return response.json()


async def state(api, **wanted):
    """The only webhook, once it is as wanted."""
    async with asyncio.timeout(30):
        while True:
            (webhook,) = await list_webhooks(api.store)
            if all(getattr(webhook, name) == value for name, value in wanted.items()):
                return webhook
            await asyncio.sleep(0.01)


async def test_an_event_comes_signed_as_the_specification_says(api):
    async with receiving() as receiver:
        webhook = await subscribe(api, receiver.url)
        (event,) = await api.happen(1, topic="document", source="wiki", uri="file:///æ")
        await receiver.until(1)
        headers, body = receiver.requests[0]
        expected = {"type": "document", "timestamp": event.at, "data": event.model_dump(mode="json")}
        assert Verifier(webhook["secret"]).verify(body, headers) == expected
        assert headers["webhook-id"] == event.id
        assert headers["Content-Type"] == "application/json"
        with pytest.raises(WebhookVerificationError):
            Verifier(webhook["secret"]).verify(body.replace(b"wiki", b"wika"), headers)
        with pytest.raises(WebhookVerificationError):
            Verifier("whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").verify(body, headers)


async def test_events_are_sent_again_until_they_are_taken_and_never_out_of_order(api):
    async with receiving(500, 503, 404, 302, 204, 500) as receiver:
        await subscribe(api, receiver.url)
        await api.happen(0, 1)
        await receiver.until(7)
        assert receiver.numbers == [0, 0, 0, 0, 0, 1, 1]
        webhook = await state(api, attempts=0, failing_since=None)
        assert webhook.delivered


async def test_a_receiver_that_is_away_gets_everything_when_it_is_there(api):
    port = free_port()
    await subscribe(api, f"http://127.0.0.1:{port}/hook")
    await api.happen(*range(3))
    async with asyncio.timeout(10):
        while (await state(api)).attempts < 2:
            await asyncio.sleep(0.01)
    assert "Connect" in (await state(api)).last_error
    async with receiving(port=port) as receiver:
        await receiver.until(3)
        assert receiver.numbers == [0, 1, 2]


async def test_a_slow_receiver_does_not_hold_up_another(api):
    async with receiving(wait_s=2.5) as slow, receiving() as quick_one:
        await subscribe(api, slow.url)
        await subscribe(api, quick_one.url)
        await api.happen(*range(20))
        await quick_one.until(20)
        assert len(slow.requests) <= 2


async def test_a_receiver_that_never_takes_an_event_is_disabled_and_may_come_back(tmp_path):
    settings = quick(tmp_path, give_up_h=0.3 / 3600)
    settings = settings.model_copy(update={"auth": AuthSettings(mode="required", requests_per_minute=None)})
    async with live(settings, deliver=True) as api, receiving(*[500] * 10_000) as receiver:
        admin = await api.key("admin")
        created = await subscribe(api, receiver.url, admin)
        await api.happen(0, 1)
        webhook = await state(api, state="disabled")
        assert webhook.last_error == "the receiver answered with status 500"
        (told,) = await read_events(api.store, Scope("default"), topics=["webhook"])
        assert told.data == {"webhook": created["id"], "state": "disabled", "detail": webhook.last_error}
        assert set(receiver.numbers) == {0}
        receiver.answers.clear()
        receiver.requests.clear()
        enabled = await api.request("POST", f"/v1/webhooks/{created['id']}/enable", admin)
        assert (enabled.status_code, enabled.json()["state"]) == (200, "active")
        await receiver.until(3)
        topics = [json.loads(body)["type"] for _, body in receiver.requests]
        assert topics == ["job", "job", "webhook"]


async def test_a_receiver_that_says_it_is_gone_is_disabled_at_once(api):
    async with receiving(410) as receiver:
        await subscribe(api, receiver.url)
        await api.happen(0)
        await state(api, state="disabled")
        assert receiver.numbers == [0]


async def test_a_webhook_gets_its_topics_and_what_its_maker_may_see(api):
    hidden = NamedSource(name="board", tenant="default", uri="file:///board", groups=("board",))
    await save_source(api.store, hidden)
    async with receiving() as receiver:
        await subscribe(api, receiver.url, await api.key("admin", groups=("sales",)), topics=["document", "source"])
        await api.happen(0, topic="document", source="board")
        await api.happen(1, topic="document", source="wiki")
        await api.happen(2, topic="job", source="wiki")
        await api.happen(3, topic="document", source="wiki", tenant="others")
        await api.happen(4, topic="source", source="wiki")
        await receiver.until(2)
        await state(api, cursor=await end_of_log(api.store))
        assert receiver.numbers == [1, 4]


async def test_the_secret_is_shown_once_and_a_deleted_webhook_gets_nothing(api):
    admin = await api.key("admin")
    async with receiving() as receiver:
        created = await subscribe(api, receiver.url, admin, topics=["job"])
        listed = (await api.request("GET", "/v1/webhooks", admin)).json()
        assert listed == [{name: value for name, value in created.items() if name != "secret"}]
        assert created["secret"].startswith("whsec_")
        deleted = await api.request("DELETE", f"/v1/webhooks/{created['id']}", admin)
        assert deleted.status_code == 204
        assert (await api.request("GET", "/v1/webhooks", admin)).json() == []
        await api.happen(0)
        other = await subscribe(api, receiver.url, admin)
        await api.happen(1)
        await receiver.until(1)
        assert receiver.numbers == [1]
        log, _ = await entries(api.store, "default", limit=10)
        done = {(entry.what, entry.which) for entry in log}
        assert done == {("webhook.create", created["id"]), ("webhook.delete", created["id"]),
                        ("webhook.create", other["id"])}  # fmt: skip


async def test_webhooks_are_for_administrators_and_no_other_tenant_has_them(api):
    created = await subscribe(api, "http://127.0.0.1:9/hook")
    path = f"/v1/webhooks/{created['id']}"
    requests = [("GET", "/v1/webhooks"), ("POST", "/v1/webhooks"), ("DELETE", path), ("POST", f"{path}/enable")]
    editor, stranger = await api.key("editor"), await api.key("admin", tenant="others")
    for method, where in requests:
        assert (await api.request(method, where, editor)).status_code == 403
    assert (await api.request("GET", "/v1/webhooks", stranger)).json() == []
    for method, where in requests[2:]:
        assert (await api.request(method, where, stranger)).status_code == 404
    assert (await state(api, state="active")).id == created["id"]


async def test_a_tenant_has_a_number_of_webhooks(tmp_path):
    settings = quick(tmp_path, max_webhooks=1)
    async with live(settings) as api:
        await subscribe(api, "http://127.0.0.1:9/hook")
        refused = await api.request("POST", "/v1/webhooks", json={"url": "http://127.0.0.1:9/hook"})
        assert (refused.status_code, "delivery.max_webhooks" in refused.json()["detail"]) == (400, True)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.org/", "begins with https"),
        ("ftp://example.org/", "begins with https"),
        ("https://", "begins with https|no URL"),
        ("https://user:word@example.org/", "password"),
        ("https://127.0.0.1/", "not a public address"),
        ("https://[::1]:80/", "not a public address"),
        ("https://[::ffff:10.0.0.1]/", "not a public address"),
        ("https://169.254.169.254/latest", "not a public address"),
        ("https://localhost/", "not a public address"),
        ("https://[nonsense/", "no URL"),
    ],
)
def test_a_url_that_leads_inside_is_refused(url, why):
    with pytest.raises(ConfigurationError, match=why):
        check_url(url, DeliverySettings())


def test_a_public_url_is_kept_in_its_normal_form():
    assert check_url("HTTPS://Example.org/a?b=c#d", DeliverySettings()) == "https://example.org/a?b=c"


async def test_a_name_that_stands_for_an_address_inside_is_not_connected_to(tmp_path):
    settings = quick(tmp_path)
    guarded = settings.delivery.model_copy(update={"allow_private_addresses": False})
    async with live(settings.model_copy(update={"delivery": guarded}), deliver=True) as api, receiving() as receiver:
        await add(api.store, f"http://localhost:{receiver.port}/hook")
        await api.happen(0)
        async with asyncio.timeout(10):
            while not (await state(api)).last_error:
                await asyncio.sleep(0.01)
        assert "delivery.allow_private_addresses" in (await state(api)).last_error
        assert receiver.requests == []


async def add(store, url):
    return await add_webhook(
        store, tenant="default", groups=None, url=url, topics=(), created_by="test", cursor=BEGINNING, most=9
    )


async def test_of_several_replicas_one_sends(tmp_path):
    settings = quick(tmp_path)
    async with live(settings) as api, receiving(wait_s=0.01) as receiver:
        await add(api.store, receiver.url)
        async with (
            delivering(api.store, settings),
            delivering(api.store, settings),
            delivering(api.store, settings),
        ):
            for n in range(50):
                await api.happen(n)
            await receiver.until(50)
            await state(api, cursor=await end_of_log(api.store))
    assert receiver.numbers == list(range(50))


async def test_another_replica_takes_over_from_one_that_stopped(tmp_path):
    settings = quick(tmp_path)
    async with live(settings) as api, receiving() as receiver:
        await add(api.store, receiver.url)
        async with delivering(api.store, settings):
            await api.happen(0)
            await receiver.until(1)
        await api.happen(1)
        async with delivering(api.store, settings), asyncio.timeout(10):
            while 1 not in receiver.numbers:
                await asyncio.sleep(0.01)
    assert receiver.numbers in ([0, 1], [0, 0, 1]), "again, where the first stopped before it had written down"


async def test_a_sender_that_is_killed_loses_nothing_and_repeats_at_most_one(tmp_path):
    settings = quick(tmp_path)
    store = await EdgeStore.open(settings.index_dir, settings.store)
    await store.ensure(fingerprint="f0", dimension=4)
    async with receiving(wait_s=0.02) as receiver:
        await add(store, receiver.url)
        await append_events(store, [new_event("job", tenant="default", data={"n": n}) for n in range(60)])
        await store.close()
        for count in (10, 25):
            await killed_after(receiver, count, tmp_path)
        store = await EdgeStore.open(settings.index_dir, settings.store)
        async with delivering(store, settings):
            async with asyncio.timeout(30):
                while 59 not in receiver.numbers:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)
        await store.close()
    assert sorted(set(receiver.numbers)) == list(range(60))
    assert receiver.numbers == sorted(receiver.numbers)
    assert len(receiver.numbers) <= 62


async def killed_after(receiver, count, data_dir):
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.serving.couriers", data_dir, cwd=ROOT)
    try:
        await receiver.until(count)
    finally:
        process.kill()
        await process.wait()


class Mailbox:
    """What an SMTP server was given."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(envelope)
        return "250 OK"

    async def until(self, count):
        async with asyncio.timeout(30):
            while len(self.mails) < count:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def mail_server(port):
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    await asyncio.to_thread(controller.start)
    try:
        yield mailbox
    finally:
        await asyncio.to_thread(controller.stop)


def mailing(settings, port, **changes):
    smtp = SmtpSettings(host="127.0.0.1", port=port, security="none", to=("ops@example.org", "eva@example.org"))
    return settings.model_copy(update={"smtp": smtp.model_copy(update=changes)})


async def sender_is_there(api):
    """Mails begin with what happens after that."""
    async with asyncio.timeout(10):
        while not await api.store.count(REGISTRY, MAILING):
            await asyncio.sleep(0.01)


async def test_a_mail_tells_of_the_end_of_a_job(quickly):
    port = free_port()
    async with mail_server(port) as mailbox, live(mailing(quickly, port), deliver=True) as api:
        await sender_is_there(api)
        about = {"job": "ingest", "run": "r1", "seconds": 61.4}
        await api.happen(0, state="started", **about)
        await api.happen(1, state="finished", tenant="others", **about)
        await api.happen(2, source="wiki", state="finished", counts={"indexed": 7}, reasons={"password": 2}, **about)
        await api.happen(3, state="failed", detail="SourceError: the bucket is gone", **{**about, "run": "r2"})
        await mailbox.until(2)
    first, second = (mail.content.decode() for mail in mailbox.mails)
    assert mailbox.mails[0].rcpt_tos == ["ops@example.org", "eva@example.org"]
    assert "Subject: ray-app: ingest r1 finished" in first
    for line in ("Source: wiki", "Seconds: 61", "indexed: 7", "quarantined, password: 2"):
        assert line in first
    assert "Subject: ray-app: ingest r2 failed" in second
    assert "SourceError: the bucket is gone" in second


async def test_a_mail_server_that_is_away_gets_the_mail_when_it_is_there(quickly):
    port = free_port()
    async with live(mailing(quickly, port, states=("failed",)), deliver=True) as api:
        await sender_is_there(api)
        await api.happen(0, state="finished", job="ingest", run="r0")
        await api.happen(1, state="failed", job="ingest", run="r1")
        await asyncio.sleep(0.3)
        async with mail_server(port) as mailbox:
            await mailbox.until(1)
            await asyncio.sleep(0.2)
            assert len(mailbox.mails) == 1
            assert b"ingest r1 failed" in mailbox.mails[0].content


async def test_no_mail_goes_out_in_the_clear_where_it_must_not(quickly):
    port = free_port()
    async with (
        mail_server(port) as mailbox,
        live(mailing(quickly, port, security="starttls"), deliver=True) as api,
    ):
        await sender_is_there(api)
        await api.happen(0, state="finished", job="ingest", run="r0")
        async with asyncio.timeout(10):
            while not (await api.store.scroll(REGISTRY, filter=MAILING))[0][0].payload["attempts"]:
                await asyncio.sleep(0.01)
        assert mailbox.mails == []
