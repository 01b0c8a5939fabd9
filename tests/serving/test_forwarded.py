"""Whose address a request comes from behind our HAProxy: the client's own, whatever it says of itself."""

from __future__ import annotations

import asyncio
import subprocess
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn

from ray_app.serving.ingress import ingress_environment
from tests.conftest import free_port

pytestmark = pytest.mark.anyio

# What of Ray Serve's configuration matters here; our rules come in behind `http-reuse`, as they do there.
CONFIG = """
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend http_frontend
    bind 127.0.0.1:{port}
    default_backend app
backend app
    http-reuse always
    server replica 127.0.0.1:{replica}
"""


async def tell(scope, receive, send):
    """Answers with the address that the request is taken to come from."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": scope["client"][0].encode()})


@asynccontextmanager
async def haproxy(folder):
    """HAProxy as our server starts it, in front of uvicorn as Ray Serve starts it."""
    with ingress_environment() as environment:
        binary = environment.get("RAY_SERVE_HAPROXY_BINARY_PATH")
        if binary is None:
            pytest.skip("Ray brings no HAProxy here")
        port, replica = free_port(), free_port()
        (folder / "haproxy.cfg").write_text(CONFIG.format(port=port, replica=replica))
        server = uvicorn.Server(uvicorn.Config(tell, port=replica, lifespan="off", log_level="critical"))
        serving = asyncio.create_task(server.serve())
        proxy = subprocess.Popen([binary, "-f", str(folder / "haproxy.cfg")], stderr=subprocess.DEVNULL)
        try:
            while not server.started or not await answers(f"http://127.0.0.1:{port}"):
                assert proxy.poll() is None, "HAProxy ended"
                await asyncio.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            proxy.kill()
            proxy.wait()
            server.should_exit = True
            await serving


@pytest.fixture
async def url(tmp_path):
    async with haproxy(tmp_path) as url:
        yield url


async def answers(url):
    try:
        await ask(url)
    except httpx.TransportError:
        return False
    return True


async def ask(url, sender="127.0.0.1", **headers):
    transport = httpx.AsyncHTTPTransport(local_address=sender)
    async with httpx.AsyncClient(transport=transport) as client:
        return (await client.get(url, headers=headers)).text


async def test_each_client_has_its_own_address(url):
    assert [await ask(url, sender) for sender in ("127.0.0.2", "127.0.0.3")] == ["127.0.0.2", "127.0.0.3"]


@pytest.mark.parametrize("said", ["203.0.113.9", "203.0.113.9, 127.0.0.1", "127.0.0.1", "nonsense"])
async def test_what_a_client_says_of_itself_is_not_believed(url, said):
    assert await ask(url, "127.0.0.2", **{"X-Forwarded-For": said}) == "127.0.0.2"


async def test_clients_of_a_proxy_on_this_machine_are_told_apart(url):
    """Such a proxy adds the address that it sees behind what its client says."""
    assert await ask(url, **{"X-Forwarded-For": "203.0.113.9"}) == "203.0.113.9"
    assert await ask(url, **{"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}) == "203.0.113.9"


async def test_clients_of_a_proxy_elsewhere_are_told_apart_where_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "127.0.0.1,127.0.0.2")
    async with haproxy(tmp_path) as url:
        assert await ask(url, "127.0.0.2", **{"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}) == "203.0.113.9"
        assert await ask(url, "127.0.0.3", **{"X-Forwarded-For": "203.0.113.9"}) == "127.0.0.3"
