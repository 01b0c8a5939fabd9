"""Mailboxes on a server: `imaps://user@host/folder`, or without a folder the whole account.

The password comes from the setting sources.passwords. A message is known by its folder's UIDVALIDITY and its UID,
as IMAP has it: `imaps://user@host/INBOX/;UIDVALIDITY=1;UID=7`. Folders are opened for reading only, and no message
is marked as seen.
"""

from __future__ import annotations

import ipaddress
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import SplitResult, quote, unquote, urlsplit

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from ray_app.errors import ConfigurationError, SourceError
from ray_app.records import FileRef
from ray_app.settings import SourceSettings
from ray_app.sources.failures import retried, told, too_large
from ray_app.sources.mail import escaped, message_path

T = TypeVar("T")

# Messages asked for in one request.
_PAGE = 500
_MESSAGE = re.compile(r"(?P<folder>.+)/;UIDVALIDITY=(?P<validity>\d+);UID=(?P<uid>\d+)")
_local = threading.local()


@dataclass(slots=True)
class _Session:
    """A connection that is logged in; `folder` is the one that is open."""

    client: IMAPClient
    delimiter: str
    folder: str = ""
    validity: int = 0


def root(uri: str, settings: SourceSettings) -> str:
    """The URI in its normal form. Raises SourceError where the server, the account or the folder is not there."""
    with told("imap"):
        normal = _normal(urlsplit(uri))
    with told(normal):
        if not _folders(normal, settings):
            raise SourceError(f"{normal}: the account has no such folder")
    return normal


def list_files(uri: str, source: str, tenant: str, settings: SourceSettings) -> Iterator[FileRef]:
    """Every message of the folder and of those below it: folders by name, messages by UID."""
    account, _ = _account(uri)
    with told(uri):
        for parts in retried(settings, _folders, uri, settings):
            place = "/".join((account, *map(escaped, parts)))
            validity, uids = retried(settings, _uids, place, settings)
            for start in range(0, len(uids), _PAGE):
                page = retried(settings, _sizes, place, validity, uids[start : start + _PAGE], settings)
                for uid, size, received in page:
                    message = f"{place}/;UIDVALIDITY={validity};UID={uid}"
                    path = message_path(*_relative(uri, place), str(uid))
                    yield FileRef(message, path, source, tenant, size, received)


def read(ref: FileRef, max_bytes: int, settings: SourceSettings) -> bytes:
    """The message's bytes. Raises SourceError where it is gone or too large.

    IMAP tells how long an answer is, so that a broken one is noticed; the size that a server lists is not
    compared, for some only estimate it.
    """
    if ref.size > max_bytes:
        raise too_large(ref.uri, max_bytes)
    found = _MESSAGE.fullmatch(ref.uri)
    if not found:
        raise SourceError(f"{ref.uri}: not the URI of a message")
    uid, part = int(found["uid"]), f"BODY.PEEK[]<0.{max_bytes + 1}>"
    with told(ref.uri):
        answer = _in_folder(
            found["folder"], settings, int(found["validity"]), lambda session: session.client.fetch([uid], [part])
        )
    if uid not in answer:
        raise SourceError(f"{ref.uri}: the mailbox holds no such message")
    data = next(bytes(value) for name, value in answer[uid].items() if name.startswith(b"BODY[]"))
    if len(data) > max_bytes:
        raise too_large(ref.uri, max_bytes)
    return data


def _normal(url: SplitResult) -> str:
    if not url.username or not url.hostname:
        raise SourceError(f"{url.scheme}://: write {url.scheme}://USER@HOST/FOLDER")
    if url.password:
        raise SourceError(f"{url.scheme}://{url.hostname}: a password is not kept in a URL: see sources.passwords")
    host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    port = f":{url.port}" if url.port else ""
    account = f"{url.scheme}://{quote(unquote(url.username), safe='')}@{host}{port}"
    return "/".join((account, *(escaped(unquote(part)) for part in url.path.split("/") if part)))


def _folders(uri: str, settings: SourceSettings) -> list[list[str]]:
    """The folder that the URI names and those below it, as lists of names, sorted."""
    account, wanted = _account(uri)

    def ask(session: _Session) -> list[list[str]]:
        listed = [name for flags, _, name in session.client.list_folders() if b"\\Noselect" not in flags]
        return sorted(str(name).split(session.delimiter) if session.delimiter else [str(name)] for name in listed)

    return [parts for parts in _with_session(account, settings, ask) if parts[: len(wanted)] == wanted]


def _uids(place: str, settings: SourceSettings) -> tuple[int, list[int]]:
    return _in_folder(place, settings, None, lambda session: (session.validity, sorted(session.client.search())))


def _sizes(place: str, validity: int, uids: list[int], settings: SourceSettings) -> list[tuple[int, int, float]]:
    """UID, size and time of arrival; messages that went meanwhile are left out."""
    wanted = ["RFC822.SIZE", "INTERNALDATE"]
    answer = _in_folder(place, settings, validity, lambda session: session.client.fetch(uids, wanted))
    return [
        (uid, int(answer[uid][b"RFC822.SIZE"]), answer[uid][b"INTERNALDATE"].timestamp())
        for uid in uids
        if uid in answer
    ]


def _in_folder(place: str, settings: SourceSettings, validity: int | None, ask: Callable[[_Session], T]) -> T:
    """Asks with the folder open. Raises SourceError where its messages were numbered anew since `validity`."""
    account, parts = _account(place)

    def ask_there(session: _Session) -> T:
        folder = session.delimiter.join(parts)
        if validity is None or session.folder != folder:  # what a listing sees is not what was open before
            session.validity = int(session.client.select_folder(folder, readonly=True)[b"UIDVALIDITY"])
            session.folder = folder
        if validity not in (None, session.validity):
            raise SourceError(f"{place}: the server has numbered its messages anew: crawl it again")
        return ask(session)

    return _with_session(account, settings, ask_there)


def _with_session(account: str, settings: SourceSettings, ask: Callable[[_Session], T]) -> T:
    """Keeps a connection for each account and thread; one that failed is not used again."""
    sessions: dict[str, _Session] = _local.__dict__.setdefault("sessions", {})
    if account not in sessions:
        sessions[account] = _connect(account, settings)
    try:
        return ask(sessions[account])
    except SourceError:
        raise
    except Exception:
        _hang_up(sessions.pop(account).client)
        raise


def _connect(account: str, settings: SourceSettings) -> _Session:
    url = urlsplit(account)
    user, host = unquote(url.username or ""), url.hostname or ""
    password = settings.passwords.get(f"{user}@{host}")
    if password is None:
        raise ConfigurationError(f"{account}: the setting sources.passwords has none for {user}@{host}")
    context = ssl.create_default_context()
    secure = url.scheme == "imaps"
    client = IMAPClient(
        host, port=url.port, ssl=secure, ssl_context=context if secure else None, timeout=settings.timeout_s
    )
    try:
        if not secure:
            _encrypt(client, host, context)
        client.login(user, password.get_secret_value())
        client.normalise_times = False  # times with their zone
        return _Session(client, str((client.list_folders("", "") or [((), b"/", "")])[0][1].decode()))
    except LoginError as error:
        _hang_up(client)
        raise SourceError(f"{account}: the server refuses the password: {error}") from error
    except Exception:
        _hang_up(client)
        raise


def _hang_up(client: IMAPClient) -> None:
    with suppress(OSError, IMAPClientError):  # a broken connection cannot even be closed
        client.shutdown()


def _encrypt(client: IMAPClient, host: str, context: ssl.SSLContext) -> None:
    """A password goes over a line that others may read only where there is no such line."""
    if client.has_capability("STARTTLS"):
        client.starttls(context)
    elif not _is_loopback(host):
        raise SourceError(f"imap://{host}: the server offers no encryption: use imaps://")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _account(uri: str) -> tuple[str, list[str]]:
    """The account's URI, and the names of the folder and of those above it."""
    scheme, _, rest = uri.partition("://")
    account, _, folder = rest.partition("/")
    return f"{scheme}://{account}", [unquote(part) for part in folder.split("/")] if folder else []


def _relative(root_uri: str, place: str) -> list[str]:
    below = place[len(root_uri.rstrip("/")) :].strip("/")
    return [unquote(part) for part in below.split("/")] if below else []
