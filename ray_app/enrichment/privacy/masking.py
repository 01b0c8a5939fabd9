"""Personal values made unreadable: masked for people, hashed for counting, taken out of a text."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import unicodedata
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from ray_app.errors import ConfigurationError
from ray_app.settings.privacy import PrivacySettings

# Half of SHA-256's output: a shorter key would be easier to try than the hash (RFC 2104, section 3).
_KEY_BYTES = 16
_WORD = re.compile(r"[^\W_]+")
_CPR_DATE = re.compile(r"\d{6}(?=-?\d{4}$)")


def mask(value: str, kind: str) -> str:
    """A value as people may see it who know it already: `j***@example.com`, `010190-****`, `A. J.`.

    `value` is a mention's normal form. Of e-mail addresses the domain stays, of names the initials, of a CPR number
    the date of birth, of IP addresses and URLs the network and the host; of other numbers four characters at most
    and a third at most. Organisations and places stay as they are: they are nobody's.
    """
    return _MASKS.get(kind, _mask_number)(value)


def digest(value: str, kind: str, secret: bytes) -> str:
    """HMAC-SHA256 of a value in its normal form, 64 hexadecimal digits: equal where kind and value are.

    Whoever has the key can try all numbers of a kind; without it the value is safe.
    Raises ConfigurationError for a key of less than 16 bytes.
    """
    if len(secret) < _KEY_BYTES:
        raise ConfigurationError(f"the key of hashes has {len(secret)} bytes; at least {_KEY_BYTES} are needed")
    message = f"{kind}\0{unicodedata.normalize('NFC', value)}"
    return hmac.new(secret, message.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def kept_value(value: str, kind: str, settings: PrivacySettings) -> str:
    """As much of a value as is to be kept: equal values are kept as equal ones."""
    if settings.values == "plain":
        return value
    if settings.values == "masked":
        return mask(value, kind)
    assert settings.hash_key  # the settings see to it
    return digest(value, kind, settings.hash_key.get_secret_value().encode())


def redact(text: str, spans: Iterable[tuple[int, int, str]]) -> str:
    """The text with `[kind]` in place of each span (start, end, kind).

    A placeholder says what stood there and, unlike blocks of the same length, not how long it was; positions behind it
    move. Spans that overlap become one, named after the longest of them. Raises ValueError for a span outside the text.
    """
    pieces = []
    done = 0
    for start, end, kind in _merged(spans, len(text)):
        pieces += [text[done:start], f"[{kind}]"]
        done = end
    return "".join([*pieces, text[done:]])


def _merged(spans: Iterable[tuple[int, int, str]], length: int) -> list[tuple[int, int, str]]:
    """Spans in order, without overlaps and empty ones."""
    merged: list[tuple[int, int, str]] = []
    longest = 0
    for start, end, kind in sorted(spans):
        if not 0 <= start <= end <= length:
            raise ValueError(f"the span {start}:{end} is outside a text of {length} characters")
        if start == end:
            continue
        if merged and start < merged[-1][1]:
            begin, until, name = merged[-1]
            merged[-1] = (begin, max(until, end), kind if end - start > longest else name)
            longest = max(longest, end - start)
        else:
            merged.append((start, end, kind))
            longest = end - start
    return merged


def _mask_number(value: str) -> str:
    """The last characters stay, and whatever is neither letter nor digit."""
    shown = min(4, sum(map(str.isalnum, value)) // 3)
    hidden = sum(map(str.isalnum, value)) - shown
    masked = []
    for character in value:
        masked.append("*" if character.isalnum() and hidden > 0 else character)
        hidden -= character.isalnum()
    return "".join(masked)


def _mask_email(value: str) -> str:
    local, at, domain = value.rpartition("@")
    return f"{local[:1] if len(local) > 1 else ''}***@{domain}" if at else "***"


def _mask_card(value: str) -> str:
    digits = "".join(filter(str.isdigit, value))
    hidden = "*" * (len(digits) - 4) + digits[-4:] if len(digits) >= 12 else "*" * len(digits)
    return _in_fours(hidden)


def _mask_iban(value: str) -> str:
    compact = "".join(filter(str.isalnum, value))
    return _in_fours(compact[:2] + "*" * (len(compact) - 6) + compact[-4:]) if len(compact) >= 15 else "***"


def _in_fours(text: str) -> str:
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def _mask_phone(value: str) -> str:
    """Two digits stay: a number of few digits would be found by four."""
    digits = "".join(filter(str.isdigit, value))
    shown = 2 if len(digits) >= 6 else 0
    return ("+" if value.startswith("+") else "") + "*" * (len(digits) - shown) + digits[len(digits) - shown :]


def _mask_cpr(value: str) -> str:
    date = _CPR_DATE.match(value)
    return f"{date[0]}-****" if date else _mask_number(value)


def _mask_name(value: str) -> str:
    return " ".join(f"{word[0].upper()}." for word in _WORD.findall(value))


def _mask_ip(value: str) -> str:
    """The network stays: 16 bits of IPv4, 32 of IPv6."""
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return "***"
    if isinstance(address, ipaddress.IPv4Address):
        return ".".join([*str(address).split(".")[:2], "*", "*"])
    return ":".join([*address.exploded.split(":")[:2], "*"])


def _mask_url(value: str) -> str:
    """Users, passwords, paths and queries name people; hosts seldom do."""
    try:
        parts = urlsplit(value if "//" in value else f"//{value}")
        host = parts.hostname or ""
    except ValueError:
        return "***"
    return f"{parts.scheme + '://' if parts.scheme else ''}{host}/***" if host else "***"


def _stays(value: str) -> str:
    return value


_MASKS: dict[str, Callable[[str], str]] = {
    "email": _mask_email,
    "card": _mask_card,
    "iban": _mask_iban,
    "phone": _mask_phone,
    "dk.cpr": _mask_cpr,
    "person": _mask_name,
    "ip": _mask_ip,
    "url": _mask_url,
    "organisation": _stays,
    "place": _stays,
}
