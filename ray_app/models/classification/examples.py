"""Documents with the labels that people gave: what a classifier learns from."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ray_app.errors import ConfigurationError

# One label a document; any number of labels; one path of labels (a/b/c).
Kind = Literal["flat", "multi", "hierarchy"]
# Between the labels of a path.
STEP = "/"
# Fewer documents of a label cannot be learnt from and tested on.
MIN_PER_LABEL = 3


@dataclass(frozen=True, slots=True)
class Examples:
    """Row by row: text, embedding (examples, dimension), labels (one, but for kind "multi"), title, name, group.

    Examples of one group are near-duplicates: what is learnt from one must not be tested on another. `languages` has
    each one's language ("" where it is not known), or nothing.
    """

    texts: Sequence[str]
    vectors: NDArray[np.float32]
    labels: Sequence[tuple[str, ...]]
    titles: Sequence[str]
    names: Sequence[str]
    groups: NDArray[np.intp]
    kind: Kind = "flat"
    languages: Sequence[str] = ()

    def take(self, rows: Iterable[int]) -> Examples:
        """Some of them, in the order of `rows`."""
        some = list(rows)
        return Examples(
            [self.texts[row] for row in some],
            self.vectors[some],
            [self.labels[row] for row in some],
            [self.titles[row] for row in some],
            [self.names[row] for row in some],
            self.groups[some],
            self.kind,
            [self.languages[row] for row in some] if self.languages else (),
        )


def plain(texts: Sequence[str], vectors: NDArray[np.float32], labels: Sequence[str]) -> Examples:
    """Texts without titles or names, with one label each, none a duplicate of another."""
    none = [""] * len(texts)
    names = [f"text {row}" for row in range(1, len(texts) + 1)]
    return Examples(texts, vectors, [(label,) for label in labels], none, names, np.arange(len(texts)))


def counts(examples: Examples) -> dict[str, int]:
    """How many documents each label has, the labels in order."""
    found = Counter(label for labels in examples.labels for label in labels)
    return {label: found[label] for label in sorted(found)}


def check(examples: Examples) -> None:
    """Raises ConfigurationError where a label could not be learnt, or what was learnt could not be tested."""
    counted = counts(examples)
    least = 1 if examples.kind == "multi" else 2
    if len(counted) < least:
        wanted = "one label" if least == 1 else "two labels"
        raise ConfigurationError(f"a classifier needs documents of at least {wanted}, there are {len(counted)}")
    rare = sorted(label for label, count in counted.items() if count < MIN_PER_LABEL)
    if rare:
        raise ConfigurationError(
            f"each label needs at least {MIN_PER_LABEL} documents that can be read; fewer have: {', '.join(rare)}"
        )
    groups = defaultdict(set)
    for labels, group in zip(examples.labels, examples.groups.tolist(), strict=True):
        for label in labels:
            groups[label].add(group)
    copies = sorted(label for label in counted if len(groups[label]) < 2)
    if copies:
        raise ConfigurationError(f"all documents of a label are copies of one: {', '.join(copies)}; add others")
    _check_kind(examples, counted)


def data_hash(examples: Examples) -> str:
    """SHA-256 of texts and labels, whatever their order."""
    digest = hashlib.sha256()
    rows = sorted(
        (" ".join(sorted(labels)), hashlib.sha256(f"{title}\n{text}".encode()).hexdigest())
        for labels, title, text in zip(examples.labels, examples.titles, examples.texts, strict=True)
    )
    for label, text in rows:
        digest.update(f"{label}\n{text}\n".encode())
    return digest.hexdigest()


def _check_kind(examples: Examples, counted: dict[str, int]) -> None:
    if examples.kind == "hierarchy":
        wrong = [label for label in counted if not all(label.split(STEP))]
        if wrong:
            raise ConfigurationError(f"a path has no empty steps: {wrong[0]!r}")
    if examples.kind == "multi":
        everywhere = [label for label, count in counted.items() if len(examples.texts) - count < MIN_PER_LABEL]
        if everywhere:
            raise ConfigurationError(
                f"a label needs at least {MIN_PER_LABEL} documents without it: {', '.join(everywhere)}"
            )
    elif any(len(labels) != 1 for labels in examples.labels):
        raise ConfigurationError("a document has several labels or none: train with --kind multi")
