"""Renders a document as a web page inside one of the page templates."""

from __future__ import annotations

import html

from corpus.blocks import Block, parse, tagged
from corpus.plain import form_pairs
from corpus.source import TEMPLATES, Document

HTML_TAGS = (("<strong>", "</strong>"), ("<em>", "</em>"), ("<code>", "</code>"))
DANISH_ENTITIES = {
    "æ": "&aelig;",
    "ø": "&oslash;",
    "å": "&aring;",
    "Æ": "&AElig;",
    "Ø": "&Oslash;",
    "Å": "&Aring;",
    "–": "&ndash;",
    "£": "&pound;",
    "€": "&euro;",
    "é": "&eacute;",
    "±": "&plusmn;",
    "°": "&deg;",
}


def inline(text: str) -> str:
    """Return text with emphasis tags, escaped."""
    return tagged(text, HTML_TAGS)


def table_html(block: Block) -> str:
    """Return a table with head and body."""
    out = ["<table>"]
    for number, row in enumerate(block.rows):
        heavy = number == 0 or number >= len(block.rows) - block.totals
        tag = "th" if heavy else "td"
        if number == 0:
            out.append("<thead>")
        line = "".join(
            f'<{tag} class="num">{inline(c)}</{tag}>' if right else f"<{tag}>{inline(c)}</{tag}>"
            for c, right in zip(row, block.right, strict=True)
        )
        out.append(f"  <tr>{line}</tr>")
        if number == 0:
            out.append("</thead>\n<tbody>")
    return "\n".join([*out, "</tbody>\n</table>"])


def block_html(block: Block) -> str:
    """Return one block as HTML."""
    if block.kind == "heading":
        return f"<h{block.level}>{inline(block.text)}</h{block.level}>"
    if block.kind == "table":
        return table_html(block)
    if block.kind == "bullets":
        return "<ul>\n" + "\n".join(f"  <li>{inline(x)}</li>" for x in block.lines) + "\n</ul>"
    if block.kind == "numbers":
        start = f' start="{block.level}"' if block.level != 1 else ""
        items = "\n".join(f"  <li>{inline(x)}</li>" for x in block.lines)
        return f"<ol{start}>\n{items}\n</ol>"
    if block.kind == "code":
        return "<pre><code>" + html.escape("\n".join(block.lines), quote=False) + "</code></pre>"
    if block.kind == "quote":
        return f"<blockquote><p>{inline(block.text)}</p></blockquote>"
    if block.kind == "rule":
        return "<hr>"
    if block.kind == "form":
        pairs = [pair for line in block.lines for pair in form_pairs(line)]
        items = "\n".join(f"  <dt>{inline(k)}</dt><dd>{inline(v)}</dd>" for k, v in pairs)
        return f"<dl>\n{items}\n</dl>"
    if block.kind in {"lines", "box", "sign"}:
        text = "<br>\n".join(inline(line) for line in block.lines)
        return f'<div class="{block.argument or block.kind}">{text}</div>'
    return f"<p>{inline(block.text).replace('<br/>', '<br>')}</p>"


def content_html(document: Document) -> str:
    """Return the body as HTML, without the page around it."""
    return "\n".join(block_html(b) for b in parse(document.body) if b.kind != "page")


def render_html(document: Document) -> bytes:
    """Fill the page template; entities and encoding as the front matter says."""
    look = document.meta.get("html", {})
    encoding = str(look.get("encoding", "utf-8"))
    page = (TEMPLATES / f"{look['template']}.html").read_text("utf-8")
    values = {
        "CONTENT": content_html(document),
        "TITLE": html.escape(document.title),
        "AUTHOR": html.escape(str(document.meta.get("author", ""))),
        "DATE": str(document.meta.get("created", "")),
        "LANG": document.language,
        "CHARSET": encoding,
    }
    for key, value in values.items():
        page = page.replace(f"@@{key}@@", value)
    if look.get("entities"):
        for letter, entity in DANISH_ENTITIES.items():
            page = page.replace(letter, entity)
    return page.encode(encoding, "xmlcharrefreplace")
