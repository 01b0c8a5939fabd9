"""Texts whose names are known: how the sets are read that the model is trained and judged on."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

_UNER = {"PER": "person", "ORG": "organisation", "LOC": "place"}
_PRESIDIO = {
    "PERSON": "person",
    "ORGANIZATION": "organisation",
    "GPE": "place",
    "LOCATION": "place",
}
# What these spans hold (a street and a town, a nation) is partly a name and not marked further: it is not judged.
_UNJUDGED = ("ADDRESS", "STREET_ADDRESS", "NRP", "TITLE")


@dataclass(frozen=True, slots=True)
class Name:
    """`text[start:end]` is a name of this kind; kind "" marks what is not judged."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Annotated:
    """A text with all its names, in their order."""

    text: str
    names: tuple[Name, ...]

    @property
    def judged(self) -> tuple[Name, ...]:
        return tuple(name for name in self.names if name.kind)


def read_jsonl(path: Path) -> list[Annotated]:
    """Our own form: one object a line with `text`, and `names` of `kind`, `start` and `end`."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Annotated(row["text"], tuple(Name(**name) for name in row["names"])) for row in rows]


def read_uner(path: Path) -> list[Annotated]:
    """Universal NER's IOB2 columns (number, word, label): one text per sentence."""
    return [_sentence(block) for block in path.read_text(encoding="utf-8").strip().split("\n\n")]


def _sentence(block: str) -> Annotated:
    lines = block.splitlines()
    text = next(line[len("# text = ") :] for line in lines if line.startswith("# text = "))
    names: list[Name] = []
    at = 0
    for line in lines:
        if line.startswith("#") or not line[:1].isdigit():
            continue
        _, word, label, *_ = line.split("\t")
        start = text.find(word, at)
        if start < 0:
            continue  # a word that the text writes otherwise
        at = start + len(word)
        part, _, kind = label.partition("-")
        if part == "B" and kind in _UNER:
            names.append(Name(_UNER[kind], start, at))
        elif part == "I" and kind in _UNER and names:
            names[-1] = Name(names[-1].kind, names[-1].start, at)
    return Annotated(text, tuple(names))


def read_presidio(path: Path) -> list[Annotated]:
    """Presidio's generated texts, without those in small letters throughout."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [_generated(row) for row in rows if not row["full_text"].islower()]


def _generated(row: dict[str, object]) -> Annotated:
    names: list[Name] = []
    spans: list[dict[str, object]] = row["spans"]  # type: ignore[assignment]
    for span in spans:
        kind = str(span["entity_type"])
        if kind in _PRESIDIO or kind in _UNJUDGED:
            names.append(
                Name(_PRESIDIO.get(kind, ""), int(str(span["start_position"])), int(str(span["end_position"])))
            )
    return Annotated(str(row["full_text"]), tuple(sorted(names, key=lambda name: name.start)))


def template_of(text: Annotated) -> str:
    """What is left of a text without its names, numbers and marks: texts of one template have the same."""
    parts, at = [], 0
    for name in text.names:
        parts.append(text.text[at : name.start])
        at = max(at, name.end)
    return " ".join(re.findall(r"[^\W\d_]+", " ".join([*parts, text.text[at:]]).lower()))
