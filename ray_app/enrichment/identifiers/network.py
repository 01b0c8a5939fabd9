"""E-mail addresses, web addresses, IP addresses."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import unquote, urlsplit

from ray_app.enrichment.identifiers.context import words
from ray_app.enrichment.identifiers.rule import Rule, form

_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
# %40 is the @ of an address inside a web address.
# A sign before it is a bullet or emphasis, as in `-anna@firma.dk`; an underscore belongs to it unless one follows too.
_EMAIL = re.compile(
    r"[\w](?<![^\W_]\w)(?<![^\W_][_%+-]\w)(?:(?<=(_))|(?<!_))"
    rf"[\w%+&'-]{{0,63}}(?:\.[\w%+&'-]{{1,63}}){{0,8}}(?:@|%40)(?:{_LABEL}\.){{1,8}}(?:[^\W\d_]{{2,24}}|xn--[\w-]{{2,59}})"
    r"(?![^\W_]|@)(?(1)(?!_))"
)
_NOT_LOCAL = re.compile(r"[^\w.%+&'-]")
_EMAIL_MOST, _LOCAL_MOST = 254, 64
# icon@2x.png
_FILES = ("png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "html")

_IN_URL = r"[^\s<>\"()\[\]{}|\\^`]"
_INSIDE = rf"(?:{_IN_URL}|\({_IN_URL}{{0,200}}\))"
_URL = re.compile(
    rf"[hHfFwW](?<!\w\w)(?:(?i:(?<=h)ttps?://|(?<=f)tps?://)(?:\[[0-9A-Fa-f:.]{{2,45}}\])?|(?i:(?<=w)ww\.(?=[^\W_])))"
    rf"{_INSIDE}{{0,2000}}(?:[\w/=&#%+~*$-]|(?<=\))|(?<=\]))"
)

_IP_WORDS = words(
    *(
        "ip",
        "ips",
        "ipv4",
        "ipv6",
        "address",
        "adresse",
        "host",
        "hostname",
        "server",
        "dns",
        "dhcp",
        "ping",
        "gateway",
    ),
    *("subnet", "vlan", "network", "netværk", "client", "router"),
)


def _read_email(candidate: str) -> str | None:
    local, _, domain = (candidate if "@" in candidate else unquote(candidate)).rpartition("@")
    address = f"{_NOT_LOCAL.split(local)[-1]}@{domain}"
    fits = len(address) <= _EMAIL_MOST and len(local) <= _LOCAL_MOST and domain.rpartition(".")[2].lower() not in _FILES
    return address.lower() if fits else None


def _read_url(candidate: str) -> str | None:
    """Its scheme and host in lower case; `http://` where it begins with www."""
    whole = candidate if "://" in candidate else f"http://{candidate}"
    try:
        parts = urlsplit(whole)
        host = parts.hostname
    except ValueError:
        return None
    if not host or not ("." in host or ":" in host or host == "localhost"):
        return None
    return parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower()).geturl()


def _read_ip(candidate: str) -> str | None:
    try:
        return str(ipaddress.ip_address(candidate))
    except ValueError:
        return None


def _telling_v4(candidate: str) -> str | None:
    """Numbers of sections and versions, and telephone numbers in pairs, have no part of three digits."""
    return _read_ip(candidate) if any(len(part) == 3 for part in candidate.split(".")) else None


def _private_v4(candidate: str) -> str | None:
    return _read_ip(candidate) if candidate.startswith("10.") else None


def _telling_v6(candidate: str) -> str | None:
    """`a::b` is C++, pairs of digits are a hardware address."""
    groups = candidate.split(":")
    telling = any(len(group) > 2 for group in groups) and len([group for group in groups if group]) >= 3
    return _read_ip(candidate) if telling or candidate.lower().startswith("fe80:") else None


_V4 = form("[0-9]", r"[0-9]{0,2}(?:\.[0-9]{1,3}){3}", before="[./]")
# A port may follow.
_V4_PORT = re.compile(r"[0-9](?<!\w[0-9])(?<![./][0-9])[0-9]{0,2}(?:\.[0-9]{1,3}){3}(?=[:/][0-9]{1,5}(?![\w/]|[.:]\w))")
_V6 = re.compile(r"[0-9A-Fa-f:](?<![\w:.][0-9A-Fa-f:])[0-9A-Fa-f:]{2,38}(?:\.[0-9]{1,3}){0,3}(?![\w:]|\.\w)")

RULES = (
    Rule("email", "form", _EMAIL, _read_email, 0.99, 0.99),
    Rule("url", "form", _URL, _read_url, 0.99, 0.99),
    *(Rule("ip", "form", shape, _telling_v4, 0.96, 0.98, _IP_WORDS) for shape in (_V4, _V4_PORT)),
    # One word for a whole list of them.
    *(Rule("ip", "private", shape, _private_v4, 0.0, 0.9, _IP_WORDS, reach=500) for shape in (_V4, _V4_PORT)),
    *(Rule("ip", "form", shape, _read_ip, 0.0, 0.95, _IP_WORDS) for shape in (_V4, _V4_PORT, _V6)),
    Rule("ip", "form", _V6, _telling_v6, 0.95, 0.98, _IP_WORDS),
)
