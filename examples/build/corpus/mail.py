"""Renders a document as an e-mail file."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from corpus.pdf import render_pdf
from corpus.plain import raw_text
from corpus.source import Document
from corpus.web import content_html

PAGE = """<html><head><style>p { margin: 0 0 1em }</style></head>
<body>
@@CONTENT@@
</body></html>
"""
HEADERS = (
    ("From", "from"),
    ("To", "to"),
    ("Cc", "cc"),
    ("Subject", "subject"),
    ("Date", "date"),
    ("Message-ID", "message_id"),
    ("In-Reply-To", "in_reply_to"),
    ("References", "references"),
    ("X-Mailer", "mailer"),
)


def attach(message: EmailMessage, document: Document, given: dict[str, Any]) -> None:
    """Attach a small text or PDF file."""
    name = str(given["name"])
    if name.endswith(".pdf"):
        part = replace(document, format="pdf", body=str(given["body"]), meta=given)
        message.add_attachment(render_pdf(part), maintype="application", subtype="pdf", filename=name)
    else:
        message.add_attachment(str(given["body"]), filename=name, cte="8bit")


def render_eml(document: Document) -> bytes:
    """Return the bytes of an e-mail: plain, alternative or with attachments."""
    meta = document.meta
    message = EmailMessage(policy=SMTP)
    for header, key in HEADERS:
        if key in meta:
            message[header] = str(meta[key])
    cte = str(meta.get("cte", "8bit"))
    text = raw_text(document)
    message.set_content(text, cte=cte, charset=str(meta.get("charset", "utf-8")))
    if meta.get("alternative"):
        page = PAGE.replace("@@CONTENT@@", content_html(document))
        message.add_alternative(page, subtype="html", cte="quoted-printable")
    for given in meta.get("attachments", []):
        attach(message, document, given)
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{meta['boundary']}_{number}")
    return message.as_bytes()
