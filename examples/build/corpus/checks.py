"""Checks of the finished corpus: identifiers, counts, texts, and readable PDFs."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

from corpus.identifiers import (
    card_is_valid,
    cpr_birth_date,
    cpr_has_check_digit,
    iban_is_valid,
    vat_is_valid,
)
from corpus.plain import source_text
from corpus.source import LABELS, Document, Registry
from corpus.truth import Mention, unregistered

pdfium: Any = importlib.import_module("pypdfium2")  # it has no type information

WITHOUT_CHECK_DIGIT = 2
SIZE_LIMIT = 6_000_000
SCAN_LIMIT = 400_000


def check_numbers(registry: Registry) -> list[str]:
    """Check the check digits of every identifier in the registry."""
    numbers = registry.numbers
    wrong = [f"no date of birth: {c}" for c in numbers["cpr"].values() if not cpr_birth_date(c)]
    wrong += [f"VAT number: {v}" for v in numbers["vat"].values() if not vat_is_valid(v)]
    wrong += [f"IBAN: {i}" for i in numbers["iban"].values() if not iban_is_valid(i)]
    wrong += [f"card: {c}" for c in numbers["card"].values() if not card_is_valid(c)]
    newer = [c for c in numbers["cpr"].values() if not cpr_has_check_digit(c)]
    if len(newer) != WITHOUT_CHECK_DIGIT:
        wrong.append(f"CPR numbers without check digit: {newer}")
    for kind, values in numbers.items():
        repeated = [v for v, n in Counter(values.values()).items() if n > 1]
        wrong += [f"{kind} given twice: {v}" for v in repeated]
    return wrong


def check_counts(documents: list[Document]) -> list[str]:
    """Check how many documents there are of each label and language."""
    wrong: list[str] = []
    labelled = [d for d in documents if d.path.startswith("documents/")]
    inbox = [d for d in documents if d.path.startswith("inbox/")]
    if not 80 <= len(labelled) <= 96 or len(inbox) != 20:
        wrong.append(f"{len(labelled)} documents, {len(inbox)} in the inbox")
    for label in LABELS:
        here = [d for d in labelled if d.label == label]
        danish = [d for d in here if d.language == "da"]
        if not 10 <= len(here) <= 12 or len(danish) < 2:
            wrong.append(f"{label}: {len(here)} documents, {len(danish)} Danish")
    return wrong


def check_mentions(found: list[Mention], documents: list[Document], registry: Registry) -> list[str]:
    """Check that mentions occur literally, and that nothing was overlooked."""
    texts = {d.path: source_text(d) for d in documents}
    wrong = [f"{m.file}: {m.value} does not occur" for m in found if m.value not in texts[m.file]]
    for document in documents:
        wrong += [f"not in the registry: {s}" for s in unregistered(document, registry)]
        if "{{" in texts[document.path] or "TODO" in texts[document.path]:
            wrong.append(f"{document.path}: unfinished")
    for decoy in registry.decoys:
        if not any(decoy in text for text in texts.values()):
            wrong.append(f"decoy is not used: {decoy}")
    people = {m.value for m in found if m.kind == "person"}
    wrong += [f"nobody mentions {p}" for p in registry.people if p not in people]
    return wrong


def pdf_text(content: bytes, password: str | None = None) -> str:
    """Return the text of a PDF; raises if it cannot be opened."""
    with pdfium.PdfDocument(content, password=password) as pdf:
        return "\n".join(page.get_textpage().get_text_range() for page in pdf)


def check_pdf(document: Document, content: bytes) -> list[str]:
    """Check that a PDF opens and has the text its source has, or is special."""
    special = str(document.meta.get("special", ""))
    password = document.meta.get("password")
    try:
        text = pdf_text(content)
    except pdfium.PdfiumError:
        if special == "broken":
            return []
        if password:
            return [] if pdf_text(content, str(password)).strip() else [f"{document.path}: no text"]
        return [f"{document.path}: cannot be opened"]
    if special == "broken" or password:
        return [f"{document.path}: opens, and should not"]
    if special == "scan":
        large = len(content) > SCAN_LIMIT
        return [f"{document.path}: has text, or is large"] if text.strip() or large else []
    words = set(text.split())
    wanted = [w for w in source_text(document).split() if w.isalpha() and len(w) > 3]
    missing = [w for w in wanted if w not in words]
    if len(missing) > len(wanted) * 0.05:
        return [f"{document.path}: words are missing: {missing[:8]}"]
    return []


def check_files(documents: list[Document], files: dict[str, bytes]) -> list[str]:
    """Check the PDFs, the sizes and the duplicates."""
    wrong: list[str] = []
    for document in documents:
        if document.format == "pdf":
            wrong += check_pdf(document, files[document.path])
    size = sum(len(files[d.path]) for d in documents)
    if size > SIZE_LIMIT:
        wrong.append(f"{size} bytes in all")
    same = Counter(files[d.path] for d in documents)
    if sorted(same.values())[-2:] != [1, 2]:
        wrong.append("there should be exactly one pair of the same bytes")
    return wrong


def check_queries(queries: Path, documents: list[Document]) -> list[str]:
    """Check that the queries name documents that exist."""
    paths = {d.path for d in documents}
    lines = [json.loads(line) for line in queries.read_text("utf-8").splitlines()]
    return [f"query {line['query']!r}: {path}" for line in lines for path in line["relevant"] if path not in paths]
