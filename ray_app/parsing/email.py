"""E-mail (RFC 5322): who wrote what to whom and when; attachments, and messages within it, as children."""

from __future__ import annotations

from collections.abc import Iterator
from email import policy
from email.message import EmailMessage, Message
from email.parser import BytesParser

from ray_app.parsing import media
from ray_app.parsing.decode import decode
from ray_app.parsing.html import parse_markup
from ray_app.records import Child, Page, Parsed
from ray_app.settings import ParsingSettings

_SHOWN = ("From", "To", "Cc", "Date", "Subject")


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """One page with the headers that people read, attachments' names and the body (plain text before HTML)."""
    return read_message(BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(data))


def read_message(message: EmailMessage) -> Parsed:
    """The same, from a message that is taken apart already."""
    headers = [f"{name}: {value}" for name in _SHOWN if (value := _header(message, name))]
    bodies, attachments = _parts(message)
    children = tuple(_child(part) for part in attachments)
    listed = [f"Attachments: {', '.join(child.name for child in children)}"] if children else []
    text = "\n".join([*headers, *listed, "", "\n".join(filter(None, map(_text, bodies)))])
    return Parsed(
        media.EML, (Page(1, text),), title=_header(message, "Subject"), date=_date(message), children=children
    )


def _parts(message: EmailMessage) -> tuple[list[Message], list[Message]]:
    """What is read as the message, and what is attached to it."""
    if not message.is_multipart() and (_is_attached(message) or message.get_content_maintype() != "text"):
        return [], [message]  # it is nothing but a file
    body = message.get_body(preferencelist=("plain", "html"))
    if body is not None and body.get_content_subtype() == "plain" and not _text(body).strip():
        body = message.get_body(preferencelist=("html",)) or body
    others = list(_others(message))
    inline = [part for part in others if _is_inline_text(part)]
    bodies: list[Message] = [part for part in (body, *inline) if part is not None]
    return bodies, [part for part in others if part not in inline]


def _others(message: EmailMessage) -> Iterator[Message]:
    try:
        yield from message.iter_attachments()
    except (AttributeError, KeyError):  # it says multipart, and has no parts
        return


def _is_inline_text(part: Message) -> bool:
    return part.get_content_maintype() == "text" and not part.get_filename() and not _is_attached(part)


def _is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment"


def _text(part: Message) -> str:
    content = _decoded(part)
    return parse_markup(content).pages[0].text if part.get_content_subtype() == "html" else content


def _decoded(part: Message) -> str:
    try:
        return str(part.get_content()) if isinstance(part, EmailMessage) else ""
    except (LookupError, ValueError, AttributeError):  # an encoding that nobody knows
        raw = part.get_payload(decode=True)
        return decode(raw) if isinstance(raw, bytes) else ""


def _child(part: Message) -> Child:
    if part.get_content_maintype() in ("message", "multipart"):
        inner = part.get_payload(0) if part.get_content_type() == media.EML and part.is_multipart() else part
        assert isinstance(inner, Message)
        return Child(_file_name(part) or f"{_header(inner, 'Subject') or 'message'}.eml", inner.as_bytes())
    data = part.get_payload(decode=True)
    return Child(_file_name(part) or _made_up_name(part), data if isinstance(data, bytes) else b"")


def _file_name(part: Message) -> str:
    return " ".join((part.get_filename() or "").split())


def _made_up_name(part: Message) -> str:
    import mimetypes

    return f"unnamed{mimetypes.guess_extension(part.get_content_type()) or ''}"


def _header(message: Message, name: str) -> str:
    try:
        return str(message[name] or "")
    except Exception:  # the standard library trips over some malformed headers: as they stand, then
        raw = (value for key, value in message.raw_items() if key.lower() == name.lower())
        return str(next(raw, ""))


def _date(message: Message) -> str | None:
    try:
        when = getattr(message["Date"], "datetime", None)
    except Exception:  # as above
        return None
    return when.isoformat() if when else None
