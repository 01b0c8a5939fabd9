"""Real servers on loopback ports: object storages, IMAP (dovecot), HTTP, and a proxy that breaks what it is told to."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.conftest import free_port

PASSWORD = "secret"
_DOVECOT = """
base_dir = {home}/run
log_path = {home}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{home}/cert.pem
ssl_key = <{home}/key.pem
service imap-login {{
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {secure}
    ssl = yes
  }}
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={home}/mail/%n
}}
mail_location = maildir:~/Maildir
first_valid_uid = 1
mail_max_userip_connections = 100
namespace inbox {{
  inbox = yes
  separator = .
}}
"""


def wait_for_port(port: int, process: subprocess.Popen[bytes], timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the server does not listen")


AZURITE = Path(__file__).parent / "node_modules" / ".bin" / "azurite-blob"
# The account and key that Azurite is documented to have.
AZURE_ACCOUNT = "devstoreaccount1"
AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def s3_server() -> AbstractContextManager[int]:
    """moto's S3 server; gives its port."""
    return _server(lambda port: [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", port])


def gcs_server() -> AbstractContextManager[int]:
    """The emulator of Google Cloud Storage that is on PyPI; gives its port."""
    module = [sys.executable, "-m", "gcp_storage_emulator", "start", "--in-memory"]
    return _server(lambda port: [*module, "--host", "127.0.0.1", "--port", port])


def azure_server() -> AbstractContextManager[int]:
    """Azurite, Microsoft's emulator of Azure Blob Storage; gives its port."""
    options = ["--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck"]
    return _server(lambda port: [os.fspath(AZURITE), "--blobHost", "127.0.0.1", "--blobPort", port, *options])


@contextmanager
def _server(command: Callable[[str], list[str]]) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen(command(str(port)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


class ImapServer:
    """Where dovecot listens, and what it needs to be trusted."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.plain, self.secure = free_port(), free_port()
        self.certificate = home / "cert.pem"

    def url(self, user: str, folder: str = "", *, secure: bool = False) -> str:
        scheme, port = ("imaps", self.secure) if secure else ("imap", self.plain)
        return f"{scheme}://{user}@localhost:{port}" + (f"/{folder}" if folder else "")


@contextmanager
def imap_server() -> Iterator[ImapServer]:
    """Debian's dovecot with a configuration of its own; every user has the same password."""
    home = Path(tempfile.mkdtemp(prefix="dovecot-"))  # pytest's own folders are closed to dovecot's users
    home.chmod(0o755)
    server = ImapServer(home)
    (home / "mail").mkdir()
    shutil.chown(home / "mail", "mail", "mail")
    _make_certificate(home)
    config = _DOVECOT.format(home=home, plain=server.plain, secure=server.secure, password=PASSWORD)
    (home / "dovecot.conf").write_text(config)
    process = subprocess.Popen(["dovecot", "-F", "-c", str(home / "dovecot.conf")])
    try:
        wait_for_port(server.plain, process)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        shutil.rmtree(home, ignore_errors=True)


def _make_certificate(home: Path) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run([*command, *names], cwd=home, check=True, capture_output=True)


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler] | partial[BaseHTTPRequestHandler], **state: object) -> Iterator[Any]:
    """An HTTP server in a thread, with its `url`; `state` is what handlers find on their server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    vars(server).update(state, url=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Files(SimpleHTTPRequestHandler):
    """Serves a folder, with pages that list it."""

    def log_message(self, *args: object) -> None:
        pass


def folder_server(folder: Path):
    return serving(partial(Files, directory=os.fspath(folder)))


class Scripted(BaseHTTPRequestHandler):
    """Answers each path as `server.answers` has it: a status, headers, a body; counts requests in `server.asked`."""

    def do_GET(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        status, headers, body = self.server.answers.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *args: object) -> None:
        pass


class Breaking(BaseHTTPRequestHandler):
    """Passes requests on to `server.upstream`, but for `server.faults`, on paths with `server.breaks` in them."""

    def do_GET(self) -> None:
        fault = self.server.faults.pop(0) if self.server.faults and self.server.breaks in self.path else ""
        self.server.asked.append(f"{self.path} {fault}".strip())
        if fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.close_connection = True
            self.connection.close()
        elif fault == "silent":
            self.server.ended.wait()
            self.close_connection = True
        elif fault.isdigit():
            code = {"503": "SlowDown", "403": "AccessDenied", "429": "TooManyRequests"}.get(fault, "InternalError")
            self._answer(int(fault), {}, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())
        else:
            self._pass_on(fault)

    do_HEAD = do_GET

    def _pass_on(self, fault: str) -> None:
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.upstream)
        upstream.request(self.command, self.path, headers=dict(self.headers))
        answer = upstream.getresponse()
        body = answer.read()
        kept = {name: value for name, value in answer.getheaders() if name.lower() not in ("transfer-encoding", "date")}
        upstream.close()
        if fault == "short":  # fewer bytes, and a header that says so: only the listed size can tell
            body = body[: len(body) // 2]
            kept = {name: value for name, value in kept.items() if "checksum" not in name.lower()}
            kept["Content-Length"] = str(len(body))
        self._answer(answer.status, kept, {"broken": body[:3], "corrupt": body[::-1]}.get(fault, body))

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        names = {name.lower() for name in headers}
        if "content-length" not in names:
            self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass
