"""E-mail (RFC 5322): who wrote what to whom and when; attachments, and messages within it, as children."""

from __future__ import annotations

import codecs
import hashlib
import re
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser, BytesParser
from email.policy import EmailPolicy

from ray_app.errors import ParsingError
from ray_app.parsing import mbox, media
from ray_app.parsing.decode import decode
from ray_app.parsing.html import decode_markup, parse_markup
from ray_app.records import Child, Page, Parsed
from ray_app.settings import ParsingSettings

_SHOWN = ("From", "To", "Cc", "Date", "Subject")
# What mail programs name, and what they write: Western text is named whatever it is, and most others are the smaller
# sets that their programs' own code pages grew out of (https://encoding.spec.whatwg.org/#names-and-labels).
_WESTERN = ("utf-8-sig", "cp1252")
_READ_AS = {
    **dict.fromkeys(("ascii", "iso8859-1", "cp1252"), _WESTERN),
    **{"utf-8": ("utf-8-sig",), "iso8859-9": ("cp1254",), "gb2312": ("gb18030",), "gbk": ("gb18030",)},
    **{"euc_kr": ("cp949",), "shift_jis": ("cp932",)},
}


class _Policy(EmailPolicy):
    """The standard one, but headers in bytes of no declared encoding are read like other such text."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        if value.isascii():
            return name, value
        return name, " ".join(decode(value.encode("ascii", "surrogateescape")).split())


_POLICY = _Policy()
# Messages within a message are given as they came, not in lines of another length.
_AS_IT_CAME = _Policy(refold_source="none", utf8=True)


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """One page with the headers that people read, attachments' names and the body (plain text before HTML).

    A mailbox of several messages has no page: they are its children. Raises ParsingError(archive_bomb) as archives do.
    """
    if several := mbox.messages(data, settings):
        children = tuple(map(_filed, several))
        return Parsed(media.EML, (), metadata={"members": str(len(children))}, children=children)
    return read_message(BytesParser(EmailMessage, policy=_POLICY).parsebytes(data))


def read_message(message: Message) -> Parsed:
    """The same, from a message that is taken apart already."""
    headers = [f"{name}: {value}" for name in _SHOWN if (value := _header(message, name))]
    bodies, attachments = _parts(message)
    children = tuple(_child(part) for part in attachments)
    listed = [f"Attachments: {', '.join(child.name for child in children)}"] if children else []
    text = "\n".join([*headers, *listed, "", "\n".join(filter(None, map(_text, bodies)))])
    return Parsed(
        media.EML, (Page(1, text),), title=_header(message, "Subject"), date=_date(message), children=children
    )


def _filed(source: bytes) -> Child:
    """A message of a mailbox, under a name that stays its own when others come and go."""
    headers = BytesHeaderParser(EmailMessage, policy=_POLICY).parsebytes(source)
    identity = _header(headers, "Message-ID").encode(errors="replace") or source
    subject = " ".join(re.sub(r"[/\\]", " ", _header(headers, "Subject")).split())
    return Child(f"{subject or 'message'} {hashlib.blake2b(identity, digest_size=4).hexdigest()}.eml", source)


def _parts(message: Message) -> tuple[list[Message], list[Message]]:
    """What is read as the message, and what is attached to it."""
    if message.get_content_maintype() == "text":  # its name, if it has one, says nothing: the message is all there is
        return ([], [message]) if _is_attached(message) else ([message], [])
    return _gathered(message)


def _gathered(part: Message) -> tuple[list[Message], list[Message]]:
    """The same of a part with all that is in it: files from everywhere, of alternatives the words of one."""
    if part.get_content_maintype() != "multipart":
        return ([part], []) if _is_words(part) else ([], [part])
    if not part.is_multipart():  # it says so, and its boundary is nowhere
        return [part], []
    inner = [_gathered(one) for one in part.get_payload() if isinstance(one, Message)]
    files = [file for _, found in inner for file in found]
    words = [found for found, _ in inner]
    if part.get_content_subtype() == "alternative":
        words = [min(words, key=_preference, default=[])]
    return [one for found in words for one in found], files


def _preference(words: list[Message]) -> int:
    """Low for what to read where a message says the same twice: plain text, then HTML, then what else is text."""
    kinds = {part.get_content_subtype() for part in words}
    if "html" in kinds:
        return 1
    if any(part.get_content_subtype() == "plain" and _text(part).strip() for part in words):
        return 0
    return 2 if kinds - {"plain"} else 3


def _is_words(part: Message) -> bool:
    return part.get_content_maintype() == "text" and not part.get_filename() and not _is_attached(part)


def _is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment"


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    data = content if isinstance(content, bytes) else b""
    declared = _as_declared(data, part.get_content_charset() or "")
    if part.get_content_subtype() != "html":
        return decode(data) if declared is None else declared
    try:
        return parse_markup(decode_markup(data) if declared is None else declared).pages[0].text
    except ParsingError:  # not one element: the mail is more than that
        return ""


def _as_declared(data: bytes, charset: str) -> str | None:
    """The text in the encoding that the message names; None where nobody knows that, or the bytes do not fit it."""
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        return None
    for encoding in _READ_AS.get(name, (name,)):
        try:
            return data.decode(encoding)
        except (LookupError, ValueError):
            continue
    return None


def _child(part: Message) -> Child:
    if part.get_content_maintype() in ("message", "multipart"):
        inner = part.get_payload(0) if part.get_content_type() == media.EML and part.is_multipart() else part
        assert isinstance(inner, Message)
        return Child(
            _file_name(part) or f"{_header(inner, 'Subject') or 'message'}.eml", inner.as_bytes(policy=_AS_IT_CAME)
        )
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
