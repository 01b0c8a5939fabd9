"""A Qdrant server that does not answer for a moment ends no run; one that stays away ends it with a clear message."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import defaultdict
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

import pytest

from ray_app.errors import IndexNotReadyError, StoreError, StoreUnavailableError
from ray_app.records import FileRef
from ray_app.settings import StoreSettings
from ray_app.store.patience import patiently
from ray_app.store.points import place_id
from ray_app.store.protocol import Point
from ray_app.store.server import ServerStore
from tests.conftest import free_port

# The client looks at the server's version in a thread of its own, which may come too late.
pytestmark = pytest.mark.filterwarnings("ignore:Failed to obtain server version")

REF = FileRef("file:///a.txt", "a.txt", "papers", "default", 3, 0.0)
POINT = Point(place_id(REF), {"uri": REF.uri})


class Qdrant(ThreadingHTTPServer):
    """Speaks as much of Qdrant's REST as writing takes, and first answers as often with `statuses` as there are."""

    def __init__(self, statuses):
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses = list(statuses)
        self.points = defaultdict(dict)
        self.asked = 0


class Handler(BaseHTTPRequestHandler):
    def answer(self):
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length)) if length else {}
        _, kind, collection, *_ = [*self.path.split("?")[0].split("/"), "", ""]
        if kind != "collections":
            return self.send(200, {"title": "qdrant", "version": version("qdrant-client")})
        self.server.asked += 1
        if self.server.statuses:
            return self.send(self.server.statuses.pop(0), {"status": {"error": "overloaded"}})
        there = self.server.points[collection]
        if self.command == "PUT":
            there |= {point["id"]: point["payload"] for point in body["points"]}
            result = {"operation_id": 1, "status": "completed"}
        elif self.path.split("?")[0].endswith("/scroll"):
            result = {"points": [], "next_page_offset": None}
        else:
            result = [{"id": one, "payload": there[one]} for one in body.get("ids", ()) if one in there]
        self.send(200, {"result": result, "status": "ok", "time": 0.0})

    do_GET = do_PUT = do_POST = answer

    def send(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments):
        pass


@contextmanager
def qdrant(*statuses):
    server = Qdrant(statuses)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def settings_of(port, **changes):
    options = {"attempts": 4, "longest_wait_s": 0.2, "timeout_s": 5, **changes}
    return StoreSettings(url=f"http://127.0.0.1:{port}", **options)


def upsert(settings):
    async def write():
        store = ServerStore.connect(settings)
        try:
            await patiently(settings, lambda: store.upsert("documents", [POINT]))
        finally:
            await store.close()

    asyncio.run(write())


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_write_is_repeated_until_the_server_answers(status):
    with qdrant(status, status) as server:
        upsert(settings_of(server.server_port))
        assert server.asked == 3
        assert server.points["ray_app_documents"] == {POINT.id: POINT.payload}


def test_after_the_last_attempt_the_error_says_what_is_wrong():
    with qdrant(*[503] * 9) as server:
        with pytest.raises(StoreUnavailableError, match=r"the Qdrant server does not answer as it should: .*503"):
            upsert(settings_of(server.server_port))
        assert server.asked == 4


@pytest.mark.parametrize(("status", "error"), [(400, StoreError), (401, StoreError), (404, IndexNotReadyError)])
def test_what_the_server_refuses_is_not_repeated(status, error):
    with qdrant(status) as server:
        with pytest.raises(error) as raised:
            upsert(settings_of(server.server_port))
        assert not isinstance(raised.value, StoreUnavailableError)
        assert server.asked == 1


def test_a_server_that_is_away_is_waited_for():
    port = free_port()
    with pytest.raises(StoreUnavailableError):
        upsert(settings_of(port, attempts=2))
