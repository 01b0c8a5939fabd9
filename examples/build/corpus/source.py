"""Reads the content files: YAML front matter, then a body in a small Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

BUILD = Path(__file__).resolve().parent.parent
CONTENT = BUILD / "content"
TEMPLATES = BUILD / "templates"
LABELS = (
    "invoice",
    "contract",
    "cv",
    "letter",
    "report",
    "minutes",
    "policy",
    "technical-note",
)
FORMATS = ("pdf", "docx", "html", "eml", "md", "txt")
_PLACEHOLDER = re.compile(r"\{\{(\w+)\.(\w+)(?:\.(\w+))?\}\}")


@dataclass(frozen=True)
class Registry:
    """The shared facts: identifiers by kind and key, people, companies, decoys."""

    numbers: dict[str, dict[str, str]]
    people: tuple[str, ...]
    companies: tuple[str, ...]
    decoys: tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """One document of the corpus as its content file describes it."""

    path: str
    label: str
    language: str
    format: str
    body: str
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Return the title from the front matter, or an empty string."""
        return str(self.meta.get("title", ""))


def load_registry() -> Registry:
    """Read `registry.yaml`."""
    data = yaml.safe_load((CONTENT / "registry.yaml").read_text("utf-8"))
    kinds = ("cpr", "vat", "iban", "phone", "card")
    return Registry(
        numbers={kind: {k: str(v) for k, v in data[kind].items()} for kind in kinds},
        people=tuple(data["people"]),
        companies=tuple(data["companies"]),
        decoys=tuple(str(d) for d in data["decoys"]),
    )


def written(value: str, form: str | None) -> str:
    """Return an identifier in another way of writing it: compact, local or bare."""
    if form is None:
        return value
    if form == "compact":
        return value.replace(" ", "")
    if form == "bare":
        return value.replace("-", "")
    if form == "local":
        country, rest = value.split(" ", 1)
        return rest if country == "+45" else "0" + rest
    raise ValueError(f"unknown way of writing: {form}")


def fill(text: str, registry: Registry) -> str:
    """Replace `{{kind.key}}` and `{{kind.key.form}}` by the registry's values."""

    def value(match: re.Match[str]) -> str:
        kind, key, form = match.groups()
        return written(registry.numbers[kind][key], form)

    return _PLACEHOLDER.sub(value, text)


def split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """Separate the YAML between the first two `---` lines from the body."""
    if not text.startswith("---\n"):
        raise ValueError("no front matter")
    head, body = text[4:].split("\n---\n", 1)
    return yaml.safe_load(head), body.strip("\n") + "\n"


def load_document(file: Path, registry: Registry) -> Document:
    """Read one content file."""
    try:
        meta, body = split_front_matter(fill(file.read_text("utf-8"), registry))
    except (ValueError, KeyError, yaml.YAMLError) as error:
        raise ValueError(f"{file.name}: {error}") from error
    folder = file.parent.name
    label = str(meta.get("label", folder))
    if label not in LABELS or meta["format"] not in FORMATS:
        raise ValueError(f"{file.name}: label {label}, format {meta['format']}")
    place = "inbox" if folder == "inbox" else f"documents/{label}"
    return Document(
        path=f"{place}/{file.stem}.{meta['format']}",
        label=label,
        language=str(meta["language"]),
        format=str(meta["format"]),
        body=body,
        meta=meta,
    )


def load_all(registry: Registry) -> list[Document]:
    """Read every content file, in the order of the paths they build."""
    files = sorted(CONTENT.glob("*/*.md"))
    documents = {d.path: d for d in (load_document(f, registry) for f in files)}
    for path, document in documents.items():
        if "copy_of" in document.meta:
            original = documents[str(document.meta["copy_of"])]
            documents[path] = replace(original, path=path)
    return [documents[path] for path in sorted(documents)]
