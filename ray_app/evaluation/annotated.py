"""Texts in which people (or a generator) marked what is named, as four kinds of files have them.

.json    a list of {"full_text": ..., "spans": [{"entity_type", "start_position", "end_position"}]}, as Presidio does
.jsonl   {"text": ..., "accepted_by_test": true or false}   CPR numbers that a validator's tests accept or refuse
.jsonl   {"e164": ..., "region": ...}   telephone numbers, libphonenumber's example of each type and country
.iob2    sentences of tokens with B-, I- and O tags, as Universal NER has them
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ray_app.errors import ConfigurationError
from ray_app.evaluation.rows import read_rows

# Labels that mean what one of our kinds means. The others (addresses, titles, ages, dates, nationalities, licences)
# have no kind here and are not measured; a mention where only they stand counts as wrong.
PRESIDIO = {
    "CREDIT_CARD": "card",
    "DOMAIN_NAME": "url",  # all are whole web addresses
    "EMAIL_ADDRESS": "email",
    "GPE": "place",
    "IBAN_CODE": "iban",
    "IP_ADDRESS": "ip",
    "LOCATION": "place",
    "ORGANIZATION": "organisation",
    "PERSON": "person",
    "PHONE_NUMBER": "phone",
    "URL": "url",
    "US_SSN": "us.ssn",
}
IOB2 = {"PER": "person", "ORG": "organisation", "LOC": "place"}
_PATTERNS = ("*.json", "*.jsonl", "*.iob2")

# A kind, and where in the text it starts and ends.
Span = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class AnnotatedText:
    """One text with the spans that are there to be found."""

    text: str
    spans: frozenset[Span]


@dataclass(frozen=True, slots=True)
class Annotated:
    """One file's texts; `kinds` are all that its annotation tells of."""

    name: str
    kinds: frozenset[str]
    texts: list[AnnotatedText]


def find_annotated(path: Path) -> list[Path]:
    """The file itself, or those in the folder and in those below it. Raises ConfigurationError."""
    if path.is_file():
        return [path]
    files = sorted(one for pattern in _PATTERNS for end in ("", ".gz") for one in path.rglob(pattern + end))
    if not files:
        raise ConfigurationError(f"{path} is no file, and no folder with .json, .jsonl or .iob2 files (.gz too)")
    return files


def read_annotated(path: Path) -> Annotated:
    """Raises ConfigurationError, naming the file and what is wrong with it."""
    suffix = Path(path.name.removesuffix(".gz")).suffix
    readers: dict[str, Callable[[Path], tuple[frozenset[str], list[AnnotatedText]]]] = {
        ".json": _read_presidio, ".jsonl": _read_examples, ".iob2": _read_iob2,
    }  # fmt: skip
    if suffix not in readers:
        raise ConfigurationError(f"{path} is none of .json, .jsonl and .iob2")
    try:
        kinds, texts = readers[suffix](path)
    except (AttributeError, KeyError, TypeError, ValueError, gzip.BadGzipFile, EOFError) as error:
        raise ConfigurationError(f"{path} is not laid out as its suffix says ({error!r})") from error
    if not texts:
        raise ConfigurationError(f"{path} holds no texts")
    return Annotated(path.name.split(".")[0], kinds, texts)


def _read_presidio(path: Path) -> tuple[frozenset[str], list[AnnotatedText]]:
    rows = json.loads(_content(path))
    texts = [
        AnnotatedText(
            row["full_text"],
            frozenset(
                (PRESIDIO[span["entity_type"]], int(span["start_position"]), int(span["end_position"]))
                for span in row["spans"]
                if span["entity_type"] in PRESIDIO
            ),
        )
        for row in rows
    ]
    return frozenset(kind for text in texts for kind, _, _ in text.spans), texts


def _read_examples(path: Path) -> tuple[frozenset[str], list[AnnotatedText]]:
    rows = list(read_rows(path, ()))
    if all("e164" in row for row in rows):
        return frozenset({"phone"}), [_whole("phone", row["e164"]) for row in rows]
    # A validator is told what it is given; so is the reader of the text. Rows without a verdict are left out.
    judged = [row for row in rows if isinstance(row.get("accepted_by_test"), bool)]
    texts = [_whole("dk.cpr", row["text"], "CPR-nr. ", there=row["accepted_by_test"]) for row in judged]
    return frozenset({"dk.cpr"}), texts


def _whole(kind: str, text: str, before: str = "", *, there: bool = True) -> AnnotatedText:
    whole = before + text
    return AnnotatedText(whole, frozenset({(kind, len(before), len(whole))} if there else ()))


def _read_iob2(path: Path) -> tuple[frozenset[str], list[AnnotatedText]]:
    sentences = [_sentence(block.splitlines()) for block in _content(path).split("\n\n") if block.strip()]
    return frozenset(IOB2.values()), sentences


def _sentence(lines: list[str]) -> AnnotatedText:
    tokens = [(parts[1], parts[2]) for line in lines if not line.startswith("#") and (parts := line.split("\t"))]
    said = next((line.removeprefix("# text = ") for line in lines if line.startswith("# text = ")), None)
    text = " ".join(token for token, _ in tokens) if said is None else said
    return AnnotatedText(text, frozenset(_spans(text, tokens)))


def _spans(text: str, tokens: list[tuple[str, str]]) -> Iterator[Span]:
    """Tokens follow each other in the text. Raises ValueError where one does not."""
    kind, start, end = "", 0, 0
    for token, tag in [*tokens, ("", "O")]:
        place = text.index(token, end)
        if kind and tag != f"I-{kind}":
            yield IOB2[kind], start, end
            kind = ""
        if tag != "O" and tag[2:] in IOB2 and not kind:
            kind, start = tag[2:], place
        end = place + len(token)


def _content(path: Path) -> str:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        return file.read()
