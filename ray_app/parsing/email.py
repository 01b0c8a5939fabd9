"""E-mail (RFC 5322): who wrote what to whom and when; attachments by their names."""

from __future__ import annotations

from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from ray_app.parsing.decode import decode
from ray_app.parsing.html import parse_markup
from ray_app.records import Page, Parsed
from ray_app.settings import ParsingSettings

_SHOWN = ("From", "To", "Cc", "Date", "Subject")


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """One page with the headers that people read, the body (plain text before HTML) and attachments' names."""
    message = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(data)
    headers = [f"{name}: {message[name]}" for name in _SHOWN if message[name]]
    attachments = [part.get_filename() or "unnamed" for part in message.iter_attachments()]
    listed = [f"Attachments: {', '.join(attachments)}"] if attachments else []
    text = "\n".join([*headers, *listed, "", _body(message)])
    return Parsed("message/rfc822", (Page(1, text),), title=str(message["Subject"] or ""), date=_date(message))


def _body(message: EmailMessage) -> str:
    body = message.get_body(preferencelist=("plain", "html"))
    if body is None:
        return ""
    try:
        content = str(body.get_content())
    except (LookupError, ValueError):  # an encoding that nobody knows
        content = decode(bytes(body.get_payload(decode=True) or b""))
    return parse_markup(content).pages[0].text if body.get_content_subtype() == "html" else content


def _date(message: EmailMessage) -> str | None:
    when = getattr(message["Date"], "datetime", None)
    return when.isoformat() if when else None
