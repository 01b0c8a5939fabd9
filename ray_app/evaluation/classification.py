"""Classification on labelled texts: what `ray-app train` makes of one part, asked about the other.

{"text": ..., "label": ..., "split": "train" or "test"}   one object a line; other splits are left out
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from ray_app import pipeline
from ray_app.enrichment.chunking import chunk, name_chunk
from ray_app.errors import ConfigurationError
from ray_app.evaluation.rows import read_rows
from ray_app.models.embedder import Vectors, open_embedder
from ray_app.models.prepared import prepare_model
from ray_app.models.training import Examples, expected_calibration_error, train
from ray_app.records import Page
from ray_app.settings import Settings

# Texts whose passages are embedded at a time.
_BLOCK = 256


@dataclass(frozen=True, slots=True)
class LabelledTexts:
    """A collection: texts and labels to learn from, and to be asked about."""

    name: str
    seen: list[tuple[str, str]]
    unseen: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Classification:
    """One collection's figures; `correct` says by row of its test part whether the likeliest label was right.

    They are `accuracy`, `macro_f1`, `ece` (expected calibration error), and `coverage@95`, the largest share of the
    texts, the surest first, of which 95 % are right.
    """

    collection: str
    figures: dict[str, float]
    correct: dict[str, float]


def find_texts(path: Path) -> list[Path]:
    """The file itself, or those in the folder. Raises ConfigurationError."""
    if path.is_file():
        return [path]
    files = sorted(one for pattern in ("*.jsonl", "*.jsonl.gz") for one in path.glob(pattern))
    if not files:
        raise ConfigurationError(f"{path} is no file, and no folder with .jsonl or .jsonl.gz files")
    return files


def read_texts(path: Path) -> LabelledTexts:
    """Raises ConfigurationError where a line is wrong, or one of the two parts is empty."""
    rows = list(read_rows(path, ("text", "label", "split")))
    seen = [(row["text"], row["label"]) for row in rows if row["split"] == "train"]
    unseen = [(row["text"], row["label"]) for row in rows if row["split"] == "test"]
    if not seen or not unseen:
        raise ConfigurationError(f"{path} has no lines of the split {'train' if not seen else 'test'}")
    return LabelledTexts(path.name.split(".")[0], seen, unseen)


def evaluate_classification(texts: LabelledTexts, settings: Settings, say: Callable[[str], None]) -> Classification:
    """Trains on one part as `ray-app train` does, and classifies the other. `say` hears what is going on.

    Raises ConfigurationError where a label has too few texts, ModelError.
    """
    model = prepare_model(settings)
    embedder = open_embedder(model, settings.embedding, threads=os.cpu_count() or 1)
    splitter = pipeline.open_splitter(model, settings.chunking)

    def embedded(some: Sequence[tuple[str, str]], what: str) -> Vectors:
        of_texts: list[Vectors] = []
        for start in range(0, len(some), _BLOCK):
            say(f"{texts.name}: {start}/{len(some)} {what} texts embedded")
            cut = [chunk((Page(1, text),), splitter) or name_chunk("-") for text, _ in some[start : start + _BLOCK]]
            vectors = embedder.embed_passages([piece.text for pieces in cut for piece in pieces])
            ends = np.cumsum([len(pieces) for pieces in cut])
            of_texts += [pipeline.mean_vector(part) for part in np.split(vectors, ends[:-1])]
        return np.stack(of_texts)

    examples = Examples([text for text, _ in texts.seen], embedded(texts.seen, "training"), _labels(texts.seen))
    asked = embedded(texts.unseen, "test")
    say(f"{texts.name}: training on {len(texts.seen)} texts with {len(set(examples.labels.tolist()))} labels")
    classifier = train(examples, embedding=model.manifest.fingerprint)
    best = [found[0] for found in classifier.classify([text for text, _ in texts.unseen], asked)]
    predicted = np.array([one.label for one in best])
    probabilities = np.array([one.probability for one in best])
    truth = _labels(texts.unseen)
    correct = predicted == truth
    figures = {
        "accuracy": float(correct.mean()),
        "macro_f1": float(f1_score(truth, predicted, average="macro", zero_division=0.0)),
        "ece": expected_calibration_error(probabilities, correct),
        "coverage@95": coverage(probabilities, correct, precision=0.95),
    }
    return Classification(texts.name, figures, {str(row): float(one) for row, one in enumerate(correct)})


def coverage(probabilities: NDArray[np.float64], correct: NDArray[np.bool_], *, precision: float) -> float:
    """The largest share of the answers, the surest first, so that at least `precision` of them are right."""
    order = np.argsort(-probabilities, kind="stable")
    right = np.cumsum(correct[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(right >= precision)
    return float(enough[-1] + 1) / len(order) if len(enough) else 0.0


def _labels(some: Sequence[tuple[str, str]]) -> NDArray[np.str_]:
    return np.array([label for _, label in some])
