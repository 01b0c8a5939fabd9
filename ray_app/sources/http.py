"""Web servers: a page that lists files, with the pages below it, or a single file.

Addresses that are not public are refused, where the settings do not allow them, when a socket is about to connect:
whatever a name stood for before, and wherever a redirect leads. Proxies of the environment are not used.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Callable, Coroutine, Iterator
from email.utils import parsedate_to_datetime
from functools import partial
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import unquote

import aiohttp
from fsspec.asyn import sync
from fsspec.implementations.http import HTTPFileSystem
from yarl import URL

from ray_app.errors import SourceError
from ray_app.records import FileRef
from ray_app.settings import SourceSettings
from ray_app.sources.failures import AddressRefused, is_passing, retried, told, too_large

T = TypeVar("T")

# Files whose headers are asked for at the same time.
_BATCH = 16
_CHUNK = 1 << 16
# Servers of cloud machines' credentials that lie at public addresses.
_METADATA = {ipaddress.ip_address("168.63.129.16")}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def root(uri: str, settings: SourceSettings) -> str:
    """The URL in its normal form, without a slash at its end. Raises SourceError where it does not answer."""
    url = URL(uri)
    if url.user or url.password:
        raise SourceError(f"{url.with_user(None)}: a URL with a password in it is not kept: leave it out")
    normal = str(url.with_fragment(None)).rstrip("/")
    with told(normal):
        fs = filesystem(settings)
        if not _is_page(fs, normal):
            _run(fs, lambda: _headers(fs, normal))
    return normal


def list_files(uri: str, source: str, tenant: str, settings: SourceSettings) -> Iterator[FileRef]:
    """The file itself, or every file that the page names below itself: page by page, sorted by name."""
    with told(uri):
        fs = filesystem(settings)
        if not retried(settings, _is_page, fs, uri):
            headers = retried(settings, _run, fs, lambda: _headers(fs, uri))
            yield _ref(uri, unquote(URL(uri).name) or "index.html", headers, source, tenant)
            return
        urls = _links(fs, f"{uri.rstrip('/')}/", settings)
        while batch := list(islice(urls, _BATCH)):
            answers = retried(settings, _run, fs, partial(_all_headers, fs, batch))
            for url, headers in zip(batch, answers, strict=True):
                if headers is not None:
                    yield _ref(url, unquote(url[len(uri.rstrip("/")) + 1 :]), headers, source, tenant)


def read(ref: FileRef, max_bytes: int, settings: SourceSettings) -> bytes:
    """The file's bytes. Raises SourceError where it is gone, unreadable or too large."""
    with told(ref.uri):
        fs = filesystem(settings)
        return _run(fs, lambda: _get(fs, ref.uri, max_bytes))


def filesystem(settings: SourceSettings) -> HTTPFileSystem:
    """An fsspec filesystem that connects to allowed addresses only."""
    return HTTPFileSystem(
        simple_links=False,
        encoded=True,
        get_client=_client,
        client_kwargs={"timeout_s": settings.timeout_s, "allow_private": settings.allow_private_addresses},
        use_listings_cache=False,
    )


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, also where IPv6 only wraps an IPv4 address."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        wrapped = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            wrapped = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if wrapped:
            return is_public(str(wrapped))
    return ip.is_global and not ip.is_multicast and ip not in _METADATA


async def _client(*, loop: asyncio.AbstractEventLoop, timeout_s: float, allow_private: bool) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector(allow_private=allow_private, setting="sources.allow_private_addresses"),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=timeout_s, sock_read=timeout_s),
        headers={"Accept-Encoding": "identity"},  # sizes are those of the files themselves
    )


def connector(*, allow_private: bool, setting: str) -> aiohttp.TCPConnector:
    """Connects to public addresses only, or to any; `setting` is what to name where one is refused."""
    return aiohttp.TCPConnector(socket_factory=None if allow_private else partial(_guarded_socket, setting))


def _guarded_socket(setting: str, info: aiohttp.AddrInfoType) -> socket.socket:
    """A socket for the address that is connected to next: nothing is resolved after this."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        # One text for every address of a host: aiohappyeyeballs then raises this very error.
        raise AddressRefused(f"leads to an address that is not public (setting {setting})")
    return socket.socket(family, kind, protocol)


def _run(fs: HTTPFileSystem, start: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Runs a coroutine in fsspec's own thread, where the connections live."""
    result: T = sync(fs.loop, start)
    return result


def _is_page(fs: HTTPFileSystem, url: str) -> bool:
    """Whether the URL with a slash at its end is a page: servers redirect there, or answer both."""
    if URL(url).path == "/":
        return True
    try:
        found = _run(fs, lambda: _headers(fs, url))
    except (aiohttp.ClientResponseError, FileNotFoundError):
        found = {"Content-Type": "text/html"}
    if found.get("url", "").endswith("/"):
        return True
    return found.get("Content-Type", "").startswith("text/html") and _is_html(fs, f"{url}/")


def _is_html(fs: HTTPFileSystem, url: str) -> bool:
    try:
        return _run(fs, lambda: _headers(fs, url)).get("Content-Type", "").startswith("text/html")
    except aiohttp.ClientResponseError as error:
        if is_passing(error):
            raise
        return False


def _links(fs: HTTPFileSystem, page: str, settings: SourceSettings) -> Iterator[str]:
    """The URLs of files below a page, and below the pages that it leads to, each once."""
    seen: set[int] = set()  # hashes take a tenth of the memory
    pages = [page]
    while pages:
        folder = pages.pop()
        links = {str(URL(link).with_fragment(None)) for link in retried(settings, fs.ls, folder, False)}
        below = sorted(link for link in links if link.startswith(folder) and not _is_left_out(link[len(page) :]))
        fresh = [link for link in below if hash(link) not in seen]
        seen.update(hash(link) for link in fresh)
        pages += [link for link in reversed(fresh) if link.endswith("/")]
        yield from (link for link in fresh if not link.endswith("/"))


def _is_left_out(relative: str) -> bool:
    """The page itself, hidden files, and links that only sort or filter a page."""
    return not relative or "?" in relative or any(part.startswith(".") for part in relative.split("/"))


async def _headers(fs: HTTPFileSystem, url: str) -> dict[str, str]:
    """The answer's headers, and `url`, where redirects led. A server without HEAD is asked by GET."""
    session = await fs.set_session()
    for method in ("HEAD", "GET"):
        async with session.request(method, URL(url, encoded=True), allow_redirects=True) as response:
            if method == "HEAD" and response.status in (405, 501):
                continue
            response.raise_for_status()
            wanted = ("ETag", "Last-Modified", "Content-Length", "Content-Type")
            found = {name: response.headers[name] for name in wanted if name in response.headers}
            return {**found, "url": str(response.url)}
    raise AssertionError("GET returns or raises")


async def _all_headers(fs: HTTPFileSystem, urls: list[str]) -> list[dict[str, str] | None]:
    """Of each URL; None where a link leads nowhere, {} where the server refuses: reading it will tell why."""
    answers = await asyncio.gather(*(_headers(fs, url) for url in urls), return_exceptions=True)
    return [_headers_or_raise(answer) for answer in answers]


def _headers_or_raise(answer: dict[str, str] | BaseException) -> dict[str, str] | None:
    if isinstance(answer, dict):
        return answer
    if not isinstance(answer, aiohttp.ClientResponseError) or is_passing(answer):
        raise answer
    return None if answer.status in (404, 410) else {}


async def _get(fs: HTTPFileSystem, url: str, max_bytes: int) -> bytes:
    """At most one byte over the limit is taken in; aiohttp raises where the answer breaks off."""
    session = await fs.set_session()
    async with session.get(URL(url, encoded=True)) as response:
        response.raise_for_status()
        data = bytearray()
        while chunk := await response.content.read(min(_CHUNK, max_bytes + 1 - len(data))):
            data += chunk
            if len(data) > max_bytes:
                raise too_large(url, max_bytes)
        return bytes(data)


def _ref(url: str, path: str, headers: dict[str, str], source: str, tenant: str) -> FileRef:
    etag, changed = headers.get("ETag", ""), headers.get("Last-Modified", "")
    if not etag and not changed:
        etag = f"unknown-{time.time_ns()}"  # it may have changed: every run reads it
    return FileRef(url, path, source, tenant, int(headers.get("Content-Length", 0)), _seconds(changed), etag)


def _seconds(date: str) -> float:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return 0.0
