"""What every request passes: ids, sizes, rates, and whether anybody else could reach an open API."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import subprocess

import httpx
import pytest
from pydantic import SecretStr

from ray_app.errors import ConfigurationError
from ray_app.logs import of_run
from ray_app.serving.address import is_loopback
from ray_app.serving.bound import check_address
from ray_app.serving.limits import most_bytes, reads_a_file
from ray_app.settings import AuthSettings, ServingSettings, Settings
from ray_app.store.collections import REGISTRY
from ray_app.store.protocol import Point
from tests.conftest import RAY_APP, free_port, last_line_json, run_cli, wait_until_ready
from tests.serving.apps import HERE, api_over, problem, required
from tests.sources.servers import wait_for_port

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "path", ["/v1/me", "/v1/nothing", "/v1/search", "/nothing/here", "/v1/invitations/redeem/", f"{HERE}//healthz"]
)
async def test_whatever_is_not_for_everybody_needs_a_caller(guarded, path):
    problem(await guarded.request("GET", path), 401, "unauthenticated")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json", "/docs", "/invitation", "/", "/review"])
async def test_health_documentation_and_the_page_are_for_everybody(guarded, path):
    assert (await guarded.request("GET", path)).status_code == 200


async def test_the_schema_shows_how_to_authenticate_and_what_may_go_wrong(guarded):
    schema = guarded.app.openapi()
    assert schema["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    search = schema["paths"]["/v1/search"]["post"]
    assert search["security"] == [{"bearer": []}]
    assert {"401", "403", "413", "429"} <= set(search["responses"])
    assert "security" not in schema["paths"]["/healthz"]["get"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("abc-1.2_3~4:5", True), ("", False), ("a b", False), ("x" * 101, False), ("æ", False), ('"};', False)],
)
async def test_a_request_keeps_its_valid_id_and_gets_a_new_one_otherwise(guarded, sent, kept):
    response = await guarded.request("GET", "/v1/nothing", headers={"X-Request-Id": sent.encode()})
    answered = problem(response, 401, "unauthenticated")["request_id"]
    assert (answered == sent) is kept
    assert len(answered) == (len(sent) if kept else 32)


async def test_two_requests_at_once_do_not_mix_their_ids(guarded):
    async def ask(identity):
        response = await guarded.request("GET", "/v1/me", headers={"X-Request-Id": identity})
        return problem(response, 401, "unauthenticated")["request_id"]

    wanted = [f"id-{number}" for number in range(20)]
    assert await asyncio.gather(*(ask(identity) for identity in wanted)) == wanted


async def test_a_failure_is_found_in_the_log_by_its_request_and_says_nothing_of_its_text(guarded, tmp_path):
    @guarded.app.get("/v1/broken")
    async def broken() -> None:
        raise RuntimeError("CPR 010203-1234")

    with of_run(Settings(data_dir=tmp_path), "r") as path:
        headers = {"X-Request-Id": "find-me"}
        response = await guarded.request("GET", "/v1/broken", await guarded.key(), headers=headers)
    assert problem(response, 500, "internal")["request_id"] == "find-me"
    (line,) = [json.loads(one) for one in path.read_text().splitlines()]
    assert (line["request"], line["error"]) == ("find-me", "RuntimeError")
    assert line["where"][-1].endswith(" broken")
    assert "010203" not in path.read_text() + response.text


async def pieces(total, size=64 << 10):
    yield b'{"query": "'
    for _ in range(total // size):
        yield b"x" * size
    yield b'"}'


@pytest.fixture
async def small(settings, embedder):
    tight = settings.model_copy(update={"serving": ServingSettings(max_body_mb=1, max_header_kb=4)})
    async with api_over(required(tight), embedder) as api:
        yield api


async def test_a_body_that_is_too_large_is_refused_whether_its_length_is_told_or_not(small):
    key = await small.key()
    headers = {"Content-Type": "application/json"}
    told = await small.request("POST", "/v1/search", key, content=b"x" * (1 << 20 | 1), headers=headers)
    in_pieces = await small.request("POST", "/v1/search", key, content=pieces(2 << 20), headers=headers)
    for response in (told, in_pieces):
        assert "larger than 1 MB" in problem(response, 413, "body-too-large")["detail"]
    fits = await small.request("POST", "/v1/search", key, content=pieces(512 << 10), headers=headers)
    problem(fits, 422, "query-too-large")  # so it was read


async def test_a_strangers_body_is_not_read(small):
    read = []

    async def body():
        read.append(1)
        yield b"x"

    problem(await small.request("POST", "/v1/search", content=body()), 401, "unauthenticated")
    assert read == []


async def test_headers_that_are_too_large_are_refused(small):
    response = await small.request("GET", "/healthz", headers={"X-Much": "x" * 5000})
    problem(response, 431, "headers-too-large")


async def test_an_endpoint_that_reads_files_takes_as_much_as_a_file(small):
    @small.app.post("/v1/files")
    @reads_a_file
    async def take(body: dict[str, str]) -> int:
        return len(body["query"])

    headers = {"Content-Type": "application/json"}
    taken = await small.request("POST", "/v1/files", await small.key(), content=pieces(2 << 20), headers=headers)
    assert taken.json() == 2 << 20
    assert most_bytes(take, Settings()) == 101 << 20


async def test_a_caller_who_asks_too_often_is_told_when_to_come_back(settings, embedder):
    async with api_over(required(settings, requests_per_minute=3), embedder) as api:
        one, other = await api.key(), await api.key()
        left = [(await api.request("GET", "/v1/me", one)).headers["ratelimit"].split(";")[1] for _ in range(3)]
        assert left == ["r=2", "r=1", "r=0"]
        refused = await api.request("GET", "/v1/me", one)
        problem(refused, 429, "too-many-requests")
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        answered = await api.request("GET", "/v1/me", other)
        assert answered.headers["ratelimit-policy"] == '"caller";q=3;w=60'


async def test_whoever_redeems_invitations_is_counted_by_address(settings, embedder):
    async with api_over(required(settings, requests_per_minute=2), embedder) as api:
        body = {"token": "invite_a_b"}
        found = [(await api.request("POST", "/v1/invitations/redeem", json=body)).status_code for _ in range(3)]
        assert found == [404, 404, 429]
        assert (await api.request("GET", "/healthz")).status_code == 200


@pytest.fixture
def redis_server(tmp_path):
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    port = free_port()
    command = [program, "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    wait_for_port(port, server)
    yield server, f"redis://127.0.0.1:{port}/0"
    server.kill()
    server.wait()


async def test_replicas_that_share_redis_count_together_and_go_on_alone_when_it_is_away(
    settings, make_data_dir, embedder, redis_server
):
    server, url = redis_server
    shared = required(settings, requests_per_minute=4, redis_url=SecretStr(url))
    twin = shared.model_copy(update={"data_dir": make_data_dir("twin")})
    async with api_over(shared, embedder) as one, api_over(twin, embedder) as other:
        key = await one.key()
        (record,) = (await one.store.scroll(REGISTRY))[0]
        await other.store.upsert(REGISTRY, [Point(record.id, record.payload)])
        found = [(await api.request("GET", "/v1/me", key)).status_code for api in (one, other, one, other, one, other)]
        assert found == [200, 200, 200, 200, 429, 429]
        server.kill()
        server.wait()
        assert (await one.request("GET", "/v1/me", key)).status_code == 200


@pytest.mark.parametrize(
    ("host", "inside"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8:80", True),
        ("localhost:8000", True),
        ("::1", True),
        ("[::1]:8000", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("localhost.evil.example", False),
        ("evil.example:8000", False),
        ("", False),
        ("[", False),
    ],
)
def test_loopback_is_told_from_all_else(host, inside):
    assert is_loopback(host) is inside


def test_an_open_api_is_refused_elsewhere_and_says_what_to_do():
    with pytest.raises(ConfigurationError, match="ray-app keys create --role admin") as refused:
        check_address("0.0.0.0", AuthSettings())
    assert "RAY_APP_AUTH__MODE=required" in str(refused.value)
    check_address("0.0.0.0", AuthSettings(mode="required"))
    check_address("127.0.0.1", AuthSettings())


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "127.0.0.1:8000"}, 200),
        ({"Host": "localhost:8000", "Origin": "http://localhost:8000"}, 200),
        ({"Host": "rebound.example"}, 403),
        ({"Host": "127.0.0.1:8000", "Origin": "https://evil.example"}, 403),
        ({"Host": "127.0.0.1:8000", "Origin": "null"}, 403),
    ],
)
async def test_pages_of_other_sites_cannot_use_an_open_api(settings, embedder, headers, status):
    async with api_over(settings, embedder) as api:
        assert (await api.request("GET", "/v1/me", headers=headers)).status_code == status


def test_a_command_refuses_to_serve_an_open_api_to_the_network(alone):
    done = run_cli("serve", "--host", "0.0.0.0", environment=alone, check=False)
    assert done.returncode == 1
    assert "ray-app keys create --role admin" in done.stderr


@pytest.mark.slow
def test_a_second_server_on_a_cluster_is_refused_and_leaves_the_first_alone(served, make_data_dir):
    environment = served.environment | {"RAY_APP_DATA_DIR": str(make_data_dir("second"))}
    elsewhere = run_cli("serve", "--port", str(free_port()), environment=environment, check=False)
    assert (elsewhere.returncode, "on port" in elsewhere.stderr) == (1, True), elsewhere.stderr
    there = run_cli("serve", "--port", served.url.rpartition(":")[2], environment=environment, check=False)
    assert (there.returncode, "is served on this cluster already" in there.stderr) == (1, True), there.stderr
    assert httpx.post(f"{served.url}/v1/search", json={"query": "lease"}, timeout=30).json()["hits"]


@pytest.mark.slow
def test_commands_make_keys_and_search_a_guarded_server_with_one(alone, tmp_path):
    """The whole way: the first key, a server that asks for it, a search with it, and its end."""
    port = free_port()
    environment = alone | {"RAY_APP_AUTH__MODE": "required"}
    key = run_cli("keys", "create", "--role", "admin", environment=environment).stdout.strip()
    (tmp_path / "lease.txt").write_text("The lease of the warehouse ends with a notice period of six months.")
    server = subprocess.Popen([str(RAY_APP), "serve", "--port", str(port)], env=environment)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", server)
        run_cli("ingest", str(tmp_path), "--json", environment=environment)
        refused = run_cli("search", "lease", "--json", environment=environment, check=False)
        assert (refused.returncode, "RAY_APP_API_KEY" in refused.stderr) == (1, True)
        keyed = environment | {"RAY_APP_API_KEY": key}
        found = last_line_json(run_cli("search", "lease", "--json", environment=keyed).stdout)
        assert found["hits"][0]["uri"].endswith("lease.txt")
        listed = run_cli("keys", "list", "--json", environment=environment).stdout
        assert last_line_json(listed)["last_used"]
        run_cli("keys", "revoke", key.split("_")[1], environment=environment)
        assert run_cli("search", "lease", environment=keyed, check=False).returncode == 1
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=60) == 0
