"""Listing very many keys: in pages, with flat memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import pytest

from ray_app import sources
from tests.conftest import free_port
from tests.sources.servers import Breaking, serving, wait_for_port

KEYS = 40_000

# moto's own server with keys put straight into its memory: over HTTP that alone takes minutes.
_SERVER = f"""
import sys
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.server import main
backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
backend.create_bucket("many", "us-east-1")
for number in range({KEYS}):
    backend.put_object("many", f"folder-{{number % 100:02}}/{{number:06}}.txt", b"")
main(["-H", "127.0.0.1", "-p", sys.argv[1]])
"""

_LISTING = """
import resource, sys
from itertools import islice
from ray_app import sources
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
files = sources.list_files("s3://many", "s", "t")
last, count = "", 0
for count, ref in enumerate(files, 1):
    assert ref.uri > last
    last = ref.uri
    if count == 2000:
        early = peak()
print(count, peak() - early)
"""


@pytest.mark.slow
def test_tens_of_thousands_of_keys_are_listed_with_flat_memory():
    pytest.importorskip("moto.server")
    port = free_port()
    server = subprocess.Popen([sys.executable, "-W", "ignore", "-c", _SERVER, str(port)], stderr=subprocess.DEVNULL)
    environment = {**os.environ, "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{port}", "AWS_DEFAULT_REGION": "us-east-1"}
    environment |= {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    try:
        wait_for_port(port, server, timeout_s=120)
        done = subprocess.run(
            [sys.executable, "-c", _LISTING], env=environment, capture_output=True, text=True, timeout=250, check=False
        )
    finally:
        server.kill()
        server.wait()
    assert done.returncode == 0, done.stderr
    count, growth_mb = done.stdout.split()
    assert int(count) == KEYS
    assert float(growth_mb) < 20


class Paging(Breaking):
    """Gives two objects at a time, as Google's API may: the emulator gives all at once."""

    def _answer(self, status, headers, body):
        asked = parse_qs(urlsplit(self.path).query)
        if "maxResults" in asked:
            start = int(asked.get("pageToken", ["0"])[0])
            answer = json.loads(body)
            following = {"nextPageToken": str(start + 2)} if len(answer["items"]) > start + 2 else {}
            body = json.dumps({"items": answer["items"][start : start + 2], **following}).encode()
            headers = {"Content-Type": "application/json"}
        super()._answer(status, headers, body)


def test_google_is_listed_page_by_page(open_storage):
    storage = open_storage("gcs")
    bucket = storage.bucket("pages")
    names = [f"folder-{number % 2}/{number}.txt" for number in range(5)]
    for name in names:
        storage.client.pipe_file(f"{bucket}/{name}", b"text")
    with serving(Paging, upstream=storage.port, faults=[], breaks="", asked=[]) as proxy:
        storage.lead_to(proxy.server_port)
        assert [ref.path for ref in sources.list_files(f"gs://{bucket}", "s", "t")] == sorted(names)
        assert len(proxy.asked) == 3


@pytest.mark.slow
def test_azure_is_listed_page_by_page(open_storage):
    storage = open_storage("azure")
    bucket = storage.bucket("pages")
    names = [f"folder-{number % 7}/{number:04}.txt" for number in range(2100)]
    storage.client.pipe({f"{bucket}/{name}": b"text" for name in names})
    with serving(Breaking, upstream=storage.port, faults=[], breaks="", asked=[]) as proxy:
        storage.lead_to(proxy.server_port)
        assert [ref.path for ref in sources.list_files(f"az://{bucket}", "s", "t")] == sorted(names)
        assert len(proxy.asked) == 3
