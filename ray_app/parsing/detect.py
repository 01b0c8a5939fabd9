"""What kind of file this is: by its content, and among text formats by its name as well."""

from __future__ import annotations

import io
import mimetypes
import re
import zipfile

import puremagic

from ray_app.parsing import media
from ray_app.parsing.decode import is_text
from ray_app.parsing.zipped import BROKEN

_HTML = re.compile(rb"^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b", re.I | re.S)
_XML = re.compile(rb"^(\xef\xbb\xbf)?\s*<(\?xml\s|!doctype\s+[a-z])", re.I)
_VTT = re.compile(rb"(\xef\xbb\xbf)?WEBVTT[ \t\r\n]")
_WORD = re.compile(rb"\w")
_BZIP2 = re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)")
# A white picture has so few control bytes that it would pass for text.
_PICTURES = ((re.compile(rb"BM....\0\0\0\0", re.S), "image/bmp"), (re.compile(rb"RIFF....WEBP", re.S), "image/webp"))
_HEADER = re.compile(rb"^([A-Za-z][A-Za-z0-9-]*):[ \t]", re.M)
_MHTML_HEADERS = {b"mime-version", b"content-type"}
_MAIL_HEADERS = {b"from", b"to", b"date", b"subject", b"message-id", b"received", b"mime-version", b"return-path"}

# Text formats that have a shape of their own: reading them as plain text would show their mark-up.
_NOT_PLAIN = {media.EML, media.RTF, media.JSON, media.JSONL, media.NOTEBOOK, media.XML}

_BY_SUFFIX = mimetypes.MimeTypes()
for _suffix, _type in (
    (".md", "text/markdown"),
    (".markdown", "text/markdown"),
    (".csv", "text/csv"),
    (".tsv", "text/tab-separated-values"),
    (".tex", "text/x-tex"),
    (".vtt", "text/vtt"),
    (".rtf", media.RTF),
    (".xml", media.XML),
    (".nxml", media.XML),
    (".svg", media.XML),
    (".json", media.JSON),
    (".geojson", media.JSON),
    (".jsonl", media.JSONL),
    (".ndjson", media.JSONL),
    (".ipynb", media.NOTEBOOK),
):
    _BY_SUFFIX.add_type(_type, _suffix)

_PDF, _PDF_HEADER = "application/pdf", b"%PDF-"
_BY_SIGNATURE = (
    (_PDF_HEADER, _PDF),
    (b"PK\x03\x04", media.ZIP),
    (b"PK\x05\x06", media.ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", media.OLE),
    (b"\x1f\x8b\x08", media.GZIP),
    (b"\xfd7zXZ\x00", media.XZ),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
# What [Content_Types].xml calls the main part, in the order in which it is looked for.
_OOXML_MAIN = (
    (b"wordprocessingml.document.main+xml", media.DOCX),
    (b"wordprocessingml.template.main+xml", media.DOCX),
    (b"ms-word.document.macroEnabled.main+xml", media.DOCX),
    (b"ms-word.template.macroEnabledTemplate.main+xml", media.DOCX),
    (b"presentationml.presentation.main+xml", media.PPTX),
    (b"presentationml.slideshow.main+xml", media.PPTX),
    (b"presentationml.template.main+xml", media.PPTX),
    (b"ms-powerpoint.presentation.macroEnabled.main+xml", media.PPTX),
    (b"ms-powerpoint.slideshow.macroEnabled.main+xml", media.PPTX),
    (b"spreadsheetml.sheet.main+xml", media.XLSX),
    (b"spreadsheetml.template.main+xml", media.XLSX),
    (b"ms-excel.sheet.macroEnabled.main+xml", media.XLSX),
    (b"ms-excel.sheet.binary.macroEnabled.main", media.XLSB),
)
_OLE_STREAMS = (
    ("EncryptedPackage", media.ENCRYPTED_OFFICE),
    ("WordDocument", media.DOC),
    ("PowerPoint Document", media.PPT),
    ("Workbook", media.XLS),
    ("Book", media.XLS),
    ("__properties_version1.0", media.MSG),
)


# How many of a file's first bytes tell what it is, as far as it can be told without opening it.
HEAD_BYTES = 1 << 16


def media_type_of(data: bytes, name: str) -> str:
    """The media type, `application/octet-stream` where nothing is known."""
    found = media_type_of_head(data, name)
    if found == media.ZIP:
        return _zip_type(data)
    return _ole_type(data) if found == media.OLE else found


def media_type_of_head(data: bytes, name: str) -> str:
    """The same from a file's first `HEAD_BYTES`, without opening anything: containers are told as such."""
    signed = next((media_type for mark, media_type in _BY_SIGNATURE if data.startswith(mark)), None)
    if signed:
        return signed
    picture = next((media_type for mark, media_type in _PICTURES if mark.match(data)), None)
    if picture:
        return picture
    if _BZIP2.match(data):
        return media.BZIP2
    if data[257:262] == b"ustar":
        return media.TAR
    if _is_late_pdf(data):
        return _PDF
    return _text_type(data, name) if is_text(data) else _binary_type(data)


def _is_late_pdf(data: bytes) -> bool:
    """Readers of PDF accept its header anywhere in the first kilobyte; words before it make it a text about PDF."""
    before, mark, _ = data[:1024].partition(_PDF_HEADER)
    is_about = _WORD.search(before) and is_text(before) and is_text(data)
    return bool(mark) and not is_about


def _text_type(data: bytes, name: str) -> str:
    if _HTML.match(data[:4096]):
        return "text/html"
    if data.startswith(b"{\\rtf"):
        return media.RTF
    if _VTT.match(data):
        return "text/vtt"
    guessed = _BY_SUFFIX.guess_type(name)[0]
    if _XML.match(data[:1024]) and guessed not in ("text/html", "application/xhtml+xml"):
        return media.XML
    if guessed and (guessed.startswith("text/") or guessed in _NOT_PLAIN):
        return guessed
    # Mail in a maildir has no suffix; web pages with their pictures (MHTML) that are made for Word have that of Word.
    return media.EML if _looks_like_mail(data) else "text/plain"


def _looks_like_mail(data: bytes) -> bool:
    head = re.split(rb"\r?\n\r?\n", data[:16384], maxsplit=1)[0]
    first = head.split(b"\n", 1)[0]
    names = {name.lower() for name in _HEADER.findall(head)}
    enough = len(names & _MAIL_HEADERS) >= 3 or names >= _MHTML_HEADERS
    return enough and (first.startswith(b"From ") or _HEADER.match(first) is not None)


def _zip_type(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if "[Content_Types].xml" in names:
                parts = archive.read("[Content_Types].xml")
                return next((found for mark, found in _OOXML_MAIN if mark in parts), media.OTHER_OOXML)
            if "mimetype" in names:
                return _named_in_mimetype(archive.read("mimetype"))
    except (*BROKEN, RuntimeError):  # RuntimeError: an encrypted part
        pass  # the archive's parser says what is wrong with it
    return media.ZIP


def _named_in_mimetype(content: bytes) -> str:
    named = content.decode("ascii", "replace").strip().removesuffix("-template")
    return named if named == media.EPUB or named.startswith(media.ODF_PREFIX) else media.ZIP


def _ole_type(data: bytes) -> str:
    import olefile

    try:
        with olefile.OleFileIO(data) as container:
            return next((found for stream, found in _OLE_STREAMS if container.exists(stream)), media.OLE)
    except Exception:  # olefile raises what it meets in a damaged file
        return media.OLE


def _binary_type(data: bytes) -> str:
    try:
        found = puremagic.from_string(data[:65536], mime=True)
    except (puremagic.PureError, ValueError):
        return media.UNKNOWN
    return found or media.UNKNOWN
