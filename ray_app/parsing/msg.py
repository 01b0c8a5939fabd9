"""Outlook messages (msg) by python-oxmsg: turned into an e-mail, and read as one."""

from __future__ import annotations

import mimetypes
from dataclasses import replace
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from ray_app.errors import ParsingError
from ray_app.parsing import media
from ray_app.parsing.decode import decode
from ray_app.parsing.email import read_message
from ray_app.parsing.rtf import rtf_text
from ray_app.records import Parsed
from ray_app.settings import ParsingSettings

if TYPE_CHECKING:
    from oxmsg import Message

# MS-OXPROPS: PidTagSubject, PidTagBody, PidTagHtml; PidTagRecipientType, PidTagRtfCompressed, PidTagDisplayName and the
# sub-storage of a message in a message.
_SUBJECT, _BODY, _HTML = 0x0037, 0x1000, 0x1013
_RECIPIENT_TYPE, _RTF_COMPRESSED, _DISPLAY_NAME, _SHORT_NAME = 0x0C15, 0x1009, 0x3001, 0x3704
_EMBEDDED = "__substg1.0_3701000D"
_PROPERTIES = "__properties_version1.0"
_RECIPIENT_HEADERS = {1: "To", 2: "Cc"}


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """One page with headers and body; attachments are children, messages within it as `.eml` files.

    Raises ParsingError(damaged) where it cannot be opened.
    """
    from oxmsg import Message

    try:
        message = as_email(Message.load(data))
    except MemoryError:
        raise
    except Exception as error:  # oxmsg raises whatever a broken property leads it to
        raise ParsingError(
            "damaged", f"cannot be opened as an Outlook message: {type(error).__name__}: {error}"
        ) from error
    return replace(read_message(message), media_type=media.MSG)


def as_email(source: Message) -> EmailMessage:
    """The same message in the form of mail."""
    message = EmailMessage()
    for name, value in _headers(source).items():
        if value:
            message[name] = " ".join(value.split())  # a line end would begin another header
    message.set_content(_string(source, _BODY) or _rtf_text(source))
    markup, charset = _markup(source)
    if markup:
        message.add_alternative(markup, maintype="text", subtype="html", params={"charset": charset})
    for attachment in source.attachments:
        _attach(message, attachment)
    return message


def _headers(source: Message) -> dict[str, str]:
    sent = source.sent_date
    return {
        "From": source.sender or "",
        **{name: _recipients(source, kind) for kind, name in _RECIPIENT_HEADERS.items()},
        "Date": format_datetime(sent) if sent else source.message_headers.get("Date", ""),
        "Subject": _string(source, _SUBJECT),
    }


def _string(source: Message, key: int) -> str:
    """A property that is text, "" where there is none. Bytes that do not fit its code page decide for themselves."""
    try:
        return source.properties.str_prop_value(key) or ""
    except UnicodeDecodeError as error:
        wide = error.encoding.startswith("utf-16")  # cut off within a character
        return error.object.decode("utf-16-le", "replace") if wide else decode(error.object)


def _markup(source: Message) -> tuple[bytes, str]:
    """The HTML body and its encoding, which is not always true: the reader of mail finds that out."""
    data = source.properties.binary_prop_value(_HTML)
    return (data, source.properties.body_encoding) if data else (_string(source, _HTML).encode(), "utf-8")


def _recipients(source: Message, kind: int) -> str:
    named = (who for who in source.recipients if who.name or who.email_address)
    chosen = (who for who in named if (who.properties.int_prop_value(_RECIPIENT_TYPE) or 1) == kind)
    return ", ".join(_address(who.name, who.email_address) for who in chosen)


def _address(name: str, address: str) -> str:
    quoted = name.replace('"', "'")
    if "@" not in address:  # the internal name of an Exchange account tells people nothing
        return f'"{quoted or address}"'
    return f'"{quoted}" <{address}>' if quoted and quoted != address else address


def _rtf_text(source: Message) -> str:
    from compressed_rtf import decompress

    packed = source.properties.binary_prop_value(_RTF_COMPRESSED)
    return rtf_text(decompress(packed).decode("cp1252", "replace")) if packed else ""


def _attach(message: EmailMessage, attachment: Any) -> None:
    from oxmsg import Message

    name = attachment.file_name or attachment.properties.str_prop_value(_SHORT_NAME)
    inner = next((part for part in attachment._storage.storages if part.name == _EMBEDDED), None)
    if inner is not None:
        embedded = as_email(Message(_as_top_level(inner)))
        message.add_attachment(embedded, filename=f"{embedded['Subject'] or name or 'message'}.eml")
        return
    guessed = mimetypes.guess_type(name or "")[0] or media.UNKNOWN
    kind, _, subtype = (media.UNKNOWN if guessed.startswith(("message/", "multipart/")) else guessed).partition("/")
    message.add_attachment(attachment.file_bytes or b"", maintype=kind, subtype=subtype, filename=name or "unnamed")


def _as_top_level(storage: Any) -> Any:
    """A message within another has 8 bytes fewer before its properties (MS-OXMSG 2.4.1); oxmsg expects them."""
    streams = (
        replace(stream, bytes_=stream.bytes_[:24] + bytes(8) + stream.bytes_[24:])
        if stream.name == _PROPERTIES
        else stream
        for stream in storage.streams
    )
    return replace(storage, streams=tuple(streams))
