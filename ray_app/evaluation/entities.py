"""What is named in annotated texts: how much of it is found, and how much of what is found is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from ray_app.enrichment.entities import NAMES, NameFinder, find
from ray_app.errors import ConfigurationError
from ray_app.evaluation.annotated import Annotated, Span
from ray_app.records import Page

MICRO = "micro"


@dataclass(frozen=True, slots=True)
class Counts:
    """Spans that were found and are there, that were found and are not, and that were missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)

    def figures(self) -> dict[str, float]:
        """`spans` counts those that are there. Where nothing is there and nothing was found, all is right."""
        found, there = self.right + self.wrong, self.right + self.missed
        return {
            "precision": self.right / found if found else 1.0,
            "recall": self.right / there if there else 1.0,
            "f1": 2 * self.right / (found + there) if found + there else 1.0,
            "spans": there,
        }


@dataclass(frozen=True, slots=True)
class Entities:
    """One file's counts by kind; `exact` says by kind and text whether just the spans that are there were found."""

    collection: str
    counts: dict[str, Counts]
    exact: dict[str, dict[str, float]]


def measurable(some: Sequence[Annotated], names: NameFinder | None, say: Callable[[str], None]) -> list[Annotated]:
    """Without a finder of names only the kinds that rules find are measured: files that tell of no others are left out.

    `say` hears which. Raises ConfigurationError where none is left.
    """
    if names:
        return list(some)
    kept = [replace(one, kinds=kinds) for one in some if (kinds := one.kinds - set(NAMES))]
    for one in some:
        if not one.kinds - set(NAMES):
            say(f"{one.name} is left out: it tells only of persons, organisations and places, which no model looks for")
    if not kept:
        raise ConfigurationError(
            f"{', '.join(one.name for one in some)}: nothing in it can be measured without a model"
        )
    return kept


def evaluate_entities(annotated: Annotated, names: NameFinder | None, say: Callable[[str], None]) -> Entities:
    """Compares spans, which count only where kind, start and end are the same, with all that `entities.find` finds.

    Kinds that the file's annotation does not tell of are left out. Raises ModelError.
    """
    say(f"{annotated.name}: {len(annotated.texts)} texts")
    found = find([Page(number, text.text) for number, text in enumerate(annotated.texts)], names)
    pairs = [
        (text.spans, {(one.kind, one.start, one.end) for one in some})
        for text, some in zip(annotated.texts, found, strict=True)
    ]
    counts, exact = {}, {}
    for kind in sorted(annotated.kinds):
        of_kind = [(_of(kind, there), _of(kind, spans)) for there, spans in pairs]
        counts[kind] = sum((_count(there, spans) for there, spans in of_kind), Counts())
        exact[kind] = {str(number): float(there == spans) for number, (there, spans) in enumerate(of_kind)}
    return Entities(annotated.name, counts, exact)


def _count(there: set[Span], found: set[Span]) -> Counts:
    return Counts(right=len(there & found), wrong=len(found - there), missed=len(there - found))


def figures(some: Iterable[Entities]) -> dict[str, dict[str, float]]:
    """By kind, over all spans of all files, and their micro average: over all spans of all kinds."""
    by_kind: dict[str, Counts] = {}
    for one in some:
        for kind, counts in one.counts.items():
            by_kind[kind] = by_kind.get(kind, Counts()) + counts
    whole = sum(by_kind.values(), Counts())
    return {kind: by_kind[kind].figures() for kind in sorted(by_kind)} | {MICRO: whole.figures()}


def _of(kind: str, spans: Iterable[Span]) -> set[Span]:
    return {span for span in spans if span[0] == kind}
