"""Builds the example corpus from `content/`: `python examples/build/build.py [--check]`.

Without a flag it rewrites `documents/`, `inbox/`, `inbox-labels.csv` and
`personal-data.jsonl`. With `--check` it writes nothing: it builds in memory,
checks the result, and compares it with the files that are there.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from corpus.checks import (
    check_counts,
    check_files,
    check_mentions,
    check_numbers,
    check_queries,
    pdf_text,
)
from corpus.mail import render_eml
from corpus.pdf import break_pdf, render_pdf
from corpus.plain import render_text, source_text
from corpus.scan import render_scan
from corpus.source import Document, Registry, load_all, load_registry
from corpus.truth import Mention, inbox_labels, mentions, mentions_jsonl
from corpus.web import render_html
from corpus.word import render_docx

EXAMPLES = Path(__file__).resolve().parent.parent
BUILT_FOLDERS = ("documents", "inbox")


def render(document: Document) -> bytes:
    """Return the bytes of one document."""
    special = document.meta.get("special")
    if special == "scan":
        return render_scan(document)
    if document.format == "pdf":
        content = render_pdf(document)
        return break_pdf(content) if special == "broken" else content
    if document.format == "docx":
        return render_docx(document)
    if document.format == "html":
        return render_html(document)
    if document.format == "eml":
        return render_eml(document)
    return render_text(document)


def all_mentions(documents: list[Document], registry: Registry) -> list[Mention]:
    """Return the personal data of every document that can be read."""
    readable = [d for d in documents if d.meta.get("special") != "broken"]
    return [m for d in readable for m in mentions(d, registry)]


def build(documents: list[Document], registry: Registry) -> dict[str, bytes]:
    """Return every file of the corpus by its path under `examples/`."""
    files: dict[str, bytes] = {}
    for document in documents:
        try:
            files[document.path] = render(document)
        except Exception as error:
            raise RuntimeError(f"{document.path}: {error}") from error
    files["inbox-labels.csv"] = inbox_labels(documents).encode()
    files["personal-data.jsonl"] = mentions_jsonl(all_mentions(documents, registry)).encode()
    return files


def write(files: dict[str, bytes]) -> None:
    """Write the files and remove the ones that are built no more."""
    for name, content in files.items():
        target = EXAMPLES / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    for folder in BUILT_FOLDERS:
        for file in (EXAMPLES / folder).rglob("*"):
            if file.is_file() and str(file.relative_to(EXAMPLES)) not in files:
                file.unlink()


def same_content(name: str, built: bytes, there: bytes) -> bool:
    """Tell whether two PDFs of other bytes say the same, as another zlib makes them."""
    if not name.endswith(".pdf"):
        return False
    try:
        return pdf_text(built) == pdf_text(there)
    except Exception:
        return False


def compare(files: dict[str, bytes]) -> list[str]:
    """Return what differs between the build and the files that are there."""
    wrong: list[str] = []
    for name, content in files.items():
        target = EXAMPLES / name
        if not target.is_file():
            wrong.append(f"missing: {name}")
        elif target.read_bytes() != content:
            note = " (the text is the same)" if same_content(name, content, target.read_bytes()) else ""
            wrong.append(f"differs: {name}{note}")
    for folder in BUILT_FOLDERS:
        for file in sorted((EXAMPLES / folder).rglob("*")):
            if file.is_file() and str(file.relative_to(EXAMPLES)) not in files:
                wrong.append(f"not built: {file.relative_to(EXAMPLES)}")
    return wrong


def main(arguments: list[str] | None = None) -> int:
    """Build, or check; return the exit status."""
    parser = argparse.ArgumentParser(description="Build the example corpus.")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args(arguments)
    registry = load_registry()
    documents = load_all(registry)
    files = build(documents, registry)
    if not options.check:
        write(files)
    wrong = check_numbers(registry) + check_counts(documents)
    wrong += check_mentions(all_mentions(documents, registry), documents, registry)
    wrong += check_files(documents, files)
    wrong += check_queries(EXAMPLES / "queries.jsonl", documents)
    if options.check:
        wrong += compare(files)
    words = sum(len(source_text(d).split()) for d in documents)
    print(f"{len(documents)} documents, {words} words, {sum(map(len, files.values()))} bytes")
    for line in wrong:
        print(f"  {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
