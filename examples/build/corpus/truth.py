"""The truth about the corpus: personal data, labels, and the check of both."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass

from corpus.identifiers import cpr_birth_date
from corpus.plain import source_text
from corpus.source import Document, Registry, written

EMAIL = re.compile(r"[A-Za-z0-9._-]+@[a-z0-9.-]+\.example\b")
IP = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
FORMS: dict[str, tuple[str | None, ...]] = {
    "cpr": (None, "bare"),
    "vat": (None, "compact"),
    "iban": (None, "compact"),
    "phone": (None, "compact", "local"),
    "card": (None, "compact"),
}
SHAPES = {
    "cpr": re.compile(r"(?<!\d)\d{6}-\d{4}(?!\d)"),
    "iban": re.compile(r"\b(?:DK|DE|GB)\d{2}(?: ?[A-Z0-9]{4}){3,5}(?: ?[A-Z0-9]{1,3})?\b"),
    "phone": re.compile(r"\+\d{2} ?\d[\d ]{6,13}\d"),
    "card": re.compile(r"(?<!\d)\d{4}(?: \d{4}){3}(?!\d)"),
}


@dataclass(frozen=True, order=True)
class Mention:
    """One identifier as it is written in one file."""

    file: str
    kind: str
    value: str


def standing(value: str, text: str) -> bool:
    """Tell whether the value occurs in the text, not as a part of something longer."""
    return re.search(rf"(?<![\w+]){re.escape(value)}(?!\d)", text) is not None


def mentions(document: Document, registry: Registry) -> list[Mention]:
    """Find every identifier and every person of the registry in a document."""
    text = source_text(document)
    found: set[tuple[str, str]] = set()
    for kind, forms in FORMS.items():
        for value in registry.numbers[kind].values():
            for form in forms:
                if form == "local" and written(value, None) in text:
                    continue
                if standing(written(value, form), text):
                    found.add((kind, written(value, form)))
    found |= {("email", m.group()) for m in EMAIL.finditer(text)}
    found |= {("ip", m.group()) for m in IP.finditer(text)}
    found |= {("person", p) for p in registry.people if re.search(rf"\b{p}", text)}
    path = str(document.path)
    return sorted(Mention(path, kind, value) for kind, value in found)


def unregistered(document: Document, registry: Registry) -> list[str]:
    """Return what looks like an identifier but is in no list: a slip of the pen."""
    known = {written(v, f) for k, n in registry.numbers.items() for v in n.values() for f in FORMS[k]}
    known |= set(registry.decoys)
    text = source_text(document)
    strange: list[str] = []
    for kind, shape in SHAPES.items():
        for match in shape.finditer(text):
            value = match.group().strip()
            if kind == "cpr" and cpr_birth_date(value) is None:
                continue
            if not any(value in k or k in value for k in known):
                strange.append(f"{document.path}: {value}")
    return strange


def mentions_jsonl(found: list[Mention]) -> str:
    """Return the mentions as JSON lines."""
    lines = [{"file": m.file, "kind": m.kind, "value": m.value} for m in found]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def inbox_labels(documents: list[Document]) -> str:
    """Return the true labels of the inbox as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["file", "label"])
    for document in documents:
        if document.path.startswith("inbox/"):
            writer.writerow([document.path.removeprefix("inbox/"), document.label])
    return out.getvalue()
