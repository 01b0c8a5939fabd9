"""XML: articles as prose, data as names and values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import html5

from lxml import etree

from ray_app.errors import ParsingError
from ray_app.parsing import media
from ray_app.parsing.properties import safe_xml_parser
from ray_app.parsing.tables import row_text
from ray_app.records import Page, Parsed
from ray_app.settings import ParsingSettings

_ROWS = ("tr", "row")
_TITLES = ("//*[local-name()='article-meta']//*[local-name()='article-title']", "//*[local-name()='title']")

# References by name, and the sections in which they are none; one that is not closed goes to the end.
_NAMED = re.compile(rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|&([A-Za-z][\w.-]*);", re.S)


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """One page. HTML's named characters are read; entities that the file declares are not expanded, nothing is loaded.

    Raises ParsingError(damaged) where no element can be read.
    """
    if not data.strip():
        return Parsed(media.XML, (Page(1, ""),))
    try:
        root = etree.fromstring(_NAMED.sub(_by_number, data), safe_xml_parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        root, reason = None, f": {error}"
    else:
        reason = ""
    if root is None:
        raise ParsingError("damaged", f"cannot be read as XML{reason}")
    prose = _is_prose(root)
    text = "\n".join(line for line in (_prose(root) if prose else _data(root)) if line)
    return Parsed(media.XML, (Page(1, text),), title=_title(root) if prose else "")


def _by_number(found: re.Match[bytes]) -> bytes:
    """A character by its number, a space for what HTML has no name for.

    At a name that is not declared libxml2 ends the element's text, and from there on takes even `&amp;` for nothing.
    """
    if found[1] is None:
        return found[0]
    return "".join(f"&#{ord(one)};" for one in html5.get(f"{found[1].decode()};", " ")).encode()


def _is_prose(root: etree._Element) -> bool:
    """Text beside elements is what people write; programs put each value into an element of its own."""
    return next(root.iter("{*}p", "{*}para"), None) is not None or any(map(_is_mixed, root.iter("{*}*")))


def _is_mixed(node: etree._Element) -> bool:
    return len(node) > 0 and bool((node.text or "").strip() or any((inner.tail or "").strip() for inner in node))


def _prose(root: etree._Element) -> Iterator[str]:
    """A line for each paragraph (an element with text of its own) and for each row of a table."""
    _set_apart(root)
    walk = etree.iterwalk(root, events=("start",), tag="{*}*")
    for _, node in walk:
        if etree.QName(node).localname in _ROWS:
            yield row_text(_all_text(cell) for cell in node)
        elif len(node) == 0 or _is_mixed(node):
            yield _all_text(node)
        else:
            continue
        walk.skip_subtree()


def _set_apart(root: etree._Element) -> None:
    """A space between elements that stand side by side without text around them: name and address of a firm, say."""
    for node in root.iter("{*}*"):
        if len(node) > 1 and not _is_mixed(node):
            for inner in node[:-1]:
                inner.tail = " "


def _data(root: etree._Element) -> Iterator[str]:
    for node in root.iter("{*}*"):
        values = [f"{etree.QName(key).localname}={value}" for key, value in node.attrib.items()]
        if text := " ".join((node.text or "").split()):
            values.insert(0, text)
        if values:
            yield f"{etree.QName(node).localname}: {', '.join(values)}"


def _all_text(node: etree._Element) -> str:
    return " ".join("".join(node.itertext(etree.Element)).split()) if len(node) else " ".join((node.text or "").split())


def _title(root: etree._Element) -> str:
    found = next((nodes[0] for path in _TITLES if (nodes := root.xpath(path))), None)
    return _all_text(found) if found is not None else ""
