"""Events over HTTP: the same over both ways, from where one left off, for those who may see them."""

from __future__ import annotations

import asyncio
import json
import socket

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ray_app.serving.hub import Hub
from ray_app.serving.listening import Wanted, messages
from ray_app.serving.session import COOKIE
from ray_app.settings import AuthSettings, EventSettings
from ray_app.store.events import append_events, new_event
from ray_app.store.keys import revoke_key
from ray_app.store.named_sources import NamedSource, save_source
from tests.serving.listeners import LISTEN, live, sse, websocket

pytestmark = pytest.mark.anyio

QUICK = EventSettings(poll_s=0.02)
BOTH = pytest.mark.parametrize("listen", LISTEN.values(), ids=LISTEN)


def with_events(settings, *, auth="required", **changes):
    events = QUICK.model_copy(update=changes)
    required = AuthSettings(mode=auth, requests_per_minute=None)
    return settings.model_copy(update={"events": events, "auth": required})


@pytest.fixture
async def api(settings):
    async with live(with_events(settings)) as api:
        yield api


async def hide(api, source):
    await save_source(api.store, NamedSource(name=source, tenant="default", uri="file:///x", groups=("board",)))


@BOTH
async def test_a_listener_gets_what_happens_from_then_on(api, listen):
    await api.happen(0)
    async with listen(api, await api.key()) as listener:
        await api.happen(1, 2)
        await api.happen(3)
        assert await listener.numbers(3) == [1, 2, 3]


async def test_server_sent_events_and_websocket_give_the_same(api):
    key = await api.key()
    async with sse(api, key) as one, websocket(api, key) as other:
        (event,) = await api.happen(1, topic="document", source="wiki", document="d1", uri="file:///æ\n")
        expected = event.model_dump(mode="json")
        assert await one.take(1) == await other.take(1) == [expected]
        assert one.last == other.last == event.id


@BOTH
async def test_a_listener_that_comes_back_misses_nothing_and_gets_nothing_twice(api, listen):
    key = await api.key()
    async with listen(api, key) as listener:
        await api.happen(*range(5))
        assert await listener.numbers(2) == [0, 1]
        last = listener.last
    await api.happen(*range(5, 700))
    async with listen(api, key, f"?after={last}") as listener:
        await api.happen(*range(700, 750))
        assert await listener.numbers(748) == list(range(2, 750))


@BOTH
async def test_a_listener_that_saw_no_event_goes_on_behind_the_first_message(api, listen):
    key = await api.key()
    async with listen(api, key) as listener:
        last = listener.last
    await api.happen(1)
    async with listen(api, key, f"?after={last}") as listener:
        assert await listener.numbers(1) == [1]


async def test_a_browser_says_in_a_header_where_it_left_off(api):
    first, _ = await api.happen(1, 2)
    async with sse(api, await api.key(), **{"Last-Event-ID": first.id}) as listener:
        assert await listener.numbers(1) == [2]


@BOTH
async def test_a_listener_joins_a_busy_log_without_gaps_or_doubles(api, listen):
    (start,) = await api.happen(-1)

    async def busy():
        for n in range(150):
            await api.happen(2 * n, 2 * n + 1)

    appending = asyncio.create_task(busy())
    async with listen(api, await api.key(), f"?after={start.id}") as listener:
        assert await listener.numbers(300) == list(range(300))
    await appending


@BOTH
async def test_topics_choose_in_the_past_and_from_now_on(api, listen):
    (start,) = await api.happen(-1)
    await api.happen(0, topic="job")
    await api.happen(1, topic="label")
    async with listen(api, await api.key(), f"?topics=label&topics=source&after={start.id}") as listener:
        assert await listener.numbers(1) == [1]
        await api.happen(2, topic="document")
        await api.happen(3, topic="source")
        assert await listener.numbers(1) == [3]


@BOTH
async def test_events_of_hidden_sources_and_other_tenants_are_not_told(api, listen):
    await hide(api, "board")
    (start,) = await api.happen(-1, source="wiki")

    async def happen(first):
        await api.happen(first, source="board")
        await api.happen(first + 1)
        await api.happen(first + 2, source="wiki", tenant="others")
        await api.happen(first + 3, source="wiki")

    await happen(0)
    query = f"?after={start.id}"
    async with (
        listen(api, await api.key(groups=("sales",)), query) as stranger,
        listen(api, await api.key(groups=("board",)), query) as member,
        listen(api, await api.key(tenant="others"), query) as other,
    ):
        await happen(10)
        assert await stranger.numbers(2) == [3, 13]
        assert await member.numbers(6) == [0, 1, 3, 10, 11, 13]
        assert await other.numbers(2) == [2, 12]


@BOTH
async def test_a_source_that_is_hidden_now_is_hidden_from_those_who_listen_already(api, listen):
    async with listen(api, await api.key(groups=())) as listener:
        await api.happen(0, source="board")
        assert await listener.numbers(1) == [0]
        await hide(api, "board")
        await api.happen(1, source="board")
        await api.happen(2, source="wiki")
        assert await listener.numbers(1) == [2]


async def test_a_quiet_stream_shows_signs_of_life(settings):
    async with live(with_events(settings, heartbeat_s=0.1)) as api, websocket(api, await api.key()) as other:
        assert await other.next() == ("heartbeat", {})
        response = await first_bytes(api, await api.key(), 3)
        assert b": heartbeat\n\n" in response


async def first_bytes(api, key, chunks):
    found = b""
    async with (
        httpx.AsyncClient(base_url=api.url, headers={"Authorization": f"Bearer {key}"}) as client,
        client.stream("GET", "/v1/events") as response,
    ):
        async for chunk in response.aiter_bytes():
            found += chunk
            if (chunks := chunks - 1) == 0:
                return found
    return found


@pytest.mark.parametrize("by_websocket", [False, True])
async def test_who_is_signed_in_by_cookie_goes_on_listening_until_the_key_is_revoked(settings, by_websocket):
    async with live(with_events(settings, heartbeat_s=0.1)) as api:
        key = await api.key()
        cookie = {"Cookie": f"{COOKIE}={key}"}
        listens = websocket(api, additional_headers=cookie) if by_websocket else sse(api, **cookie)
        async with listens as listener:
            await asyncio.sleep(0.5)  # some heartbeats
            await api.happen(1)
            assert await listener.numbers(1) == [1]
            await revoke_key(api.store, "default", key.split("_")[1])
            assert (await listener.until_end())[-1][1]["reason"] == "unauthenticated"


@BOTH
async def test_a_revoked_key_ends_its_streams(settings, listen):
    async with live(with_events(settings, heartbeat_s=0.2)) as api:
        key = await api.key()
        async with listen(api, key) as listener:
            await revoke_key(api.store, "default", key.split("_")[1])
            name, data = (await listener.until_end())[-1]
            assert (name, data["reason"]) == ("dropped", "unauthenticated")


@BOTH
async def test_a_client_that_goes_away_is_let_go_at_once(api, listen):
    async with listen(api, await api.key()):
        assert api.services.hub._listeners.total() == 1
    async with asyncio.timeout(5):
        while api.services.hub._listeners:
            await asyncio.sleep(0.01)
    assert api.services.hub._poller is None


@BOTH
async def test_a_client_that_reads_nothing_is_dropped_while_another_gets_everything(settings, listen):
    async with live(with_events(settings, send_timeout_s=0.3)) as api:
        key = await api.key()
        deaf = open_deaf(api, key, listen is websocket)
        async with asyncio.timeout(10):
            while not api.services.hub._listeners:
                await asyncio.sleep(0.01)
        async with listen(api, key) as listener:
            for n in range(60):
                await api.happen(n, padding="x" * 200_000)
            assert await listener.numbers(60) == list(range(60))
            async with asyncio.timeout(20):
                while api.services.hub._listeners.total() > 1:
                    await asyncio.sleep(0.05)
            await api.happen(60)
            assert await listener.numbers(1) == [60]
        deaf.close()


def open_deaf(api, key, is_websocket):
    """A client that asks for events, and never reads."""
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect(("127.0.0.1", api.port))
    upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    more = f"{upgrade}Sec-WebSocket-Version: 13\r\n" if is_websocket else ""
    deaf.sendall(f"GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n{more}\r\n".encode())
    return deaf


async def test_a_listener_that_falls_too_far_behind_hears_why_and_can_go_on(settings, tmp_path):
    async with live(with_events(settings, buffer=10)) as api:
        hub = Hub(api.store, api.services.settings)
        caller = await api.services.auth.caller(f"Bearer {await api.key()}")

        async def identify():
            return caller

        slow = messages(hub, caller, Wanted([], None, identify))
        assert (await anext(slow)).name == "ready"
        await api.happen(0)
        assert (await anext(slow)).data["data"]["n"] == 0
        await append_events(api.store, [new_event("job", tenant="default", data={"n": n}) for n in range(1, 20)])
        while len(hub._recent) < 10:
            await asyncio.sleep(0.01)
        dropped = await anext(slow)
        assert (dropped.name, dropped.data["reason"]) == ("dropped", "slow")
        with pytest.raises(StopAsyncIteration):
            await anext(slow)
        again = messages(hub, caller, Wanted([], dropped.id, identify))
        assert [(await anext(again)).data.get("data", {}).get("n") for _ in range(20)] == [None, *range(1, 20)]
        await again.aclose()
        hub.close()


async def test_a_dropped_websocket_is_told_to_try_again_later(settings):
    async with live(with_events(settings, heartbeat_s=0.1)) as api:
        key = await api.key()
        async with connect(f"ws://127.0.0.1:{api.port}/v1/events", additional_headers=bearer(key), proxy=None) as one:
            await revoke_key(api.store, "default", key.split("_")[1])
            with pytest.raises(ConnectionClosed):
                await drain(one)
            assert (one.close_code, one.close_reason) == (3000, "unauthenticated")


async def drain(socket):
    while True:
        await socket.recv()


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


async def test_a_websocket_speaks_the_protocol_that_was_offered_and_never_gives_the_key_back(api):
    protocols = ["ray-app", f"bearer.{await api.key()}"]
    async with connect(f"ws://127.0.0.1:{api.port}/v1/events", subprotocols=protocols, proxy=None) as one:
        assert one.subprotocol == "ray-app"
        assert "x-request-id" in one.response.headers


@pytest.mark.parametrize("protocols", [None, ["ray-app"], ["ray-app", "bearer.ray_0_0"], ["bearer."]])
async def test_a_websocket_without_a_valid_key_is_refused_with_a_problem(api, protocols):
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"ws://127.0.0.1:{api.port}/v1/events", subprotocols=protocols, proxy=None)
    assert refused.value.response.status_code == 401
    body = json.loads(refused.value.response.body)
    assert body["type"] == "urn:ray-app:problem:unauthenticated"
    assert body["request_id"] == refused.value.response.headers["x-request-id"]


async def test_a_key_in_the_url_is_no_key(api):
    key = await api.key()
    assert (await api.request("GET", f"/v1/events?key={key}&authorization=Bearer%20{key}")).status_code == 401


@pytest.mark.parametrize("query", ["?topics=weather", "?after=yesterday"])
async def test_what_does_not_exist_cannot_be_listened_to(api, query):
    key = await api.key()
    response = await api.request("GET", f"/v1/events{query}", key)
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"ws://127.0.0.1:{api.port}/v1/events{query}", additional_headers=bearer(key), proxy=None)
    assert refused.value.response.status_code == 422
    assert json.loads(refused.value.response.body)["type"] == response.json()["type"]


@BOTH
async def test_a_caller_has_a_number_of_streams_and_a_replica_too(settings, listen):
    async with live(with_events(settings, max_clients=3, max_clients_per_caller=2)) as api:
        first, second, third = [await api.key() for _ in range(3)]
        async with listen(api, first), listen(api, first), listen(api, second):
            for key in (first, third):
                response = await api.request("GET", "/v1/events", key)
                assert (response.status_code, response.headers["retry-after"]) == (429, "30")
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"ws://127.0.0.1:{api.port}/v1/events", additional_headers=bearer(third), proxy=None)
            assert refused.value.response.status_code == 429


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}])
async def test_a_page_of_another_site_cannot_listen_at_an_open_api(settings, headers):
    async with live(with_events(settings, auth="open")) as api:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://127.0.0.1:{api.port}/v1/events", additional_headers=headers, proxy=None)
        assert refused.value.response.status_code == 403
        async with websocket(api) as listener:
            await api.happen(1)
            assert await listener.numbers(1) == [1]


async def test_a_websocket_that_does_not_exist_is_refused(api):
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"ws://127.0.0.1:{api.port}/v1/me", additional_headers=bearer(await api.key()), proxy=None)
    assert refused.value.response.status_code in (403, 404)
