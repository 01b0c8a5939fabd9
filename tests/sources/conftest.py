"""The servers of the session, and places of every kind with the same three files or messages."""

from __future__ import annotations

import json
import mailbox
import os
import shutil
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from imapclient import IMAPClient
from pydantic import SecretStr

from ray_app.settings import SourceSettings
from ray_app.sources import imap as imap_kind
from tests.sources import servers

# Read when gcsfs is imported: what it asks of a bucket by gRPC is more than the emulator has.
os.environ["GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT"] = "false"

FILES = {"a.txt": b"first", "folder/b.txt": b"second, longer", "folder/deep/c æ.txt": b"third"}


@dataclass
class Place:
    """A source with three documents in it, and how one of them is taken away."""

    uri: str
    settings: SourceSettings
    contents: list[bytes]
    remove: Callable[[str], object]

    @property
    def nowhere(self) -> str:
        """A URL of this kind where nothing is."""
        if "///" in self.uri:
            return self.uri.replace("///", "///nowhere/", 1)
        return f"{self.uri.rstrip('/')}/nowhere"


@pytest.fixture(scope="session")
def s3_port() -> Iterator[int]:
    with servers.s3_server() as port:
        yield port


@pytest.fixture(scope="session")
def gcs_port() -> Iterator[int]:
    with servers.gcs_server() as port:
        yield port


@pytest.fixture(scope="session")
def azure_port() -> Iterator[int]:
    if not servers.AZURITE.exists():
        pytest.skip("Azurite is not installed: npm ci --prefix tests/sources")
    with servers.azure_server() as port:
        yield port


@dataclass
class Storage:
    """An object storage on this machine: where its server is, and a filesystem to fill it with."""

    scheme: str
    port: int
    client: Any
    lead_to: Callable[[int], None]
    """Has sources reach it at another port, a proxy's."""

    def bucket(self, name: str) -> str:
        """Makes a bucket that no other test uses; gives its name."""
        self.client.mkdir(unique := f"{name}-{uuid.uuid4().hex[:12]}")
        return unique


def _s3_storage(port: int, patch: pytest.MonkeyPatch) -> Storage:
    from s3fs import S3FileSystem

    def lead_to(port: int) -> None:
        patch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{port}")
        S3FileSystem.clear_instance_cache()

    for name, value in {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        patch.setenv(name, value)
    lead_to(port)
    return Storage("s3", port, S3FileSystem(skip_instance_cache=True, use_listings_cache=False), lead_to)


def _gcs_storage(port: int, patch: pytest.MonkeyPatch) -> Storage:
    from gcsfs import GCSFileSystem

    def lead_to(port: int) -> None:
        patch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
        GCSFileSystem.clear_instance_cache()

    lead_to(port)
    client = GCSFileSystem(endpoint_url=f"http://127.0.0.1:{port}", skip_instance_cache=True, use_listings_cache=False)
    return Storage("gs", port, client, lead_to)


def _azure_storage(port: int, patch: pytest.MonkeyPatch) -> Storage:
    from adlfs import AzureBlobFileSystem

    def lead_to(port: int) -> None:
        account = f"AccountName={servers.AZURE_ACCOUNT};AccountKey={servers.AZURE_KEY}"
        endpoint = f"BlobEndpoint=http://127.0.0.1:{port}/{servers.AZURE_ACCOUNT}"
        patch.setenv("AZURE_STORAGE_CONNECTION_STRING", f"DefaultEndpointsProtocol=http;{account};{endpoint};")
        AzureBlobFileSystem.clear_instance_cache()

    lead_to(port)
    return Storage("az", port, AzureBlobFileSystem(skip_instance_cache=True, use_listings_cache=False), lead_to)


STORAGES = {"s3": _s3_storage, "gcs": _gcs_storage, "azure": _azure_storage}


@pytest.fixture
def open_storage(request, monkeypatch) -> Callable[[str], Storage]:
    """A storage by its provider, with the environment that leads sources there."""
    return lambda provider: STORAGES[provider](request.getfixturevalue(f"{provider}_port"), monkeypatch)


@pytest.fixture(params=STORAGES)
def storage(request, open_storage) -> Storage:
    return open_storage(request.param)


@pytest.fixture
def s3(open_storage) -> Any:
    """A client of the S3 server, with the environment that leads s3fs there."""
    return open_storage("s3").client


@pytest.fixture(params=["folder", *STORAGES])
def writable(request, tmp_path) -> str:
    """A URL below which can be written, on a disk and in each storage."""
    if request.param == "folder":
        return str(tmp_path / "100% æ")
    storage = request.getfixturevalue("open_storage")(request.param)
    return f"{storage.scheme}://{storage.bucket('writable')}/copies"


@pytest.fixture(scope="session")
def imap() -> Iterator[servers.ImapServer]:
    if not shutil.which("dovecot"):
        pytest.skip("dovecot is not installed: Debian's package is dovecot-imapd")
    with servers.imap_server() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(server.certificate))
        yield server
        for session in imap_kind._local.__dict__.get("sessions", {}).values():
            imap_kind._hang_up(session.client)


def write_files(folder: Path) -> None:
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def message(number: int, *, identity: str | None = None) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = "anna@example.org", "bo@example.org"
    mail["Subject"] = f"Message {number}"
    mail["Date"] = f"Mon, 0{number} Jun 2026 10:00:00 +0200"
    mail["Message-ID"] = identity or f"<{number}/x@example.org>"
    mail.set_content(f"Text of message {number}.\n")
    return mail.as_bytes()


MESSAGES = [message(number) for number in (1, 2, 3)]


def imap_settings(user: str) -> SourceSettings:
    return SourceSettings(attempts=1, passwords={f"{user}@localhost": SecretStr(servers.PASSWORD)})


def login(server: servers.ImapServer, user: str) -> IMAPClient:
    client = IMAPClient("localhost", port=server.plain, ssl=False)
    client.login(user, servers.PASSWORD)
    return client


def _local(folder, request) -> Place:
    write_files(folder / "place")
    top = folder / "place"
    return Place(str(top), SourceSettings(attempts=1), sorted(FILES.values()), lambda path: (top / path).unlink())


def _in_bucket(provider: str, folder, request) -> Place:
    storage = request.getfixturevalue("open_storage")(provider)
    client, bucket = storage.client, storage.bucket("contract")
    for name, data in FILES.items():
        client.pipe_file(f"{bucket}/top/{name}", data)
    client.pipe_file(f"{bucket}/top-of-another/x.txt", b"not below top")
    return Place(
        f"{storage.scheme}://{bucket}/top",
        SourceSettings(attempts=1),
        sorted(FILES.values()),
        lambda path: client.rm_file(f"{bucket}/top/{path}"),
    )


def _http(folder, request) -> Place:
    write_files(folder / "www" / "top")
    server = servers.folder_server(folder / "www")
    url = server.__enter__().url
    request.addfinalizer(lambda: server.__exit__(None, None, None))
    settings = SourceSettings(attempts=1, allow_private_addresses=True)
    top = folder / "www" / "top"
    return Place(f"{url}/top/", settings, sorted(FILES.values()), lambda path: (top / path).unlink())


def _zip(folder, request) -> Place:
    archive = folder / "an archive.zip"

    def write(without: str = "") -> None:
        with zipfile.ZipFile(archive, "w") as opened:
            for name in sorted(set(FILES) - {without}, reverse=True):
                opened.writestr(name, FILES[name])

    write()
    return Place(f"zip://::file://{archive}", SourceSettings(attempts=1), sorted(FILES.values()), write)


def _mbox(folder, request) -> Place:
    path = folder / "archive.mbox"

    def write(without: str = "") -> None:
        path.unlink(missing_ok=True)
        box = mailbox.mbox(path)
        for number, data in enumerate(MESSAGES, 1):
            if not without.startswith(f"{number}%2F"):
                box.add(data)
        box.close()

    write()
    return Place(f"mbox://{path}", SourceSettings(attempts=1), MESSAGES, write)


def _maildir(folder, request) -> Place:
    box = mailbox.Maildir(folder / "Maildir", create=True)
    box.add(MESSAGES[0])
    box.add_folder("Archive").add(MESSAGES[1])
    box.add_folder("Archive.2020").add(MESSAGES[2])

    def remove(path: str) -> None:
        unique = path.rsplit("/", 1)[-1].removesuffix(".eml").replace("%3A", ":")
        (found,) = (folder / "Maildir").glob(f"**/*{unique}*")
        found.unlink()

    return Place(f"maildir://{folder}/Maildir", SourceSettings(attempts=1), MESSAGES, remove)


def _imap(folder, request) -> Place:
    server = request.getfixturevalue("imap")
    user = f"user{abs(hash(str(folder))) % 10**9}"
    with login(server, user) as client:
        for name in ("Archive", "Archive.2020"):
            client.create_folder(name)
        for name, data in zip(("INBOX", "Archive", "Archive.2020"), MESSAGES, strict=True):
            client.append(name, data.replace(b"\n", b"\r\n"))

    def remove(path: str) -> None:
        with login(server, user) as client:
            *parts, uid = path.removesuffix(".eml").split("/")
            client.select_folder(".".join(parts))
            client.delete_messages([int(uid)])
            client.expunge()

    contents = [data.replace(b"\n", b"\r\n") for data in MESSAGES]
    return Place(server.url(user), imap_settings(user), contents, remove)


KINDS = {
    "local": _local,
    **{provider: partial(_in_bucket, provider) for provider in STORAGES},
    "http": _http,
    "zip": _zip,
    "mbox": _mbox,
    "maildir": _maildir,
    "imap": _imap,
}


@pytest.fixture(params=KINDS)
def place(request, tmp_path) -> Place:
    return KINDS[request.param](tmp_path, request)


def as_environment(passwords: dict[str, str]) -> dict[str, str]:
    return {"RAY_APP_SOURCES__PASSWORDS": json.dumps(passwords)}
