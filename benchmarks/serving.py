"""What the HTTP API costs over the same search in one bare process.

    python -m benchmarks.serving [--documents 3000] [--seconds 10]

A bare FastAPI application (uvicorn, one process) embeds a query with the same model and asks the same embedded index
for the ten nearest passages. Against it stands `ray-app serve` over the same index: its no-op (`/healthz`), its
search by meaning alone without facets, which is the same work, and its default search. `wrk` (Debian's package) asks
both over 1, 16 and 64 connections, with other queries each time. Then the stream: milliseconds until the first hits.
Goal: p50 within 1.3 times the bare application's at 1 connection, at least 0.8 of its requests a second at 16.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks.scale import TEXTS, _texts, _write

CONNECTIONS = (1, 16, 64)
QUERIES = Path(__file__).parents[1] / "examples" / "queries.jsonl"
RAY_APP = Path(sys.executable).with_name("ray-app")
BARE_PORT, PORT = 8911, 8912
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk measured; times in milliseconds. `bad` are answers other than 2xx and broken connections."""

    requests_per_s: float
    p50: float
    p99: float
    bad: int


def main() -> None:
    """Builds the index, then asks each of the two servers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=3000)
    parser.add_argument("--seconds", type=int, default=10)
    arguments = parser.parse_args()
    if not shutil.which("wrk"):
        sys.exit("skipped: wrk is not here (apt-get install wrk)")
    if not TEXTS.is_file():
        sys.exit(f"skipped: {TEXTS} is not here")
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "RAY_APP_DATA_DIR": f"{home}/data"}
        _write(Path(home) / "texts", _texts(TEXTS, arguments.documents))
        subprocess.run([str(RAY_APP), "ingest", f"{home}/texts"], env=environment, check=True, capture_output=True)
        results = _ask_bare(environment, Path(home), arguments.seconds)
        results |= _ask_ray_app(environment, Path(home), arguments.seconds)
    bare, ours = results["bare", 1], results["search by meaning", 1]
    print(f"p50 at 1 connection: {ours.p50 / bare.p50:.2f} of the bare application's (goal 1.3)")
    bare, ours = results["bare", 16], results["search by meaning", 16]
    print(f"requests/s at 16: {ours.requests_per_s / bare.requests_per_s:.2f} of the bare application's (goal 0.8)")


def _ask_bare(environment: dict[str, str], home: Path, seconds: int) -> dict[tuple[str, int], Load]:
    command = [sys.executable, "-m", "uvicorn", "--factory", "benchmarks.bare:app", "--port", str(BARE_PORT)]
    with _running([*command, "--log-level", "warning"], environment, f"http://127.0.0.1:{BARE_PORT}/healthz"):
        bodies = [{"query": query} for query in _queries()]
        return _loads("bare", BARE_PORT, "/search", bodies, home, seconds)


def _ask_ray_app(environment: dict[str, str], home: Path, seconds: int) -> dict[tuple[str, int], Load]:
    bodies = [{"query": query} for query in _queries()]
    by_meaning = [{**body, "mode": "dense", "facets": []} for body in bodies]
    url = f"http://127.0.0.1:{PORT}"
    with _running([str(RAY_APP), "serve", "--port", str(PORT)], environment, f"{url}/readyz"):
        results = _loads("no-op", PORT, "/healthz", None, home, seconds)
        results |= _loads("search by meaning", PORT, "/v1/search", by_meaning, home, seconds)
        results |= _loads("search, default", PORT, "/v1/search", bodies, home, seconds)
        _stream(url, bodies)
    return results


def _loads(
    name: str, port: int, path: str, bodies: list[dict[str, Any]] | None, home: Path, seconds: int
) -> dict[tuple[str, int], Load]:
    script = home / "requests.lua"
    script.write_text(_script(path, bodies))
    found = {}
    for connections in CONNECTIONS:
        _wrk(script, port, connections, 2)  # warm
        load = found[name, connections] = _wrk(script, port, connections, seconds)
        print(
            f"{name:<18} {connections:>3} connections  {load.requests_per_s:>8.1f} requests/s  "
            f"p50 {load.p50:>7.2f} ms  p99 {load.p99:>7.2f} ms  {load.bad} bad",
            flush=True,
        )
    return found


def _script(path: str, bodies: list[dict[str, Any]] | None) -> str:
    """wrk's own way of asking for something else each time."""
    if bodies is None:
        return f'request = function() return wrk.format("GET", "{path}") end\n'
    listed = ",\n".join(f"[==[{json.dumps(body)}]==]" for body in bodies)
    return (
        f"local bodies = {{\n{listed}\n}}\nlocal turn = 0\n"
        'local headers = {["Content-Type"] = "application/json"}\n'
        "request = function()\n  turn = turn + 1\n"
        f'  return wrk.format("POST", "{path}", headers, bodies[turn % #bodies + 1])\nend\n'
    )


def _wrk(script: Path, port: int, connections: int, seconds: int) -> Load:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "--latency"]
    done = subprocess.run(
        [*command, "-s", str(script), f"http://127.0.0.1:{port}"], capture_output=True, text=True, check=True
    )
    bad = re.findall(r"(?:Non-2xx or 3xx responses: |connect |read |write |timeout )(\d+)", done.stdout)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    assert rate, done.stdout
    return Load(float(rate[1]), _percentile(done.stdout, 50), _percentile(done.stdout, 99), sum(map(int, bad)))


def _percentile(said: str, percent: int) -> float:
    found = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)\b", said)
    assert found, said
    return float(found[1]) * _UNITS[found[2]]


def _stream(url: str, bodies: list[dict[str, Any]]) -> None:
    """Milliseconds until the first hits, and until the end, of streams one after the other."""
    first, whole = [], []
    headers = {"Accept": "application/x-ndjson"}
    with httpx.Client(base_url=url) as client:
        for body in bodies * 3:
            asked = time.perf_counter()
            with client.stream("POST", "/v1/search", json=body, headers=headers) as response:
                lines = response.iter_lines()
                next(lines)
                first.append((time.perf_counter() - asked) * 1000)
                for _ in lines:
                    pass
            whole.append((time.perf_counter() - asked) * 1000)
    for name, taken in (("first hits", first), ("whole stream", whole)):
        p50, p99 = np.percentile(taken, [50, 99])
        print(f"{name:<18}                                       p50 {p50:>7.2f} ms  p99 {p99:>7.2f} ms")


def _queries() -> list[str]:
    return [json.loads(line)["query"] for line in QUERIES.read_text(encoding="utf-8").splitlines()]


@contextlib.contextmanager
def _running(command: list[str], environment: dict[str, str], probe: str) -> Iterator[None]:
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(probe, server)
        yield
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)


def _wait(probe: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if server.poll() is not None:
            sys.exit("the server ended")
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(probe, timeout=2).is_success:
                return
        time.sleep(0.3)
    sys.exit(f"{probe} does not answer")


if __name__ == "__main__":
    main()
