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

from ray_app.errors import ConfigurationError
from ray_app.evaluation.rows import read_rows
from ray_app.ingest.labelled import of_texts
from ray_app.ingest.training import trainer
from ray_app.models.classification.calibration import expected_calibration_error
from ray_app.models.classification.examples import Examples
from ray_app.models.classification.training import plan_of, train
from ray_app.models.prepared import prepare_model
from ray_app.settings import Settings


@dataclass(frozen=True, slots=True)
class LabelledTexts:
    """A collection: texts and labels to learn from, and to be asked about."""

    name: str
    seen: list[tuple[str, str]]
    unseen: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Classification:
    """One collection's figures; `correct` says by row of its test part whether the likeliest label was right.

    They are `accuracy`, `macro_f1`, `ece` (expected calibration error), `coverage@95`, the largest share of the
    texts, the surest first, of which 95 % are right, and `sure`, the share told as sure, with its precision.
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

    def examples_of(some: Sequence[tuple[str, str]], what: str) -> Examples:
        return of_texts(
            [text for text, _ in some],
            [(label,) for _, label in some],
            settings,
            model,
            threads=os.cpu_count() or 1,
            say=lambda line: say(f"{texts.name}, {what} part: {line}"),
        )

    examples, asked = examples_of(texts.seen, "training"), examples_of(texts.unseen, "test")
    say(f"{texts.name}: training on {len(texts.seen)} texts")
    plan = plan_of(settings.classification)
    trained = train(
        examples,
        embedding=model.manifest.fingerprint,
        plan=plan,
        run=trainer(len(examples.texts), settings),
        say=lambda line: say(f"{texts.name}: {line}"),
    )
    found = trained.classifier.classify(asked.texts, asked.vectors, languages=asked.languages)
    best = [labels[0] for labels in found]
    predicted = np.array([one.label for one in best])
    probabilities = np.array([one.probability for one in best])
    truth = np.array([label for _, label in texts.unseen])
    sure = np.array([one.sure for one in best])
    correct = predicted == truth
    figures = {
        "accuracy": float(correct.mean()),
        "macro_f1": float(f1_score(truth, predicted, average="macro", zero_division=0.0)),
        "ece": expected_calibration_error(probabilities, correct),
        "coverage@95": coverage(probabilities, correct, precision=0.95),
        "sure": float(sure.mean()),
        "sure_precision": float(correct[sure].mean()) if sure.any() else 1.0,
    }
    return Classification(texts.name, figures, {str(row): float(one) for row, one in enumerate(correct)})


def coverage(probabilities: NDArray[np.float64], correct: NDArray[np.bool_], *, precision: float) -> float:
    """The largest share of the answers, the surest first, so that at least `precision` of them are right."""
    order = np.argsort(-probabilities, kind="stable")
    right = np.cumsum(correct[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(right >= precision)
    return float(enough[-1] + 1) / len(order) if len(enough) else 0.0
