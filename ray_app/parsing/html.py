"""HTML: what a reader of the page sees, tables with their rows kept together."""

from __future__ import annotations

import codecs
import re

from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.html_engine import Inscriptis
from inscriptis.model.config import ParserConfig
from lxml import etree
from lxml import html as lxml_html

from ray_app.errors import ParsingError
from ray_app.parsing.decode import decode
from ray_app.records import Page, Parsed
from ray_app.settings import ParsingSettings

_META_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)", re.I)
# Pages that declare these are meant in Windows' own, as browsers read them (WHATWG Encoding Standard, 4.2).
_MEANT = {"ascii": "cp1252", "iso8859-1": "cp1252"}
_DATES = (
    "//meta[@property='article:published_time']/@content",
    "//meta[@name='date' or @name='dcterms.date' or @name='DC.date']/@content",
)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
# XHTML may close any element at once; read as HTML, <title/> would swallow the page.
_SELF_CLOSED = re.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)\b)([a-zA-Z][\w:-]*)(\s[^<>]*)?/>"
)
_BLOCK = CSS_PROFILES["strict"]["div"]
_CONFIG = ParserConfig(css={**CSS_PROFILES["strict"], "dt": _BLOCK, "dd": _BLOCK})


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """One page with the visible text; scripts, styles and comments are left out.

    Raises ParsingError(damaged) where no element is found at all.
    """
    return parse_markup(decode_markup(data))


def parse_markup(markup: str) -> Parsed:
    """The same, from text that is decoded already."""
    root = markup_tree(markup)
    if root is None:
        return Parsed("text/html", (Page(1, ""),))
    etree.strip_elements(root, "script", "style", "template", "noscript", with_tail=False)
    return Parsed(
        "text/html",
        (Page(1, tree_text(root)),),
        title=_first(root, "//title/text()") or _first(root, "//h1//text()"),
        date=_date(root),
    )


def markup_tree(markup: str) -> lxml_html.HtmlElement | None:
    """The elements, None where there is not a word. Raises ParsingError(damaged)."""
    if "http://www.w3.org/1999/xhtml" in markup[:4096]:
        markup = _SELF_CLOSED.sub(r"<\1\2></\1>", markup)
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, huge_tree=True)
    try:
        return lxml_html.document_fromstring(markup.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        if not markup.strip():
            return None
        if getattr(error, "code", None) == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError from error
        raise ParsingError("damaged", f"no HTML element found: {error}") from error


def tree_text(root: etree._Element) -> str:
    """The text of a tree with HTML's tags, laid out as a reader sees it."""
    try:
        return str(Inscriptis(root, _CONFIG).get_text()) if len(root) else ""
    except RecursionError:  # nested too deeply for a layout: the words alone, then
        return "\n".join(text for text in root.itertext() if text.strip())


def decode_markup(data: bytes) -> str:
    """The markup as text, by the encoding that it declares, as browsers understand that; else as `decode` does."""
    declared = _META_CHARSET.search(data[:4096])
    if declared and not _is_utf8(data):
        try:
            name = codecs.lookup(declared[1].decode("ascii")).name
            return data.decode(_MEANT.get(name, name), "replace")
        except LookupError:
            pass  # no such encoding: the page says nonsense, the bytes decide
    return decode(data)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _first(root: lxml_html.HtmlElement, path: str) -> str:
    found = root.xpath(path)
    return " ".join(str(found[0]).split()) if found else ""


def _date(root: lxml_html.HtmlElement) -> str | None:
    values = (_ISO_DATE.match(_first(root, path)) for path in _DATES)
    return next((value[0] for value in values if value), None)
